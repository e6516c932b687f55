/** Mutants and limits: wrong models, and the properties that have to fail for them (mutants.json). */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FOLDER } from "./cells.mjs";
import { build, seconds } from "./spin.mjs";
import { formatTrace } from "./traces.mjs";

/** How results call it. */
export function kindOf(mutant) {
  return `${mutant.flag.startsWith("L_") ? "limit" : "mutant"} ${mutant.name}`;
}

/** The shortest counterexample to one property, found breadth first; undefined where there is none. */
async function attackOn(mutant, property, context, label) {
  const { folder, ids, memory } = context;
  const defines = { ...mutant.defines, [mutant.flag]: true, ONLY: ids.get(property), BREADTH_FIRST: true };
  const model = await build(join(folder, label), defines, {
    compile: ["-O0", "-DSAFETY", "-DNOREDUCE", "-DBFS"],
    memory,
  });
  const report = await model.verify([...(property === "end" ? [] : ["-E"]), "-w22"]);
  if (report.errors === undefined || (report.errors === 0 && !report.complete))
    throw new Error(`${label}: ${report.first || "no result"}`);
  const expected =
    property === "end" ? /invalid end state/.test(report.first) : report.broken === defines.ONLY;
  if (report.errors === 0) return { report };
  if (!expected) throw new Error(`${label}: another failure than ${property}: ${report.first}`);
  return { report, steps: await model.replay() };
}

export async function runMutant(mutant, context) {
  const name = kindOf(mutant);
  const { report, steps } = await attackOn(mutant, mutant.expect, context, `mutant-${mutant.name}`);
  const result = { name, states: report.states, seconds: seconds(report.seconds) };
  if (!steps) return { ...result, ok: false, detail: `not caught by ${mutant.expect}: ${mutant.about}` };
  const path = join(FOLDER, "traces", `${mutant.name}.json`);
  const { name: title, about, expect: violates, defines } = mutant;
  const text = formatTrace({ mutant: title, about, violates, defines, steps });
  if (context.write) {
    await mkdir(join(FOLDER, "traces"), { recursive: true });
    await writeFile(path, text);
  }
  const kept = await readFile(path, "utf8").catch(() => "");
  if (kept !== text) {
    return {
      ...result,
      ok: false,
      detail: `caught by ${violates}, but not by traces/${title}.json: see run.mjs --write`,
    };
  }
  return { ...result, ok: true, detail: `caught by ${violates} in ${steps.length} steps` };
}

/** Which of all properties a mutant breaks, against the list in mutants.json. */
export async function runRow(mutant, context) {
  const began = performance.now();
  const found = [];
  const { BUDGET, DEADLINES } = mutant.defines;
  for (const property of context.ids.keys()) {
    /* under attack an end may need a deadline to come to its end: without any the property is not claimed */
    if (property === "end" && BUDGET > 0 && DEADLINES === 0) continue;
    const { steps } = await attackOn(mutant, property, context, `row-${mutant.name}-${property}`);
    if (steps) found.push(property);
  }
  if (context.write) mutant.all = found;
  const ok = JSON.stringify(found) === JSON.stringify(mutant.all);
  const detail = ok
    ? `breaks ${found.join(", ")}`
    : `breaks ${found.join(", ")}; mutants.json says ${mutant.all?.join(", ")}`;
  return {
    name: `${kindOf(mutant)}, all properties`,
    ok,
    seconds: seconds((performance.now() - began) / 1000),
    detail,
  };
}

/** One field a line, so that a change can be read in a diff. */
export function formatMutants({ about, ...lists }) {
  const field = ([key, value]) => {
    const pairs = (entries) =>
      entries.map(([name, item]) => `${JSON.stringify(name)}: ${JSON.stringify(item)}`).join(", ");
    if (Array.isArray(value))
      return `      ${JSON.stringify(key)}: [${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    if (typeof value === "object") return `      ${JSON.stringify(key)}: { ${pairs(Object.entries(value))} }`;
    return `      ${JSON.stringify(key)}: ${JSON.stringify(value)}`;
  };
  const entry = (mutant) => `    {\n${Object.entries(mutant).map(field).join(",\n")}\n    }`;
  const list = ([name, mutants]) => `  ${JSON.stringify(name)}: [\n${mutants.map(entry).join(",\n")}\n  ]`;
  return `{\n  "about": ${JSON.stringify(about)},\n${Object.entries(lists).map(list).join(",\n")}\n}\n`;
}

/** The mutants as a Markdown table. */
export function formatTable(mutants) {
  const rows = mutants.map(({ name, about, expect, all }) => {
    const others = all.filter((property) => property !== expect);
    return `| [${name}](traces/${name}.json) | ${about} | ${[`**${expect}**`, ...others].join(", ")} |`;
  });
  return `| mutant | | caught by |\n|---|---|---|\n${rows.join("\n")}\n`;
}
