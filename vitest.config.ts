import { defineConfig } from "vitest/config";
import { runsFactor } from "./properties/seed.ts";

export default defineConfig({
  test: {
    include: ["{src,properties,spec,fuzz,scripts,demo,bench}/**/*.test.ts"],
    // Announces the seed once; `setup.ts` then fixes it in every worker.
    globalSetup: ["properties/seed.ts"],
    setupFiles: ["properties/setup.ts"],
    pool: "forks",
    maxWorkers: 2,
    // Every run of a suite has to be the same as the one before it, its order included.
    sequence: { shuffle: false },
    // Long enough for two cores that others keep busy too: it is there to end what hangs.
    testTimeout: 240_000 * Math.max(1, runsFactor),
    hookTimeout: 60_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/**/*.test.ts"],
      reportsDirectory: "coverage",
    },
  },
});
