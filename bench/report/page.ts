import type { Drawn } from "../curves.ts";
import type { Results } from "../results.ts";
import { asMarkdown, curvesAsMarkdown, type Table } from "./table.ts";

const begin = "<!-- generated: figures -->";
const end = "<!-- end generated -->";

/** The page with its generated part put in anew. @throws Error for a page without a place for it */
export function withFigures(
  page: string,
  results: Results,
  tables: readonly Table[],
  curves: readonly Drawn[] = [],
): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no lines ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${figures(results, tables, curves)}\n\n${page.slice(to)}`;
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
  const { cpu, cores, memory, system, node, openssl, load } = machine;
  const isBusy = load > cores / 2;
  return [
    `${date.slice(0, 10)}, commit ${commit}, medians of ${runs} ${runs === 1 ? "run" : "runs"}.`,
    `${cores} cores of ${cpu}, ${memory} GiB; ${system}; Node ${node} with OpenSSL ${openssl}; load ${load} before.`,
    `In bulk ${count(sizes.bulk / 2 ** 20)} MiB in writes of ${count(sizes.write / 1024)} KiB;`,
    `${count(sizes.handshakes)} connections one after the other and ${count(sizes.concurrentHandshakes)} sixteen at a time,`,
    `each after ${count(sizes.handshakeWarmUp)} that do not count;`,
    `${count(sizes.roundTrips)} requests; ${count(sizes.messages)} messages in a row, ${count(sizes.turnMessages)} by turns;`,
    `${count(sizes.idle)} idle connections.`,
    ...(isBusy ? ["The machine had other work meanwhile: CPU times say more than rates and latencies."] : []),
  ].join("\n");
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}
