/** `npm run bench:tunnel`: Hawser's tunnel beside others, round by round. */
import { spawnSync } from "node:child_process";
import type { Options } from "../arguments.ts";
import { runPart } from "../part.ts";
import { thisCommit, thisMachine } from "../report/machine.ts";
import { asMarkdown, tables } from "../report/table.ts";
import { format } from "../results.ts";
import { inRounds } from "../rounds.ts";
import { tunnelMetrics } from "./metrics.ts";
import { type TunnelResults, tunnelCircumstances, withTunnels } from "./page.ts";
import { run, works } from "./run.ts";
import { ways } from "./ways.ts";

await runPart({
  ...{ name: "bench:tunnel", about: "tunnels", works, ways, measure },
  text: (results) => `${tunnelCircumstances(results)}\n\n${asMarkdown(tables(results, tunnelMetrics))}`,
  within: withTunnels,
});

async function measure({ works: chosen, contenders, runs, sizes }: Options): Promise<TunnelResults> {
  const circumstances = { date: new Date().toISOString(), commit: thisCommit(), machine: thisMachine() };
  const measured = ways.filter(({ id }) => contenders.includes(id));
  const done = works.filter(({ id }) => chosen.includes(id));
  const samples = await inRounds(done, measured, runs, (work, way) => run(work, way, sizes));
  const names = Object.fromEntries(measured.map(({ id, name }) => [id, name]));
  return { format, ...circumstances, sizes, contenders: names, samples, versions: versions() };
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
