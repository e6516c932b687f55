// Mutation testing: StrykerJS changes one expression at a time and asks whether a test notices. scripts/mutation.ts runs
// it (`npm run mutation`) and judges what came of it.

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  testRunner: "vitest",
  // `related` would ask Vite for every mutant which suites import the file; coverage says it better.
  vitest: { configFile: "vitest.stryker.config.ts", related: false },
  plugins: ["@stryker-mutator/vitest-runner", "./mutation/words.mjs"],
  ignorers: ["words"],
  mutate: [
    "src/{protocol,crypto,keys}/**/*.ts",
    "!src/**/*.test.ts",
    // Generated from spec/; a test holds them to what they are generated from (spec/spec.test.ts).
    "!src/protocol/machine/table.ts",
    "!src/protocol/record/alert-codes.ts",
    // Held cell by cell to the tables in spec/transfer.md by properties/transfer-protocol.test.ts, which also tries all runs.
    "!src/protocol/transfer/hand-over-table.ts",
  ],
  coverageAnalysis: "perTest",
  incremental: true,
  incrementalFile: "mutation/incremental.json",
  reporters: ["clear-text"],
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: false, logTests: false },
  concurrency: 2,
  timeoutMS: 5_000,
  timeoutFactor: 2,
  dryRunTimeoutMinutes: 10,
  tempDirName: "build/mutation",
  // What none of the suites reads.
  ignorePatterns: ["bench", "build", "coverage", "demo", "dist", "examples", "fuzz", "man"],
  allowEmpty: true,
};
