/** The generated parts of `spec/*.md`: tables between marker comments, and the page with every cell. */
import { type Alerts, type CellData, isIllegal, type RoleName, roles, type States } from "./spec-data.ts";

/** `text` with what stands between `<!-- generated: NAME -->` and `<!-- end generated -->` made anew. */
export function fillMarkers(text: string, states: States, alerts: Alerts): string {
  return text.replace(
    /<!-- generated: (.*?) -->\n[\s\S]*?<!-- end generated -->/g,
    (_, name: string) => `<!-- generated: ${name} -->\n${part(name, states, alerts)}\n<!-- end generated -->`,
  );
}

function part(name: string, states: States, alerts: Alerts): string {
  switch (name) {
    case "alerts":
      return alertTable(alerts);
    case "events":
      return eventTable(states);
    case "outputs":
      return table(
        ["output", "meaning"],
        Object.entries(states.outputs).map(([output, text]) => [code(output), text]),
      );
  }
  const [kind, role] = name.split(" ");
  const known = roles.find((candidate) => candidate === role);
  if (known !== undefined && kind === "states") return stateTable(states, known);
  if (known !== undefined && kind === "transitions") return transitionTable(states, known);
  throw new Error(`nothing is generated under the name "${name}"`);
}

function alertTable({ alerts, application }: Alerts): string {
  const hex = (code: number): string => `0x${code.toString(16).toUpperCase()}`;
  return table(
    ["code", "alert", "when"],
    [
      ...alerts.map(({ name, code: number, when }) => [String(number), code(name), when]),
      [`${hex(application.from)} to ${hex(application.to)}`, "application", application.when],
    ],
  );
}

function stateTable(states: States, role: RoleName): string {
  return table(
    ["state", "meaning"],
    Object.entries(states.states[role]).map(([state, text]) => [state, text]),
  );
}

function eventTable(states: States): string {
  return table(
    ["event", "kind", "at", "meaning"],
    Object.entries(states.events).map(([event, { kind, roles: at, text }]) => [
      code(event),
      kind,
      at.length === roles.length ? "both" : at.join(", "),
      text,
    ]),
  );
}

/** The legal cells: neither misuse, nor impossible, nor without any effect. Events of one outcome share a row. */
function transitionTable(states: States, role: RoleName): string {
  const rows: string[][] = [];
  for (const [state, cells] of Object.entries(states.table[role])) {
    const byOutcome = new Map<string, { cell: CellData; events: string[] }>();
    for (const [event, cell] of Object.entries(cells)) {
      if (isIllegal(cell) || (cell.to === state && cell.outputs.length === 0)) continue;
      const outcome = JSON.stringify(cell);
      const same = byOutcome.get(outcome) ?? { cell, events: [] };
      same.events.push(event);
      byOutcome.set(outcome, same);
    }
    let first = true;
    for (const { cell, events } of byOutcome.values()) {
      const to = cell.to === state ? "" : cell.to;
      rows.push([first ? `**${state}**` : "", list(events), to, list(cell.outputs)]);
      first = false;
    }
    if (first) rows.push([`**${state}**`, "", "", ""]);
  }
  const legend =
    "Events that are missing in a state are misuse, can't arise, or have no effect there ([states-table.md]" +
    "(states-table.md) says which); an empty *next state* is the same state.";
  return `${legend}\n\n${table(["state", "event", "next state", "outputs, in order"], rows)}`;
}

/** `spec/states-table.md`: every cell there is. */
export function wholeTable(states: States): string {
  const parts = [
    "<!-- Generated from spec/states.json by scripts/spec.ts. Do not edit. -->",
    "# The whole table",
    "Every cell of [states.json](states.json); [states.md](states.md) explains. *Misuse* is reported to the caller, " +
      "*impossible* can't be reached, and both leave the state as it is. A dash is no effect at all.",
  ];
  for (const role of roles) {
    for (const [state, cells] of Object.entries(states.table[role])) {
      parts.push(`## ${role}: ${state}`, states.states[role][state] ?? "");
      const rows = Object.entries(cells).map(([event, cell]) => [
        code(event),
        cell.to === state ? "" : cell.to,
        isIllegal(cell) ? `*${cell.outputs.join(", ")}*` : list(cell.outputs) || "–",
      ]);
      parts.push(table(["event", "next state", "outputs, in order"], rows));
    }
  }
  return `${parts.join("\n\n")}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`.replaceAll(/ {2,}/g, " ");
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}

function list(names: readonly string[]): string {
  return names.map(code).join(", ");
}
