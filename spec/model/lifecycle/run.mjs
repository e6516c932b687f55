/**
 * Runs the life cycle model: every check of checks.json has to hold, every mutant of mutants.json has to be
 * caught by the property it names, with the counterexample in traces/, and the transitions that the runs take
 * have to be those that the model's @cell lines name.
 *
 *   node spec/model/lifecycle/run.mjs [--nightly] [--write]
 *
 * --write replaces traces/ (and with --nightly the mutants' `all`) by what was found.
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareWithRuns, compareWithTable, FILES, FOLDER, readCells, readNames } from "./cells.mjs";
import { formatMutants, formatTable, kindOf, runMutant, runRow } from "./mutants.mjs";
import { build, findTools, seconds } from "./spin.mjs";

const ROLES = ["client", "server"];

/** Memory that one verifier may take, MiB; over it the run fails instead of reporting half a search. */
const MEMORY = { commit: 3000, nightly: 12000 };

async function runCheck(check, context) {
  const { folder, taken, states, properties, memory } = context;
  /* No partial order reduction: every step touches globals, so it would save little and be one more thing to trust. */
  const compile = [
    check.cycles ? "-DNP" : "-DSAFETY",
    "-DNOREDUCE",
    ...(check.nightly ? ["-O2", "-DCOLLAPSE"] : ["-O1"]),
  ];
  const defines = check.cycles ? check.defines : { ...check.defines, COVER: true };
  const model = await build(join(folder, `check-${context.number}`), defines, {
    compile,
    memory,
  });
  const args = [...(check.cycles ? ["-l"] : []), "-m10000", `-w${check.nightly ? 26 : 24}`];
  const report = await model.verify(args);
  for (const [, file, line, role, from, to] of report.stdout.matchAll(
    /^@cell (\d+) (\d+) (\d) (\d+) (\d+)$/gm,
  )) {
    taken.add(
      `${FILES[Number(file)]}:${line} ${ROLES[Number(role)]} ${states.get(Number(from))} ${states.get(Number(to))}`,
    );
  }
  const ok = report.errors === 0 && report.complete;
  let detail = check.about;
  if (!ok) {
    const steps = report.errors ? await model.replay() : [];
    const what = report.broken
      ? `property ${properties.get(report.broken)} fails`
      : report.first || "no result";
    detail = [what, ...steps.map((step, index) => `  ${index + 1}. ${step.text}`)].join("\n");
  }
  return { name: check.name, ok, states: report.states, seconds: seconds(report.seconds), detail };
}

/** README.md shows mutants.json as a table. */
async function compareTable(mutants, write) {
  const path = join(FOLDER, "README.md");
  const text = await readFile(path, "utf8");
  const [begin, end] = ["<!-- mutants.json: begin -->\n", "<!-- mutants.json: end -->\n"];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error("README.md has no place for the table of mutants");
  const table = `\n${formatTable(mutants.mutants)}\n`;
  const renewed = text.slice(0, from + begin.length) + table + text.slice(to);
  if (write) await writeFile(path, renewed);
  const differences = write || renewed === text ? [] : ["README.md shows another table: see run.mjs --write"];
  return listed("table in README.md", differences, "shows mutants.json");
}

function listed(name, differences, otherwise) {
  const ok = differences.length === 0;
  return { name, ok, seconds: 0, detail: ok ? otherwise : differences.join("\n") };
}

/**
 * @param {{nightly?: boolean, write?: boolean, log?: (line: string) => void}} [options]
 * @returns {Promise<{name: string, results: {name: string, ok: boolean, states?: number, seconds: number, detail: string}[]}>}
 * @throws when Spin or a C compiler is missing
 */
export async function run({ nightly = false, write = false, log = console.log } = {}) {
  await findTools();
  const [source, checks, mutants, table] = await Promise.all([
    readFile(join(FOLDER, "lifecycle.pml"), "utf8"),
    readFile(join(FOLDER, "checks.json"), "utf8").then(JSON.parse),
    readFile(join(FOLDER, "mutants.json"), "utf8").then(JSON.parse),
    readFile(join(FOLDER, "../../states.json"), "utf8").then(JSON.parse),
  ]);
  const properties = new Map(
    [...readNames(source, "P_")].map(([id, name]) => [id, name.replaceAll("_", "-")]),
  );
  const folder = await mkdtemp(join(tmpdir(), "hawser-lifecycle-"));
  const context = {
    folder,
    write,
    properties,
    ids: new Map([...properties].map(([id, name]) => [name, id])),
    states: readNames(source, "S_"),
    taken: new Set(),
    memory: nightly ? MEMORY.nightly : MEMORY.commit,
    number: 0,
  };
  const results = [];
  const add = (result) => {
    results.push(result);
    const states = result.states === undefined ? "" : `, ${result.states} states`;
    log(`${result.ok ? "ok  " : "FAIL"} ${result.name}${states}, ${result.seconds} s: ${result.detail}`);
  };
  /* What breaks down is a failure of its own, and the others still run. */
  const attempt = async (name, job) => {
    add(await job().catch((error) => ({ name, ok: false, seconds: 0, detail: error.message })));
  };
  try {
    for (const check of checks.checks) {
      context.number += 1;
      if (nightly || !check.nightly) await attempt(check.name, () => runCheck(check, context));
    }
    const cells = await readCells();
    const untaken = compareWithRuns(cells, context.taken);
    add(listed("cells and runs", untaken, `${cells.length} cells, each taken by a run`));
    const differences = compareWithTable(cells, table.table, checks.leftOut);
    add(listed("cells and states.json", differences, `${cells.length} cells agree`));
    const wrong = [...mutants.mutants, ...mutants.limits];
    for (const mutant of wrong) await attempt(kindOf(mutant), () => runMutant(mutant, context));
    if (nightly) {
      for (const mutant of wrong) {
        await attempt(`${kindOf(mutant)}, all properties`, () => runRow(mutant, context));
      }
    }
    if (nightly && write) await writeFile(join(FOLDER, "mutants.json"), formatMutants(mutants));
    await attempt("table in README.md", () => compareTable(mutants, write));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { name: "life cycle (Spin)", results };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { results } = await run({
      nightly: process.argv.includes("--nightly"),
      write: process.argv.includes("--write"),
    });
    const failed = results.filter((result) => !result.ok).length;
    console.log(`${results.length - failed} passed, ${failed} failed`);
    process.exitCode = failed > 0 ? 1 : 0;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
