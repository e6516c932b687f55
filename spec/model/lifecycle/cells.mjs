/**
 * The transitions of the model, as its `@cell ROLE STATE EVENT TARGET` lines name them: what binds it to
 * spec/states.json. A line belongs to the `at` mark before it.
 *
 * @typedef {{role: "client" | "server", state: string, event: string, target: string, at: string}} Cell
 *   `at`: the mark, as "file:line"
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** The files of the model; a file with marks has its place here as its FILE. */
export const FILES = ["lifecycle.pml", "transport.pml", "input.pml", "end.pml", "attacker.pml"];

/** @returns {Promise<Cell[]>} */
export async function readCells() {
  const cells = [];
  for (const file of FILES) cells.push(...cellsOf(file, await readFile(join(FOLDER, file), "utf8")));
  return cells;
}

function cellsOf(file, source) {
  const cells = [];
  let at = "";
  for (const [index, text] of source.split("\n").entries()) {
    if (/^\s*at\s*$/.test(text)) at = `${file}:${index + 1}`;
    if (!/^\s*\/\* @cell/.test(text)) continue;
    const tag = /\/\* @cell (client|server|both) (\w+) ([\w.]+) (\w+) \*\/$/.exec(text);
    if (!tag || at === "") throw new Error(`${file}:${index + 1}: not a @cell line: ${text.trim()}`);
    const [, who, state, event, target] = tag;
    for (const role of who === "both" ? ["client", "server"] : [who])
      cells.push({ role, state, event, target, at });
  }
  return cells;
}

/** Numbers of the model's names with this prefix: `S_` states, `P_` properties. @returns {Map<number, string>} */
export function readNames(source, prefix) {
  const names = new Map();
  for (const [, name, number] of source.matchAll(new RegExp(`^#define ${prefix}(\\w+) (\\d+)`, "gm"))) {
    names.set(Number(number), name);
  }
  return names;
}

/**
 * The cells of the model against the table of spec/states.json, in both directions: a cell with another target
 * there, and a cell of the table that does something in a state of the model's and that the model leaves out
 * without a reason.
 *
 * @param {Cell[]} cells
 * @param {Record<string, Record<string, Record<string, {to: string, outputs: string[]}>>>} table role, state, event
 * @param {Record<string, string>} leftOut reasons, by "event" or "State event"
 * @returns {string[]} what differs, one line each
 */
export function compareWithTable(cells, table, leftOut) {
  const differences = [];
  const modelled = new Set();
  const states = new Set();
  for (const { role, state, event, target, at } of cells) {
    modelled.add(`${role} ${state} ${event}`);
    states.add(`${role} ${state}`);
    const to = table[role]?.[state]?.[event]?.to;
    if (to !== target) {
      const theirs = to ?? "no such cell";
      differences.push(`${at} ${role} ${state} ${event}: model ${target}, table ${theirs}`);
    }
  }
  for (const [role, rows] of Object.entries(table)) {
    for (const [state, row] of Object.entries(rows)) {
      if (!states.has(`${role} ${state}`)) continue;
      for (const [event, { to, outputs }] of Object.entries(row)) {
        const idle =
          to === state && outputs.every((output) => output === "misuse" || output === "impossible");
        if (idle || modelled.has(`${role} ${state} ${event}`)) continue;
        if (leftOut[event] ?? leftOut[`${state} ${event}`]) continue;
        differences.push(`${role} ${state} ${event}: in the table, not in the model, and no reason given`);
      }
    }
  }
  return differences;
}

/**
 * The cells against the transitions that the verifier took (its `@cell FILE LINE ROLE FROM TO` lines), in both
 * directions: a transition without its cell, a cell that no run reaches.
 *
 * @param {Cell[]} cells
 * @param {Set<string>} taken "file:line role from to", states by name
 * @returns {string[]}
 */
export function compareWithRuns(cells, taken) {
  const named = new Set(cells.map((cell) => `${cell.at} ${cell.role} ${cell.state} ${cell.target}`));
  const differences = [];
  for (const leap of taken) if (!named.has(leap)) differences.push(`taken, and no @cell names it: ${leap}`);
  for (const leap of named)
    if (!taken.has(leap)) differences.push(`named by a @cell, and never taken: ${leap}`);
  return differences;
}
