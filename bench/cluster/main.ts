/** `npm run bench:cluster`: the server in three beside the server in one process and a terminator, round by round. */
import { ArgumentError, type Options } from "../arguments.ts";
import { runPart } from "../part.ts";
import { thisCommit, thisMachine } from "../report/machine.ts";
import { format } from "../results.ts";
import { inRounds } from "../rounds.ts";
import { type ClusterResults, clusterText, withCluster } from "./page.ts";
import { run } from "./run.ts";
import { takesPart, ways } from "./ways.ts";
import { works } from "./works.ts";

await runPart({
  ...{ name: "bench:cluster", about: "the server in three", works, ways, measure },
  ...{ text: clusterText, within: withCluster },
});

async function measure({ works: chosen, contenders, runs, sizes }: Options): Promise<ClusterResults> {
  if (process.platform !== "linux") throw new ArgumentError("CPU times are Linux's");
  const circumstances = { date: new Date().toISOString(), commit: thisCommit(), machine: thisMachine() };
  const measured = ways.filter(({ id }) => contenders.includes(id));
  const done = works.filter(({ id }) => chosen.includes(id));
  const samples = await inRounds(done, measured, runs, (work, way) =>
    takesPart(way, work) ? run(work, way, sizes) : undefined,
  );
  const names = Object.fromEntries(measured.map(({ id, name }) => [id, name]));
  return {
    ...{ format, ...circumstances, sizes, contenders: names, samples },
    loadAfter: thisMachine().load,
  };
}
