import { performance } from "node:perf_hooks";

/** How many reports of a connection, or doubts, may come at once, and how many a second: each costs the acceptor some of its time. */
export const reportBurst = 64;
export const reportsPerSecond = 20;

const begun = new WeakMap<object, { readonly since: number; count: number }>();

/**
 * Counts a report of a connection, whichever worker it comes from, or a worker's doubt of others.
 *
 * @returns whether it may come
 */
export function isWithinRate(of: object): boolean {
  const now = performance.now();
  const reports = begun.get(of) ?? { since: now, count: 0 };
  begun.set(of, reports);
  reports.count += 1;
  return reports.count <= reportBurst + ((now - reports.since) / 1_000) * reportsPerSecond;
}
