import type { Sample } from "./results.ts";
import type { Figures } from "./works/work.ts";

/** What has an id and a name, as the tables have it. */
interface Named {
  readonly id: string;
  readonly name: string;
}

/**
 * Runs each work so many times by each contender, round by round, so that what else the machine does falls on all alike. A run
 * that fails is told of, has no figures, and makes the process exit with 1.
 *
 * @param run one run, or `undefined` where a contender has no part in a work
 */
export async function inRounds<W extends { readonly id: string }, C extends Named>(
  works: readonly W[],
  contenders: readonly C[],
  runs: number,
  run: (work: W, contender: C) => Promise<Figures> | undefined,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const work of works) {
    for (let round = 0; round < runs; round++) {
      console.error(`${work.id}, round ${round + 1} of ${runs}`);
      // Nobody always comes first, or after the same one.
      const first = round % Math.max(1, contenders.length);
      for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
        try {
          const figures = await run(work, contender);
          if (figures !== undefined) samples.push({ work: work.id, contender: contender.id, round, figures });
        } catch (error) {
          console.error(`${work.id}, ${contender.name}: ${(error as Error).message}`);
          process.exitCode = 1;
        }
      }
    }
  }
  return samples;
}
