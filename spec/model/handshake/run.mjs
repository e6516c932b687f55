/**
 * Runs the handshake model: no goal of checks.json may be violated in any scenario, every event named there has
 * to be reachable, every ablation of ablations.json has to break what the table says and nothing else, with the
 * attacks in traces/, and so has the published design.
 *
 *   node spec/model/handshake/run.mjs [--nightly] [--write] [--traces]
 *
 * --write replaces traces/, the table in ablations.json, the numbers of states in checks.json and the tables in
 * ../README.md by what was found (with --nightly, the nightly numbers too), --traces prints the attacks.
 */

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareWithTable, readCells } from "./cells.mjs";
import { findMaude, readPath, readSearch, runMaude } from "./maude.mjs";
import { fillStates, fillTables } from "./tables.mjs";
import { formatTrace, readAttack, tellTrace } from "./trace.mjs";
import { readBoxedAttack } from "./trace-published.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const MODULES = ["terms", "protocol", "goals", "scenarios"];
const TRACES = join(here, "traces");
const README = join(here, "../README.md");
const BOXED = [
  { event: "honestRun", scenario: "one", attack: false, about: "the published design: an honest run" },
  {
    event: "serverImpersonated",
    scenario: "one",
    attack: true,
    about: "the published design: the server is impersonated",
  },
  {
    event: "roleReflected",
    scenario: "two",
    attack: true,
    about: "the published design: a server's proof passes for a client's",
  },
];

/** The module SWITCHES: which parts of the protocol are in force. */
function switchesModule(switches) {
  const names = Object.keys(switches);
  const lines = names.map((name) => `  eq ${name} = ${switches[name]} .`);
  return `fmod SWITCHES is\n  protecting BOOL .\n  ops ${names.join(" ")} : -> Bool .\n${lines.join("\n")}\nendfm`;
}

const loads = (switches) => [
  switchesModule(switches),
  ...MODULES.map((name) => `load ${join(here, name)}.maude`),
];
const search = (scenario, condition) => `search [1] ${scenario} =>* ST:State such that ${condition} .`;
const violates = (goal) => `violates(ST:State, ${goal})`;
const rounded = (value) => Math.round(value * 100) / 100;

/** The path to the state that each search finds, by its number. */
async function findPaths(modules, searches) {
  const commands = searches.map(({ command, found }) => `${command}\nshow path ${found} .`);
  const answers = await runMaude({ modules, commands });
  return answers.map((answer, index) => {
    if (readSearch(answer).found !== searches[index].found)
      throw new Error(`not the same search twice: ${commands[index]}`);
    return readPath(answer);
  });
}

/** All searches of one scenario: its goals, then its events. */
async function runScenario(scenario, { checks, switches, counted }) {
  const goals = Object.keys(checks.goals).filter((goal) => !scenario.but?.includes(goal));
  const asked = scenario.each
    ? goals.map((goal) => [goal, violates(goal)])
    : [["any goal", "violatesAny(ST:State)"]];
  if (!scenario.each && scenario.but) throw new Error(`${scenario.name}: "but" needs "each"`);
  const reached = scenario.reaches.map((event) => [event, `reached(ST:State, ${event})`]);
  const commands = [...asked, ...reached].map(([, condition]) => search(scenario.name, condition));
  const answers = (await runMaude({ modules: loads(switches), commands })).map(readSearch);
  // A goal that is out of reach is asked of every state there is.
  if (answers[0].found === undefined) counted.set(scenario.name, answers[0].states);
  const results = [];
  for (const [index, [what]] of [...asked, ...reached].entries()) {
    const { found, states, seconds } = answers[index];
    const wanted = index >= asked.length;
    const ok = (found !== undefined) === wanted;
    let detail = wanted ? checks.events[what] : (checks.goals[what] ?? scenario.about);
    if (!ok && wanted) detail = `out of reach: ${detail}`;
    if (!ok && !wanted) detail = await tellAttacks(scenario, checks.goals[what] ? [what] : goals, switches);
    const verb = wanted ? "reaches" : "keeps from";
    results.push({ name: `${scenario.name} ${verb} ${what}`, ok, states, seconds, detail });
  }
  return results;
}

