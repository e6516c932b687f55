import { defineConfig } from "vitest/config";

/** `npm run test:programs`: a tunnel between real programs, which scripts/programs-install.sh brings. */
export default defineConfig({
  test: {
    include: ["properties/programs/*.program.ts"],
    pool: "forks",
    maxWorkers: 1,
    sequence: { shuffle: false },
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
