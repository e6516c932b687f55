import { performance } from "node:perf_hooks";
import type { Passage } from "./passage.ts";

/** How many reports of a connection may come at once, and how many a second: each costs the acceptor some of its time. */
export const reportBurst = 64;
export const reportsPerSecond = 20;

const begun = new WeakMap<Passage, { readonly since: number; count: number }>();

/**
 * Counts a report of a connection, whichever worker it comes from.
 *
 * @returns whether it may come
 */
export function isWithinRate(passage: Passage): boolean {
  const now = performance.now();
  const reports = begun.get(passage) ?? { since: now, count: 0 };
  begun.set(passage, reports);
  reports.count += 1;
  return reports.count <= reportBurst + ((now - reports.since) / 1_000) * reportsPerSecond;
}
