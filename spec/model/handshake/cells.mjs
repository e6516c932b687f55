/**
 * The transitions of protocol.maude, as the `@cell ROLE STATE EVENT TARGET` lines before a rule name them, in the
 * order in which the rule takes them: what binds the model to spec/states.json.
 *
 * @typedef {{role: "client" | "server", state: string, event: string, target: string, rule: string}} Cell
 */

/** Rules without cells: the attacker's own. */
const OWN = new Set(["attacker-steals"]);

/** @param {string} source text of protocol.maude @returns {Cell[]} @throws on a rule or a cell without the other */
export function readCells(source) {
  const cells = [];
  let waiting = [];
  for (const [index, text] of source.split("\n").entries()) {
    const tag = /^ {2}\*\*\* @cell (client|server) (\w+) ([\w.]+) (\w+)$/.exec(text);
    const rule = /^ {2}c?rl \[([\w-]+)\] :$/.exec(text)?.[1];
    const wrong = (what) => new Error(`protocol.maude:${index + 1}: ${what}: ${text.trim()}`);
    if (tag) {
      const [, role, state, event, target] = tag;
      waiting.push({ role, state, event, target });
    } else if (rule) {
      if ((waiting.length === 0) !== OWN.has(rule)) throw wrong("a rule needs its @cell lines");
      for (const cell of waiting) cells.push({ ...cell, rule });
      waiting = [];
    } else if (/^\s*c?rl\b/.test(text)) throw wrong("a rule without a label");
    else if (/\*\*\* @cell/.test(text)) throw wrong("not a @cell line");
    else if (waiting.length > 0) throw wrong("@cell lines go right before their rule");
  }
  return cells;
}

/**
 * The cells of the model against the table of spec/states.json, in both directions: a cell with another target
 * there, and a cell of the table that does something in a state that the model leaves and is left out of it
 * without a reason.
 *
 * @param {Cell[]} cells
 * @param {Record<string, Record<string, Record<string, {to: string, outputs: string[]}>>>} table role, state, event
 * @param {Record<string, string>} leftOut reasons, by "event" or "role State event"
 * @returns {string[]} what differs, one line each
 */
export function compareWithTable(cells, table, leftOut) {
  const differences = [];
  for (const { role, state, event, target, rule } of cells) {
    const to = table[role]?.[state]?.[event]?.to;
    if (to !== target)
      differences.push(`${rule}: ${role} ${state} ${event}: model ${target}, table ${to ?? "no such cell"}`);
  }
  const modelled = new Set(cells.map(({ role, state, event }) => `${role} ${state} ${event}`));
  for (const source of new Set(cells.map(({ role, state }) => `${role} ${state}`))) {
    const [role, state] = source.split(" ");
    for (const [event, { to, outputs }] of Object.entries(table[role]?.[state] ?? {})) {
      const cell = `${source} ${event}`;
      const idle = to === state && outputs.every((output) => output === "misuse" || output === "impossible");
      if (idle || modelled.has(cell) || (leftOut[event] ?? leftOut[cell])) continue;
      differences.push(`${cell}: in the table, not in the model, and no reason given`);
    }
  }
  return differences;
}
