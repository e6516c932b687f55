import { busyNote, count, placeOf, withPart } from "../report/page.ts";
import type { Results } from "../results.ts";

/** What `--json` keeps: as of `npm run bench`, with ways in the place of contenders. */
export interface TunnelResults extends Results {
  /** What the ways are that are no part of this repository, as they tell it themselves. */
  readonly versions: readonly string[];
}

/** The page with its part about tunnels put in anew. @throws Error for a page without a place for it */
export function withTunnels(page: string, text: string): string {
  return withPart(page, "tunnel", text);
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
    `${placeOf(machine)}; load ${machine.load} before.`,
    `${versions.join("; ")}.`,
    `${count(sizes.bulk / 2 ** 20)} MiB in writes of ${count(sizes.write / 1_024)} KiB; ${count(sizes.roundTrips)} requests;`,
    `${count(sizes.handshakes)} connections one after the other and ${count(sizes.concurrentHandshakes)} sixteen at a time;`,
    `${count(sizes.idle)} idle connections.`,
    ...busyNote(machine),
  ].join("\n");
}
