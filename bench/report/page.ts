import type { Results } from "../results.ts";
import { asMarkdown, number, type Table } from "./table.ts";

const begin = "<!-- generated: figures -->";
const end = "<!-- end generated -->";

/** The page with its generated part put in anew. @throws Error for a page without a place for it */
export function withFigures(page: string, results: Results, tables: readonly Table[]): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no lines ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${figures(results, tables)}\n\n${page.slice(to)}`;
}

function figures(results: Results, tables: readonly Table[]): string {
  return [circumstances(results), "![The medians as bars](performance.svg)", asMarkdown(tables)].join("\n\n");
}

/** When, where and how much. */
export function circumstances({ date, commit, machine, sizes, samples }: Results): string {
  const runs = 1 + Math.max(...samples.map(({ round }) => round));
  const { cpu, cores, memory, system, node, openssl, load } = machine;
  return [
    `${date.slice(0, 10)}, commit ${commit}, medians of ${runs} ${runs === 1 ? "run" : "runs"}.`,
    `${cores} cores of ${cpu}, ${memory} GiB; ${system}; Node ${node} with OpenSSL ${openssl}; load ${load} before.`,
    `In bulk ${number(sizes.bulk / 2 ** 20)} MiB in writes of ${sizes.write / 1024} KiB;`,
    `${sizes.handshakes} connections one after the other and ${sizes.concurrentHandshakes} sixteen at a time;`,
    `${sizes.roundTrips} requests; ${sizes.messages} messages in a row, ${sizes.turnMessages} by turns; ${sizes.idle} idle connections.`,
  ].join("\n");
}