/** The attacks on a scenario, told: what a failed run prints. */
async function tellAttacks(scenario, goals, switches) {
  const modules = loads(switches);
  const commands = goals.map((goal) => search(scenario.name, violates(goal)));
  const answers = (await runMaude({ modules, commands })).map(readSearch);
  const attacks = goals
    .map((goal, index) => ({ goal, command: commands[index], found: answers[index].found }))
    .filter(({ found }) => found !== undefined);
  const paths = await findPaths(modules, attacks);
  return attacks
    .map(({ goal }, index) => `${goal} is violated:\n${tellTrace(readAttack(paths[index], switches))}`)
    .join("\n");
}

/** One row of the table ablation × goal, and its traces. */
async function runAblation(ablation, { table, switches, write, keep }) {
  const began = performance.now();
  const cut = { ...switches, ...ablation.switches };
  const pairs = Object.entries(table.searched).flatMap(([goal, scenarios]) =>
    scenarios.map((scenario) => [goal, scenario]),
  );
  const commands = pairs.map(([goal, scenario]) => search(scenario, violates(goal)));
  const answers = (await runMaude({ modules: loads(cut), commands })).map(readSearch);
  const breaks = {};
  for (const [index, [goal, scenario]] of pairs.entries()) {
    if (answers[index].found !== undefined) breaks[goal] = [...(breaks[goal] ?? []), scenario];
  }
  const problems = [];
  if (write) ablation.breaks = breaks;
  if (JSON.stringify(ablation.breaks) !== JSON.stringify(breaks))
    problems.push(`breaks ${JSON.stringify(breaks)}, ablations.json says ${JSON.stringify(ablation.breaks)}`);
  const attacks = Object.entries(breaks).map(([goal, [scenario]]) => {
    const index = pairs.findIndex(([other, where]) => other === goal && where === scenario);
    return { goal, scenario, command: commands[index], found: answers[index].found };
  });
  const paths = await findPaths(loads(cut), attacks);
  const { name: title, about, switches: changed } = ablation;
  for (const [index, { goal, scenario }] of attacks.entries()) {
    const trace = {
      ablation: title,
      about,
      switches: changed,
      goal,
      scenario,
      ...readAttack(paths[index], cut),
    };
    problems.push(...(await keep(`${title}.${goal}.json`, trace)));
  }
  const names = Object.keys(breaks);
  return {
    name: `ablation ${ablation.name}`,
    ok: problems.length === 0,
    states: answers.reduce((sum, { states }) => sum + states, 0),
    seconds: rounded((performance.now() - began) / 1000),
    detail: problems.join("\n") || `${ablation.about}: breaks ${names.join(", ") || "nothing"}`,
  };
}

/** The published design: an honest run, and the two attacks on it. */
async function runBoxed({ keep }) {
  const modules = [`load ${join(here, "boxed.maude")}`];
  const commands = BOXED.map(({ scenario, event }) => search(scenario, `${event}(ST:State)`));
  const answers = (await runMaude({ modules, commands })).map(readSearch);
  const results = [];
  for (const [index, { event, about, attack }] of BOXED.entries()) {
    const { found, states, seconds } = answers[index];
    const problems = found === undefined ? ["not found"] : [];
    if (found !== undefined && attack) {
      const [path] = await findPaths(modules, [{ command: commands[index], found }]);
      problems.push(
        ...(await keep(`published.${event}.json`, { about, goal: event, ...readBoxedAttack(path) })),
      );
    }
    const detail = problems.join("\n") || about;
    results.push({ name: `published design: ${event}`, ok: problems.length === 0, states, seconds, detail });
  }
  return results;
}

/** Holds traces against those in traces/, or writes them; at the end `rest` says which are there and were not found. */
function traceKeeper({ write, tell }) {
  const seen = new Set();
  return {
    async keep(file, trace) {
      seen.add(file);
      tell(`${file}:\n${tellTrace(trace)}`);
      const text = formatTrace(trace);
      if (write) await writeFile(join(TRACES, file), text);
      const kept = await readFile(join(TRACES, file), "utf8").catch(() => "");
      return kept === text
        ? []
        : [`another attack than traces/${file} (see run.mjs --write):\n${tellTrace(trace)}`];
    },
    async rest() {
      const files = (await readdir(TRACES)).filter((file) => !seen.has(file));
      if (write) for (const file of files) await rm(join(TRACES, file));
      return write ? [] : files.map((file) => `traces/${file} was not found`);
    },
  };
}

