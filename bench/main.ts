/** `npm run bench`: measures, and shows and keeps what came out. */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { ArgumentError, type Options, parseArguments, usage } from "./arguments.ts";
import type { Contender } from "./contenders/contender.ts";
import { contenderIds, loadContender } from "./contenders/index.ts";
import { drawn } from "./curves.ts";
import { failedWorks, judge, told } from "./gate.ts";
import { kept } from "./kept.ts";
import { thisCommit, thisMachine } from "./report/machine.ts";
import { circumstances, withFigures } from "./report/page.ts";
import { asMarkdown, curvesAsMarkdown, tables } from "./report/table.ts";
import { format, type Results } from "./results.ts";
import { inRounds } from "./rounds.ts";
import { run } from "./run.ts";
import { works } from "./works/index.ts";

/** This runs as build/bench/main.js. */
const docs = new URL("../../docs/", import.meta.url);
const workIds = works.map(({ id }) => id);

try {
  const options = parseArguments(process.argv.slice(2), workIds, contenderIds);
  if (options === undefined) console.log(usage(workIds, contenderIds));
  else await main(options);
} catch (error) {
  if (!(error instanceof ArgumentError)) throw error;
  console.error(`bench: ${error.message}\n\n${usage(workIds, contenderIds)}`);
  process.exitCode = 2;
}

async function main(options: Options): Promise<void> {
  const { json, from, write } = options;
  const results = from === undefined ? await measure(options) : kept(from);
  if (results.samples.length === 0) return;
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  const all = tables(results);
  const grown = drawn(results);
  console.log(`\n${circumstances(results)}\n\n${asMarkdown(all)}\n\n${curvesAsMarkdown(grown)}`);
  if (options.gate) await hold(results, options);
  // Of a run in which something went wrong nothing is published.
  if (!write || process.exitCode === 1) return;
  const { plot, plotCurves } = await import("./report/plot.ts");
  const page = fileURLToPath(new URL("performance.md", docs));
  writeFileSync(page, withFigures(readFileSync(page, "utf8"), results, all, grown));
  writeFileSync(fileURLToPath(new URL("performance.svg", docs)), await plot(all));
  writeFileSync(fileURLToPath(new URL("performance-growth.svg", docs)), await plotCurves(grown));
}

/** A work in which something seems lost is run once more: noise does not come twice at the same place. */
async function hold(results: Results, options: Options): Promise<void> {
  let verdicts = judge(results);
  const again = failedWorks(verdicts);
  if (again.length > 0) {
    console.error(`once more, as the machine may have had other work: ${again.join(", ")}`);
    const { samples } = await measure({ ...options, works: again });
    const second = samples.map((sample) => ({ ...sample, round: sample.round + options.runs }));
    verdicts = judge({ samples: [...results.samples, ...second] });
  }
  console.log(`\n${told(verdicts)}`);
  if (failedWorks(verdicts).length > 0) process.exitCode = 1;
}

async function measure(options: Options): Promise<Results> {
  if (availableParallelism() < 2) console.error("bench: with one core the two ends wait for each other");
  const circumstancesNow = { date: new Date().toISOString(), commit: thisCommit(), machine: thisMachine() };
  const contenders: Contender[] = [];
  for (const id of options.contenders) contenders.push(await loadContender(id));
  const chosen = works.filter(({ id }) => options.works.includes(id));
  const samples = await inRounds(chosen, contenders, options.runs, (work, contender) =>
    run(work, contender, options.sizes),
  );
  const names = Object.fromEntries(contenders.map(({ id, name }) => [id, name]));
  return { format, ...circumstancesNow, sizes: options.sizes, contenders: names, samples };
}
