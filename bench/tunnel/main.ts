/** `npm run bench:tunnel`: Hawser's tunnel beside others, round by round. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ArgumentError, parseArguments } from "../arguments.ts";
import { thisCommit, thisMachine } from "../report/machine.ts";
import { asMarkdown, tables } from "../report/table.ts";
import { inRounds } from "../rounds.ts";
import { tunnelMetrics } from "./metrics.ts";
import { type TunnelResults, tunnelCircumstances, withTunnels } from "./page.ts";
import { run, works } from "./run.ts";
import { ways } from "./ways.ts";

const page = fileURLToPath(new URL("../../../docs/performance.md", import.meta.url));
const [workIds, wayIds] = [works.map(({ id }) => id), ways.map(({ id }) => id)];
const usage = `npm run bench:tunnel -- [options]

  --only WORK,…   ${workIds.join(", ")}
  --peers WAY,…   ${wayIds.join(", ")}
  --runs N, --size BYTES, --full, --quick, --json FILE, --from FILE: as of npm run bench
  --write         writes the part of docs/performance.md about tunnels`;

try {
  const options = parseArguments(process.argv.slice(2), workIds, wayIds);
  if (options === undefined) console.log(usage);
  else await main(options);
} catch (error) {
  if (!(error instanceof ArgumentError)) throw error;
  console.error(`bench:tunnel: ${error.message}\n\n${usage}`);
  process.exitCode = 2;
}

type Options = NonNullable<ReturnType<typeof parseArguments>>;

async function main(options: Options): Promise<void> {
  const { json, from, write } = options;
  const results =
    from === undefined ? await measure(options) : (JSON.parse(readFileSync(from, "utf8")) as TunnelResults);
  if (results.samples.length === 0) return;
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  const text = `${tunnelCircumstances(results)}\n\n${asMarkdown(tables(results, tunnelMetrics))}`;
  console.log(`\n${text}`);
  // Of a run in which something went wrong nothing is published.
  if (write && process.exitCode !== 1) writeFileSync(page, withTunnels(readFileSync(page, "utf8"), text));
}

async function measure({ works: chosen, contenders, runs, sizes }: Options): Promise<TunnelResults> {
  const circumstances = { date: new Date().toISOString(), commit: thisCommit(), machine: thisMachine() };
  const measured = ways.filter(({ id }) => contenders.includes(id));
  const done = works.filter(({ id }) => chosen.includes(id));
  const samples = await inRounds(done, measured, runs, (work, way) => run(work, way, sizes));
  const names = Object.fromEntries(measured.map(({ id, name }) => [id, name]));
  return { format: 1, ...circumstances, sizes, contenders: names, samples, versions: versions() };
}

/** stunnel tells its own and OpenSSL's, which need not be Node's. */
function versions(): string[] {
  const said = (file: string, word: string) => {
    const { stdout, stderr } = spawnSync(file, [word], { encoding: "utf8" });
    return `${stdout}${stderr}`;
  };
  const stunnel = said("stunnel4", "-version");
  return [
    `stunnel ${/^stunnel (\S+)/m.exec(stunnel)?.[1]} with ${/(?:Running|Compiled(?=.*\n(?!Running)))\s+with (OpenSSL \S+)/.exec(stunnel)?.[1]}`,
    said("spiped", "-v").trim(),
  ];
}