/** Two levels a line by line, the rest on one line: a change can be read in a diff. */
function formatTable({ about, switches, searched, ablations }) {
  const json = JSON.stringify;
  const spaced = (value) =>
    json(value, null, 1).replaceAll(/\n\s*/g, " ").replaceAll("[ ", "[").replaceAll(" ]", "]");
  const fields = (object, indent) =>
    Object.entries(object)
      .map(([key, value]) => `${indent}${json(key)}: ${spaced(value)}`)
      .join(",\n");
  const row = ({ breaks, ...head }) => {
    const cells = Object.keys(breaks).length > 0 ? `{\n${fields(breaks, "        ")}\n      }` : "{}";
    return `    {\n${fields(head, "      ")},\n      "breaks": ${cells}\n    }`;
  };
  return `{
  "about": ${json(about)},
  "switches": {\n${fields(switches, "    ")}\n  },
  "searched": {\n${fields(searched, "    ")}\n  },
  "ablations": [\n${ablations.map(row).join(",\n")}\n  ]
}\n`;
}

const listed = (name, differences, otherwise) => ({
  name,
  ok: differences.length === 0,
  seconds: 0,
  detail: differences.join("\n") || otherwise,
});

/**
 * @param {{nightly?: boolean, write?: boolean, traces?: boolean, log?: (line: string) => void}} [options]
 * @returns {Promise<{name: string, results: {name: string, ok: boolean, states?: number, seconds: number, detail: string}[]}>}
 * @throws when Maude is missing, or warns
 */
export async function run({ nightly = false, write = false, traces = false, log = console.log } = {}) {
  await findMaude();
  await mkdir(TRACES, { recursive: true });
  const json = (path) => readFile(join(here, path), "utf8").then(JSON.parse);
  const [checks, table, states] = await Promise.all(
    ["checks.json", "ablations.json", "../../states.json"].map(json),
  );
  const source = await readFile(join(here, "protocol.maude"), "utf8");
  const { switches } = table;
  const { keep, rest } = traceKeeper({ write, tell: traces ? log : () => {} });
  const results = [];
  const add = (result) => {
    results.push(result);
    const size = result.states === undefined ? "" : `, ${result.states} states`;
    log(`${result.ok ? "ok  " : "FAIL"} ${result.name}${size}, ${result.seconds} s: ${result.detail}`);
  };
  const counted = new Map();
  for (const scenario of checks.scenarios) {
    if (scenario.nightly && !nightly) continue;
    for (const result of await runScenario(scenario, { checks, switches, counted })) add(result);
  }
  const kept = new Map(checks.scenarios.map(({ name, states: number }) => [name, number]));
  const changed = [...counted].filter(([name, number]) => !write && kept.get(name) !== number);
  add(
    listed(
      "states",
      changed.map(([name, number]) => `${name} has ${number} states, checks.json says ${kept.get(name)}`),
      `${counted.size} scenarios have as many as checks.json says`,
    ),
  );
  for (const ablation of table.ablations) add(await runAblation(ablation, { table, switches, write, keep }));
  const broken = new Set(table.ablations.flatMap(({ breaks }) => Object.keys(breaks)));
  const toothless = Object.keys(checks.goals).filter((goal) => !broken.has(goal));
  add(
    listed(
      "goals",
      toothless.map((goal) => `no ablation breaks ${goal}`),
      "each is broken by an ablation",
    ),
  );
  for (const result of await runBoxed({ keep })) add(result);
  add(listed("traces", await rest(), "each of traces/ was found again"));
  const cells = readCells(source);
  add(
    listed(
      "cells and states.json",
      compareWithTable(cells, states.table, checks.leftOut),
      `${cells.length} cells agree`,
    ),
  );
  if (write) {
    for (const scenario of checks.scenarios) scenario.states = counted.get(scenario.name) ?? scenario.states;
    const text = await readFile(join(here, "checks.json"), "utf8");
    await writeFile(join(here, "checks.json"), fillStates(text, counted));
    await writeFile(join(here, "ablations.json"), formatTable(table));
  }
  const readme = await readFile(README, "utf8");
  const filled = fillTables(readme, checks, table);
  if (write) await writeFile(README, filled);
  add(
    listed(
      "README.md",
      write || filled === readme ? [] : ["its tables are old: see run.mjs --write"],
      "its tables agree",
    ),
  );
  return { name: "handshake (Maude)", results };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const given = (flag) => process.argv.includes(flag);
  try {
    const { results } = await run({
      nightly: given("--nightly"),
      write: given("--write"),
      traces: given("--traces"),
    });
    const failed = results.filter((result) => !result.ok).length;
    console.log(`${results.length - failed} passed, ${failed} failed`);
    process.exitCode = failed > 0 ? 1 : 0;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
