/** The two modules of `src/protocol` that are data: the total table and the alert codes. */
import { type Alerts, type CellData, roles, type States } from "./spec-data.ts";

/** Their text, by path from the repository's root. */
export function codeFiles(states: States, alerts: Alerts): [string, string][] {
  return [
    ["src/protocol/machine/table.ts", tableModule(states)],
    ["src/protocol/record/alert-codes.ts", alertCodesModule(alerts)],
  ];
}

function tableModule(states: States): string {
  const lines = [
    "// Generated from spec/states.json by scripts/spec.ts. Do not edit.",
    "",
    'import type { AlertName } from "../record/alert-codes.ts";',
    "",
    ...union("Role", roles),
    ...union("ClientState", Object.keys(states.states.client)),
    ...union("ServerState", Object.keys(states.states.server)),
    "export type State = ClientState | ServerState;",
    "",
    "/** What can happen to a channel. */",
    ...union("EventName", Object.keys(states.events)),
    "/** What a channel does about it. */",
    ...union("OutputName", Object.keys(states.outputs)),
    "/** An output, with the alert code it carries where the table and not the caller decides that. */",
    `export type Action = OutputName | \`\${"send.alert" | "send.verdict.alert"}:\${AlertName}\`;`,
    "",
    "/** The next state, and the outputs in their order. */",
    "export interface Cell {",
    "  readonly to: State;",
    "  readonly outputs: readonly Action[];",
    "}",
    "",
    "/** By role, state and event. */",
    "export type Table = Readonly<Record<Role, Readonly<Record<string, Readonly<Record<string, Cell>>>>>>;",
    "",
    "/** The life cycle: total, so misuse and what cannot arise have their cells too. */",
    "export const table: Table = {",
  ];
  for (const role of roles) {
    lines.push(`  ${role}: {`);
    for (const [state, cells] of Object.entries(states.table[role])) {
      lines.push(`    ${state}: {`);
      for (const [event, cell] of Object.entries(cells)) lines.push(...cellLines(event, cell));
      lines.push("    },");
    }
    lines.push("  },");
  }
  lines.push("};", "");
  return lines.join("\n");
}

/** A cell a line, where it fits: the formatter's own rule, so that it has nothing to say. */
function cellLines(event: string, cell: CellData): string[] {
  const to = `to: "${cell.to}"`;
  const outputs = `outputs: [${cell.outputs.map((output) => `"${output}"`).join(", ")}]`;
  const line = `      ${key(event)}: { ${to}, ${outputs} },`;
  if (line.length <= 110) return [line];
  return [`      ${key(event)}: {`, `        ${to},`, `        ${outputs},`, "      },"];
}

function union(name: string, members: readonly string[]): string[] {
  const line = `export type ${name} = ${members.map((member) => `"${member}"`).join(" | ")};`;
  if (line.length <= 110) return [line, ""];
  return [
    `export type ${name} =`,
    ...members.map((m, i) => `  | "${m}"${i === members.length - 1 ? ";" : ""}`),
    "",
  ];
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : `"${name}"`;
}

function alertCodesModule(alerts: Alerts): string {
  const { from, to } = alerts.application;
  const hex = (code: number): string => `0x${code.toString(16)}`;
  return [
    "// Generated from spec/alerts.json by scripts/spec.ts. Do not edit.",
    "",
    "/** The registered alert codes. A code's meaning never changes and is never reused (AL-001); 0 is no alert. */",
    "export const alertCodes = {",
    ...alerts.alerts.flatMap((alert) => [
      `  /** ${alert.when.charAt(0).toUpperCase()}${alert.when.slice(1)}. */`,
      `  ${key(alert.name)}: ${alert.code},`,
    ]),
    "} as const;",
    "",
    "export type AlertName = keyof typeof alertCodes;",
    "",
    "/** The codes, both ends included, whose meaning is the application's own. */",
    `export const applicationCodes = { from: ${hex(from)}, to: ${hex(to)} } as const;`,
    "",
  ].join("\n");
}
