/**
 * Runs the life cycle model: every check of checks.json has to hold, every mutant of mutants.json has to be
 * caught by the property it names, with the counterexample in traces/, and the transitions that the runs take
 * have to be those that the model's @cell lines name.
 *
 *   node spec/model/lifecycle/run.mjs [--nightly] [--write]
 *
 * --write replaces traces/ (and with --nightly the mutants' `all`) by what was found.
 */

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compareWithRuns, compareWithTable, readCells, readNames } from "./cells.mjs";
import { formatTrace, readSteps } from "./traces.mjs";

const execute = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const MODEL = join(here, "lifecycle.pml");
const INSTALL = "apt-get install spin gcc";
const ROLES = ["client", "server"];

/** Memory that one verifier may take, MiB; over it the run fails instead of reporting half a search. */
const MEMORY = { commit: 3000, nightly: 12000 };

async function find(tools, what) {
  for (const tool of tools) {
    try {
      await execute(tool, [tool === "spin" ? "-V" : "--version"]);
      return tool;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  throw new Error(`the life cycle model needs ${what}, which is not installed: ${INSTALL}`);
}

const flags = (defines) => Object.entries(defines).map(([key, value]) => (value === true ? `-D${key}` : `-D${key}=${value}`));

/** Compiles the model in a directory of its own; returns what runs the verifier and what replays its trail. */
async function build(tools, folder, defines, { compile, memory }) {
  await mkdir(folder, { recursive: true });
  const options = { cwd: folder, maxBuffer: 64 << 20 };
  await execute("spin", ["-a", ...flags(defines), MODEL], options);
  await execute(tools.cc, ["-w", `-DMEMLIM=${memory}`, ...compile, "-o", "pan", "pan.c"], options);
  return {
    async verify(args) {
      const began = performance.now();
      const { stdout } = await execute("./pan", args, options).catch((error) => {
        if (typeof error.stdout !== "string" || error.signal) throw error;
        return error;
      });
      return { ...readReport(stdout), seconds: (performance.now() - began) / 1000, stdout };
    },
    async replay() {
      const { stdout } = await execute("spin", ["-k", join(folder, "lifecycle.pml.trail"), "-t", ...flags(defines), MODEL], options);
      return readSteps(stdout);
    },
  };
}

/** What a verifier says at its end; no `errors` where it did not get to its end. */
function readReport(stdout) {
  const number = (pattern) => {
    const found = pattern.exec(stdout);
    return found ? Number(found[1]) : undefined;
  };
  const broken = number(/assertion violated \(?broken\s*!=\s*(\d+)/);
  return {
    errors: number(/errors: (\d+)/),
    states: number(/([\d.e+]+) states, stored/),
    broken,
    complete: !/error: max search depth|reached -DMEMLIM|out of memory|Search not completed|aborted/i.test(stdout),
    first: /^pan:\s*\d+: .*$/m.exec(stdout)?.[0] ?? "",
  };
}

const seconds = (value) => Math.round(value * 100) / 100;

async function runCheck(check, context) {
  const { tools, folder, taken, states, properties, memory } = context;
  /* No partial order reduction: every step touches globals, so it would save little and be one more thing to trust. */
  const compile = [check.cycles ? "-DNP" : "-DSAFETY", "-DNOREDUCE", ...(check.nightly ? ["-O2", "-DCOLLAPSE"] : ["-O1"])];
  const defines = check.cycles ? check.defines : { ...check.defines, COVER: true };
  const model = await build(tools, join(folder, `check-${context.number}`), defines, {
    compile,
    memory,
  });
  const args = [...(check.cycles ? ["-l"] : []), "-m10000", `-w${check.nightly ? 26 : 24}`];
  const report = await model.verify(args);
  for (const [, line, role, from, to] of report.stdout.matchAll(/^@cell (\d+) (\d) (\d+) (\d+)$/gm)) {
    taken.add(`${line} ${ROLES[Number(role)]} ${states.get(Number(from))} ${states.get(Number(to))}`);
  }
  const ok = report.errors === 0 && report.complete;
  let detail = check.about;
  if (!ok) {
    const steps = report.errors ? await model.replay() : [];
    const what = report.broken ? `property ${properties.get(report.broken)} fails` : report.first || "no result";
    detail = [what, ...steps.map((step, index) => `  ${index + 1}. ${step.text}`)].join("\n");
  }
  return { name: check.name, ok, states: report.states, seconds: seconds(report.seconds), detail };
}

/** The shortest counterexample to one property, found breadth first; undefined where there is none. */
async function attackOn(mutant, property, context, label) {
  const { tools, folder, ids, memory } = context;
  const defines = { ...mutant.defines, [mutant.flag]: true, ONLY: ids.get(property), BREADTH_FIRST: true };
  const model = await build(tools, join(folder, label), defines, { compile: ["-O0", "-DSAFETY", "-DNOREDUCE", "-DBFS"], memory });
  const report = await model.verify([...(property === "end" ? [] : ["-E"]), "-w22"]);
  if (report.errors === undefined || (report.errors === 0 && !report.complete)) throw new Error(`${label}: ${report.first || "no result"}`);
  const expected = property === "end" ? /invalid end state/.test(report.first) : report.broken === defines.ONLY;
  if (report.errors === 0) return { report };
  if (!expected) throw new Error(`${label}: another failure than ${property}: ${report.first}`);
  return { report, steps: await model.replay() };
}

async function runMutant(mutant, context) {
  const name = `mutant ${mutant.name}`;
  const { report, steps } = await attackOn(mutant, mutant.expect, context, `mutant-${mutant.name}`);
  const result = { name, states: report.states, seconds: seconds(report.seconds) };
  if (!steps) return { ...result, ok: false, detail: `not caught by ${mutant.expect}: ${mutant.about}` };
  const path = join(here, "traces", `${mutant.name}.json`);
  const { name: title, about, expect: violates, defines } = mutant;
  const text = formatTrace({ mutant: title, about, violates, defines, steps });
  if (context.write) await writeFile(path, text);
  const kept = await readFile(path, "utf8").catch(() => "");
  if (kept !== text) {
    return { ...result, ok: false, detail: `caught by ${violates}, but not by traces/${title}.json: see run.mjs --write` };
  }
  return { ...result, ok: true, detail: `caught by ${violates} in ${steps.length} steps` };
}

/** Which of all properties a mutant breaks, against the list in mutants.json. */
async function runRow(mutant, context) {
  const began = performance.now();
  const found = [];
  for (const property of context.ids.keys()) {
    const { steps } = await attackOn(mutant, property, context, `row-${mutant.name}-${property}`);
    if (steps) found.push(property);
  }
  if (context.write) mutant.all = found;
  const ok = JSON.stringify(found) === JSON.stringify(mutant.all);
  const detail = ok ? `breaks ${found.join(", ")}` : `breaks ${found.join(", ")}; mutants.json says ${mutant.all?.join(", ")}`;
  return { name: `mutant ${mutant.name}, all properties`, ok, seconds: seconds((performance.now() - began) / 1000), detail };
}

/** One field a line, so that a change can be read in a diff. */
function formatMutants({ about, ...lists }) {
  const field = ([key, value]) => {
    const pairs = (entries) => entries.map(([name, item]) => `${JSON.stringify(name)}: ${JSON.stringify(item)}`).join(", ");
    if (Array.isArray(value)) return `      ${JSON.stringify(key)}: [${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    if (typeof value === "object") return `      ${JSON.stringify(key)}: { ${pairs(Object.entries(value))} }`;
    return `      ${JSON.stringify(key)}: ${JSON.stringify(value)}`;
  };
  const entry = (mutant) => `    {\n${Object.entries(mutant).map(field).join(",\n")}\n    }`;
  const list = ([name, mutants]) => `  ${JSON.stringify(name)}: [\n${mutants.map(entry).join(",\n")}\n  ]`;
  return `{\n  "about": ${JSON.stringify(about)},\n${Object.entries(lists).map(list).join(",\n")}\n}\n`;
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
  await find(["spin"], "Spin");
  const tools = { cc: await find(["cc", "gcc", "clang"], "a C compiler") };
  const [source, checks, mutants, table] = await Promise.all([
    readFile(MODEL, "utf8"),
    readFile(join(here, "checks.json"), "utf8").then(JSON.parse),
    readFile(join(here, "mutants.json"), "utf8").then(JSON.parse),
    readFile(join(here, "../../states.json"), "utf8").then(JSON.parse),
  ]);
  const properties = new Map([...readNames(source, "P_")].map(([id, name]) => [id, name.replaceAll("_", "-")]));
  const folder = await mkdtemp(join(tmpdir(), "hawser-lifecycle-"));
  const context = {
    tools,
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
  try {
    for (const check of checks.checks) {
      context.number += 1;
      if (nightly || !check.nightly) add(await runCheck(check, context));
    }
    const cells = readCells(source);
    add(listed("cells and runs", compareWithRuns(cells, context.taken), `${cells.length} cells, each taken by a run`));
    const differences = compareWithTable(cells, table.table, checks.leftOut);
    add(listed("cells and states.json", differences, `${cells.length} cells agree`));
    if (write) await mkdir(join(here, "traces"), { recursive: true });
    const wrong = [...mutants.mutants, ...mutants.limits];
    for (const mutant of wrong) add(await runMutant(mutant, context));
    if (nightly) for (const mutant of wrong) add(await runRow(mutant, context));
    if (nightly && write) await writeFile(join(here, "mutants.json"), formatMutants(mutants));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { name: "life cycle (Spin)", results };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { results } = await run({ nightly: process.argv.includes("--nightly"), write: process.argv.includes("--write") });
    const failed = results.filter((result) => !result.ok).length;
    console.log(`${results.length - failed} passed, ${failed} failed`);
    process.exitCode = failed > 0 ? 1 : 0;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
