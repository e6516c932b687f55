import fc from "fast-check";
import { path, runs, seed } from "./seed.ts";

// In each worker, before its suites: `test.prop` and `fc.assert` take the seed from here unless they name their own.
fc.configureGlobal({ seed, numRuns: runs(100), ...startingAt(path) });

/** fast-check takes a path from here as well, though its type leaves it to each property: a run with one is of one property. */
function startingAt(path: string): object {
  return path === "" ? {} : { path };
}
