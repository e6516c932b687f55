// npm run fuzz:nightly [-- SECONDS [REPORT]]
//
// Fuzzes every target for its share of SECONDS (3,600 unless it is told otherwise), short inputs first, then long ones;
// goes on with the next where one breaks; then lets libFuzzer choose the smallest inputs that reach all that was reached.
// What was grown stays in build/fuzz-corpus, which the next night begins from. The report is Markdown, on the terminal
// and in REPORT (build/fuzz-report.md). Fails where a target broke.

import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  checkedIn,
  command,
  compile,
  findings,
  grown,
  lengthsOf,
  node,
  numbersIn,
  root,
  run,
  stop,
  targets,
} from "./fuzz-jazzer.mjs";

/** The share of a target's time that goes to long inputs. */
const longShare = 0.2;

const seconds = Number(process.argv[2] ?? 3_600);
const report = process.argv[3] ?? join("build", "fuzz-report.md");
const share = Math.floor(seconds / targets.length);
if (!(share >= 2)) stop(`${targets.length} targets want ${2 * targets.length} seconds at least`);

const filesIn = (folder) => {
  mkdirSync(join(root, folder), { recursive: true });
  return readdirSync(join(root, folder));
};

/** Keeps of a target's grown inputs those that the checked-in ones do not make up for. */
async function minimise(target, longest) {
  const before = grown(target);
  const chosen = `${before}.merged`;
  rmSync(join(root, chosen), { recursive: true, force: true });
  // The first folder is written to: what is checked in goes before what was grown, and is taken out again.
  const { status } = await run(
    command(target, [chosen, checkedIn(target), before], ["-merge=1", `-max_len=${longest}`]),
    { quiet: true },
  );
  if (status !== 0) return;
  const known = new Set(filesIn(checkedIn(target)));
  for (const name of filesIn(chosen)) if (known.has(name)) rmSync(join(root, chosen, name));
  rmSync(join(root, before), { recursive: true });
  renameSync(join(root, chosen), join(root, before));
}

/** Fuzzes a target for its share of the time; its row of the report. */
async function fuzz(target) {
  const { usual, longest } = await lengthsOf(target);
  const known = new Set([...filesIn(grown(target)), ...filesIn(checkedIn(target))]);
  const broken = new Set(filesIn(findings(target)));
  const long = Math.max(1, Math.round(share * longShare));
  const row = {
    target,
    executions: 0,
    rates: [],
    processorRate: undefined,
    edges: 0,
    fresh: 0,
    kept: 0,
    broke: [],
    failed: false,
  };
  for (const [length, time] of [
    [usual, share - long],
    [longest, long],
  ]) {
    const flags = [`-max_len=${length}`, `-max_total_time=${time}`];
    const {
      status,
      said,
      seconds: spent,
    } = await run(command(target, [grown(target), checkedIn(target)], flags));
    const { executions, rate, processorRate, edges } = numbersIn(said, spent);
    row.processorRate ??= processorRate;
    row.executions += executions;
    row.rates.push(rate);
    row.edges = Math.max(row.edges, edges);
    row.failed ||= status !== 0;
  }
  row.fresh = filesIn(grown(target)).filter((name) => !known.has(name)).length;
  row.broke = filesIn(findings(target)).filter((name) => !broken.has(name));
  await minimise(target, longest);
  row.kept = filesIn(grown(target)).length;
  return row;
}

compile();
node();
const rows = [];
for (const target of targets) rows.push(await fuzz(target));

const broke = rows.flatMap((row) => row.broke.map((name) => join(findings(row.target), name)));
const lines = [
  `# Fuzzing, ${share} seconds a target`,
  "",
  "| target | executions | exec/s, short | exec/s, long | short, per CPU second | edges | new inputs | kept | broke |",
  "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
  ...rows.map(
    ({ target, executions, rates, processorRate, edges, fresh, kept, broke }) =>
      `| ${[target, executions, ...rates, processorRate ?? "?", edges, fresh, kept, broke.length].join(" | ")} |`,
  ),
  "",
  broke.length === 0 ? "Nothing broke." : "What broke, and how to see it:",
  ...broke.flatMap((file) => ["", `    npm run fuzz:repro -- ${file}`]),
  "",
];
writeFileSync(join(root, report), lines.join("\n"));
console.log(lines.join("\n"));
// A fuzzer that did not even start has found nothing either.
const failed = rows.filter((row) => row.failed).map(({ target }) => target);
if (failed.length > 0) console.error(`fuzz: failed: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);
