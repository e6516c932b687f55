import type { Machine } from "../report/machine.ts";
import type { Results } from "../results.ts";

const begin = "<!-- generated: tunnel -->";
const end = "<!-- end generated -->";

/** What `--json` keeps: as of `npm run bench`, with ways in the place of contenders. */
export interface TunnelResults extends Results {
  /** What the ways are that are no part of this repository, as they tell it themselves. */
  readonly versions: readonly string[];
}

/** The page with its part about tunnels put in anew. @throws Error for a page without a place for it */
export function withTunnels(page: string, text: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no lines ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** When, where and how much. */
export function tunnelCircumstances({
  date,
  commit,
  machine,
  sizes,
  samples,
  versions,
}: TunnelResults): string {
  const runs = 1 + Math.max(...samples.map(({ round }) => round));
  return [
    `${date.slice(0, 10)}, commit ${commit}, medians of ${runs} ${runs === 1 ? "run" : "runs"}.`,
    place(machine),
    `${versions.join("; ")}.`,
    `${count(sizes.bulk / 2 ** 20)} MiB in writes of ${count(sizes.write / 1_024)} KiB; ${count(sizes.roundTrips)} requests;`,
    `${count(sizes.handshakes)} connections one after the other and ${count(sizes.concurrentHandshakes)} sixteen at a time;`,
    `${count(sizes.idle)} idle connections.`,
    ...(machine.load > machine.cores / 2
      ? ["The machine had other work meanwhile: CPU times say more than rates and latencies."]
      : []),
  ].join("\n");
}

function place({ cpu, cores, memory, system, node, openssl, load }: Machine): string {
  return `${cores} cores of ${cpu}, ${memory} GiB; ${system}; Node ${node} with OpenSSL ${openssl}; load ${load} before.`;
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}
