import { defineConfig } from "vitest/config";

/**
 * `npm run test:programs`: what takes processes, and time to wait for them. A tunnel between real programs, which
 * scripts/programs-install.sh brings; a tunnel in several processes, as a service; workers that are taken over, or late; the
 * benchmark of clusters.
 */
export default defineConfig({
  test: {
    include: ["{properties/programs,bench/cluster}/*.program.ts"],
    pool: "forks",
    maxWorkers: 1,
    sequence: { shuffle: false },
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
