/**
 * What the environment says about the random runs of all suites.
 *
 * - `HAWSER_SEED`: the seed, an integer; fixed unless it says otherwise, so that every run is the same.
 * - `HAWSER_RUNS`: how many times as many runs each property gets; 1 unless it says otherwise. More runs under the
 *   same seed begin with the very same ones.
 * - `HAWSER_PATH`: the path that a failing property printed, to begin with its case; for one property alone (`-t`).
 */

function fromEnvironment(name: string, fallback: number, allowed: (value: number) => boolean): number {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!allowed(value)) throw new Error(`${name}=${text} is not a number that can be used here`);
  return value;
}

/** The seed of every property, a 32-bit signed integer as fast-check wants it. */
export const seed = fromEnvironment(
  "HAWSER_SEED",
  20_241_121,
  (value) => Number.isInteger(value) && value === (value | 0),
);

/** Where in the runs of its seed a property begins; fast-check's `path`. */
export const path = process.env["HAWSER_PATH"] ?? "";
if (!/^(?:\d+(?::\d+)*)?$/.test(path))
  throw new Error(`HAWSER_PATH=${path} is no path that fast-check prints`);

/** By how much `HAWSER_RUNS` multiplies the number of runs. */
export const runsFactor = fromEnvironment("HAWSER_RUNS", 1, (value) => value > 0 && value <= 1e6);

/**
 * The number of runs of a property that needs another number than the common one: `{ numRuns: runs(20) }`. A literal
 * would be out of `HAWSER_RUNS`'s reach.
 */
export function runs(count: number): number {
  return Math.max(1, Math.round(count * runsFactor));
}

/** Vitest's global set-up, once per run and in the main process: says what a failure needs to be run again. */
export function setup(): void {
  console.log(`properties: HAWSER_SEED=${seed} HAWSER_RUNS=${runsFactor}`);
}
