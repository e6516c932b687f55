/** Before each suite of a mutation run, after StrykerJS's own set-up and that of all runs. */

import fc from "fast-check";
import { afterAll, afterEach } from "vitest";
import { suites } from "./suites.ts";

// A mutant is dead at the first counterexample: the smallest one is of no use.
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });

/** Which mutants were reached, and how often: while modules were loaded, and in each test. */
interface Coverage {
  static: Record<string, number>;
  perTest: Record<string, Record<string, number>>;
}

interface Shared {
  readonly __stryker__?: { readonly mutantCoverage?: Coverage };
  /** Whether a test of a suite before this one has failed. */
  hawserFailed?: boolean;
  /** Of the suites before this one, which share this worker. */
  hawserCovered?: { readonly static: Record<string, number>; readonly inTests: Set<string> };
}

/*
 * What StrykerJS gathers is for a worker with one suite. Here a worker has many, and two things follow. It would be told
 * of an earlier suite's coverage once more with each later one: so each suite begins anew. And a suite that opens a channel
 * while it is loaded would make nearly all mutants "static", to be run against every test there is: so only what no test
 * of any suite reaches counts as that, and the last suite tells it for all.
 */
const shared: Shared = globalThis;

// Vitest stops running tests at the first failure, and goes on loading suites, which takes longer than the tests do.
if (shared.hawserFailed) throw new Error("the mutant has been killed");
afterEach(({ task }) => {
  if (task.result?.state === "fail") shared.hawserFailed = true;
});

const coverage = shared.__stryker__?.mutantCoverage;
if (coverage !== undefined) {
  coverage.static = {};
  coverage.perTest = {};
}

// biome-ignore lint/correctness/noEmptyPattern: Vitest looks at how the first parameter is written, and takes no name.
afterAll(({}, suite) => {
  const coverage = shared.__stryker__?.mutantCoverage;
  if (coverage === undefined) return;
  shared.hawserCovered ??= { static: {}, inTests: new Set() };
  const covered = shared.hawserCovered;
  Object.assign(covered.static, coverage.static);
  for (const reached of Object.values(coverage.perTest)) {
    for (const mutant of Object.keys(reached)) covered.inTests.add(mutant);
  }
  const last = suites.at(-1);
  const file = suite.file.filepath.replaceAll("\\", "/");
  if (last === undefined || !file.endsWith(`/${last}`)) coverage.static = {};
  else
    coverage.static = Object.fromEntries(
      Object.entries(covered.static).filter(([id]) => !covered.inTests.has(id)),
    );
});
