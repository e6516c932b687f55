import { loadPrimitives } from "../../crypto/index.ts";
import type { Case } from "../case.ts";
import { type Skips, skipReason } from "./choose.ts";
import { Lane, type Result } from "./lane.ts";

/** What a run is to do. */
export interface RunOptions {
  /** The shim, for the shell, without `--cases`. */
  readonly command: string;
  readonly cases: readonly Case[];
  readonly skips: Skips;
  /** How many shims play at once. */
  readonly lanes: number;
  /** How long anything that a shim owes may take, in milliseconds. */
  readonly patience: number;
  /** Aborted: no further case is begun. */
  readonly signal: AbortSignal;
  /** Told of each case once it is over. */
  readonly onResult?: (result: Result, done: number) => void;
}

/** How a run went. */
export interface Run {
  readonly command: string;
  readonly results: readonly Result[];
  /** Milliseconds. */
  readonly took: number;
  readonly started: Date;
}

/** How many cases ended how. */
export function countOutcomes(results: readonly Result[]): Record<Result["outcome"], number> {
  const counts = { passed: 0, failed: 0, unsupported: 0, skipped: 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

/**
 * Plays the cases against a shim. A shim that hangs, ends or prints what it should not fails its case, and another one is
 * started.
 *
 * @throws the signal's reason
 */
export async function runCases(options: RunOptions): Promise<Run> {
  const { command, cases, skips, patience, signal } = options;
  const primitives = await loadPrimitives();
  const started = new Date();
  const begun = performance.now();
  const results = new Map<Case, Result>();
  const told = (result: Result) => {
    results.set(result.case, result);
    options.onResult?.(result, results.size);
  };
  const queue: Case[] = [];
  for (const one of cases) {
    const reason = skipReason(skips, one);
    if (reason === undefined) queue.push(one);
    else told(skipped(one, reason));
  }
  const lanes = Array.from(
    { length: Math.min(options.lanes, queue.length) },
    () => new Lane(command, primitives, patience, 6 * patience),
  );
  try {
    await Promise.all(
      lanes.map(async (lane) => {
        await lane.open();
        for (let one = queue.shift(); one !== undefined && !signal.aborted; one = queue.shift())
          told(await lane.play(one));
      }),
    );
  } finally {
    await Promise.all(lanes.map((lane) => lane.close()));
  }
  signal.throwIfAborted();
  const inOrder = cases.flatMap((one) => results.get(one) ?? []);
  return { command, results: inOrder, took: performance.now() - begun, started };
}

function skipped(one: Case, reason: string): Result {
  return {
    case: one,
    outcome: "skipped",
    behaviour: undefined,
    close: undefined,
    faults: [],
    transcript: [],
    took: 0,
    reason,
  };
}
