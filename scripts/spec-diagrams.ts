/** The state diagrams, `spec/diagrams/ROLE.svg`, laid out by Graphviz. */
import { Graphviz } from "@hpcc-js/wasm-graphviz";
import { type CellData, isIllegal, type RoleName, roles, type States } from "./spec-data.ts";

/** Their text, by path from the repository's root. */
export async function diagramFiles(states: States): Promise<[string, string][]> {
  const graphviz = await Graphviz.load();
  return roles.map((role) => {
    // The comments name the Graphviz build; leaving them out keeps the file free of what is no part of the picture.
    const svg = graphviz
      .layout(dot(states, role), "svg", "dot")
      .replaceAll(/<!--[\s\S]*?-->\n?/g, "")
      .replaceAll('font-family="Courier,monospace"', fontFamily)
      .replaceAll('font-family="Courier"', fontFamily);
    return [`spec/diagrams/${role}.svg`, svg];
  });
}

/** Graphviz measures Courier; these have its widths, so that no text runs out of its box. */
const fontFamily = 'font-family="Courier New, Liberation Mono, DejaVu Sans Mono, Courier, monospace"';

/** States that nearly every other one leads to: an edge from each would hide the rest, so they are named in the node. */
const sinks: readonly string[] = ["Failed", "Draining"];
const terminal: readonly string[] = ["Closed", "Failed", "Forwarded"];

/**
 * The Graphviz source: an edge for each pair of states, labelled with its events. What leads to `Failed` and
 * `Draining` is written into the state that it leaves, apart from the edge between the two.
 */
export function dot(states: States, role: RoleName): string {
  const lines = [
    `digraph ${role} {`,
    '  graph [rankdir=TB, nodesep=0.35, ranksep=0.45, fontname="Courier", bgcolor="white", pad=0.2]',
    '  node [shape=plain, fontname="Courier", fontsize=11]',
    '  edge [fontname="Courier", fontsize=10, arrowsize=0.7, color="#444444"]',
  ];
  for (const [state, cells] of Object.entries(states.table[role])) {
    lines.push(`  ${state} [label=<${nodeLabel(state, cells)}>]`);
    for (const [to, events] of targets(state, cells)) {
      if (sinks.includes(to) && !sinks.includes(state)) continue;
      lines.push(`  ${state} -> ${to} [label="${wrap(events, "\\l ", " ")}\\l"]`);
    }
  }
  lines.push("}");
  return lines.join("\n");
}

/** Where a state leads to, with the events that lead there, in the table's order. */
function targets(state: string, cells: Readonly<Record<string, CellData>>): Map<string, string[]> {
  const byTarget = new Map<string, string[]>();
  for (const [event, cell] of Object.entries(cells)) {
    if (cell.to === state || isIllegal(cell)) continue;
    byTarget.set(cell.to, [...(byTarget.get(cell.to) ?? []), event]);
  }
  return byTarget;
}

function nodeLabel(state: string, cells: Readonly<Record<string, CellData>>): string {
  const color =
    state === "Failed" || state === "Draining" ? "#fbe3e0" : terminal.includes(state) ? "#e2efdf" : "#e6ecf7";
  const rows = [`<TR><TD ALIGN="CENTER"><B>${state}</B></TD></TR>`];
  if (!sinks.includes(state)) {
    const leads = targets(state, cells);
    for (const sink of sinks) {
      const events = leads.get(sink);
      if (events === undefined) continue;
      const text = wrap(events, '<BR ALIGN="LEFT"/>');
      rows.push(
        `<TR><TD ALIGN="LEFT" BALIGN="LEFT"><FONT POINT-SIZE="9" COLOR="#8a2b1f">→ ${sink}: ${text}</FONT></TD></TR>`,
      );
    }
  }
  return `<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" STYLE="ROUNDED" COLOR="#555555" BGCOLOR="${color}">${rows.join("")}</TABLE>`;
}

/** Names joined by commas, in lines of some 44 characters. */
function wrap(names: readonly string[], newline: string, before = ""): string {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length < 44) lines[lines.length - 1] = `${last}, ${name}`;
    else lines.push(name);
  }
  return before + lines.join(`,${newline}`);
}
