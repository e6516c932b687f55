/** `npm run bench:cluster`: the server in three beside the server in one process and a terminator, round by round. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ArgumentError, parseArguments } from "../arguments.ts";
import { thisCommit, thisMachine } from "../report/machine.ts";
import { inRounds } from "../rounds.ts";
import { type ClusterResults, clusterText, withCluster } from "./page.ts";
import { run } from "./run.ts";
import { takesPart, ways } from "./ways.ts";
import { works } from "./works.ts";

const page = fileURLToPath(new URL("../../../docs/performance.md", import.meta.url));
const [workIds, wayIds] = [works.map(({ id }) => id), ways.map(({ id }) => id)];
const usage = `npm run bench:cluster -- [options]

  --only WORK,…   ${workIds.join(", ")}
  --peers WAY,…   ${wayIds.join(", ")}
  --runs N, --size BYTES, --full, --quick, --json FILE, --from FILE: as of npm run bench
  --write         writes the part of docs/performance.md about the server in three`;

try {
  const options = parseArguments(process.argv.slice(2), workIds, wayIds);
  if (options === undefined) console.log(usage);
  else await main(options);
} catch (error) {
  if (!(error instanceof ArgumentError)) throw error;
  console.error(`bench:cluster: ${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

type Options = NonNullable<ReturnType<typeof parseArguments>>;

async function main(options: Options): Promise<void> {
  const { json, from, write } = options;
  if (process.platform !== "linux") throw new ArgumentError("CPU times are Linux's");
  const results =
    from === undefined ? await measure(options) : (JSON.parse(readFileSync(from, "utf8")) as ClusterResults);
  if (results.samples.length === 0) return;
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  const text = clusterText(results);
  console.log(`\n${text}`);
  // Of a run in which something went wrong nothing is published.
  if (write && process.exitCode !== 1) writeFileSync(page, withCluster(readFileSync(page, "utf8"), text));
}

async function measure({ works: chosen, contenders, runs, sizes }: Options): Promise<ClusterResults> {
  const circumstances = { date: new Date().toISOString(), commit: thisCommit(), machine: thisMachine() };
  const measured = ways.filter(({ id }) => contenders.includes(id));
  const done = works.filter(({ id }) => chosen.includes(id));
  const samples = await inRounds(done, measured, runs, (work, way) =>
    takesPart(way, work) ? run(work, way, sizes) : undefined,
  );
  const names = Object.fromEntries(measured.map(({ id, name }) => [id, name]));
  return {
    ...{ format: 1, ...circumstances, sizes, contenders: names, samples },
    loadAfter: thisMachine().load,
  };
}
