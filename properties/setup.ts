import fc from "fast-check";
import { runs, seed } from "./seed.ts";

// In each worker, before its suites: `test.prop` and `fc.assert` take the seed from here unless they name their own.
fc.configureGlobal({ seed, numRuns: runs(100) });
