import type { Drawn } from "../curves.ts";
import type { Results } from "../results.ts";
import type { Machine } from "./machine.ts";
import { asMarkdown, curvesAsMarkdown, type Table } from "./table.ts";

const end = "<!-- end generated -->";

/** The page with a generated part of it put in anew. @throws Error for a page without a place for it */
export function withPart(page: string, name: string, text: string): string {
  const begin = `<!-- generated: ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no lines ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** The page with its figures put in anew. @throws Error for a page without a place for them */
export function withFigures(
  page: string,
  results: Results,
  tables: readonly Table[],
  curves: readonly Drawn[] = [],
): string {
  return withPart(page, "figures", figures(results, tables, curves));
}

function figures(results: Results, tables: readonly Table[], curves: readonly Drawn[]): string {
  const parts = [
    circumstances(results),
    "![The medians as bars](performance.svg)",
    asMarkdown(tables),
    ...(curves.length === 0
      ? []
      : ["![What grows, as lines](performance-growth.svg)", curvesAsMarkdown(curves)]),
  ];
  return parts.join("\n\n");
}

/** When, where and how much. */
export function circumstances({ date, commit, machine, sizes, samples }: Results): string {
  const runs = 1 + Math.max(...samples.map(({ round }) => round));
  return [
    `${date.slice(0, 10)}, commit ${commit}, medians of ${runs} ${runs === 1 ? "run" : "runs"}.`,
    `${placeOf(machine)}; load ${machine.load} before.`,
    `In bulk ${count(sizes.bulk / 2 ** 20)} MiB in writes of ${count(sizes.write / 1024)} KiB, after ${count(sizes.bulkWarmUp / 2 ** 20)} that do not count;`,
    `${count(sizes.handshakes)} connections one after the other and ${count(sizes.concurrentHandshakes)} sixteen at a time,`,
    `each after ${count(sizes.handshakeWarmUp)} that do not count;`,
    `${count(sizes.roundTrips)} requests; ${count(sizes.messages)} messages in a row,`,
    `after ${count(sizes.messagesWarmUp)} that do not count, and ${count(sizes.turnMessages)} by turns;`,
    `${count(sizes.idle)} idle connections.`,
    ...busyNote(machine),
  ].join("\n");
}

/** The machine and what runs on it. */
export function placeOf({ cpu, cores, memory, system, node, openssl }: Machine): string {
  return `${cores} cores of ${cpu}, ${memory} GiB; ${system}; Node ${node} with OpenSSL ${openssl}`;
}

/** A line for those who read figures of a machine that was busy. */
export function busyNote({ load, cores }: Pick<Machine, "load" | "cores">): string[] {
  if (load <= cores / 2) return [];
  return ["The machine had other work meanwhile: CPU times say more than rates and latencies."];
}

export function count(value: number): string {
  return value.toLocaleString("en-GB");
}
