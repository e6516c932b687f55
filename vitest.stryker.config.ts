import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { suites, suitesAlone } from "./mutation/suites.ts";

// The properties' first cases find nearly every mutant that the later ones do.
process.env["HAWSER_RUNS"] ??= "0.1";

const order = [...suites, ...suitesAlone];

class InTheirOrder extends BaseSequencer {
  override sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(specifications.toSorted((a, b) => rank(a) - rank(b)));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const path = relative(import.meta.dirname, moduleId).replaceAll("\\", "/");
  return order.findIndex((suite) => path.startsWith(suite));
}

function patterns(list: readonly string[]): string[] {
  return list.map((suite) => (suite.endsWith("/") ? `${suite}**/*.test.ts` : suite));
}

/** How StrykerJS runs the suites. It adds a set-up of its own, and runs them in one thread at a time. */
export default defineConfig({
  test: {
    sequence: { shuffle: false, sequencer: InTheirOrder },
    projects: [
      // Modules are loaded once for each mutant, not once for each suite as well: that is ten times as fast.
      { extends: true, test: { name: "together", isolate: false, include: patterns(suites) } },
      { extends: true, test: { name: "alone", isolate: true, include: patterns(suitesAlone) } },
    ],
    setupFiles: ["properties/setup.ts", "mutation/setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
