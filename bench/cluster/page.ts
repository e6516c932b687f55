import { busyNote, count, placeOf, withPart } from "../report/page.ts";
import { aligned, asMarkdown, number, tables } from "../report/table.ts";
import { type Results, series } from "../results.ts";
import { quantile } from "../statistics.ts";
import { clusterMetrics } from "./metrics.ts";
import { baseId, own } from "./ways.ts";

/** What `--json` keeps: as of `npm run bench`, with ways in the place of contenders. */
export interface ClusterResults extends Results {
  /** Processes that ran or waited in the minute before the end, on average. */
  readonly loadAfter: number;
}

/** The page with its part about the server in three put in anew. @throws Error for a page without a place for it */
export function withCluster(page: string, text: string): string {
  return withPart(page, "cluster", text);
}

/** All that the part says. */
export function clusterText(results: ClusterResults): string {
  const parts = [
    clusterCircumstances(results),
    added(results),
    shares(results),
    asMarkdown(tables(results, clusterMetrics, own), own),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** When, where and how much. */
function clusterCircumstances({ date, commit, machine, loadAfter, sizes, samples }: ClusterResults): string {
  const runs = 1 + Math.max(...samples.map(({ round }) => round));
  return [
    `${date.slice(0, 10)}, commit ${commit}, medians of ${runs} ${runs === 1 ? "run" : "runs"}.`,
    `${placeOf(machine)}; load ${machine.load} before and ${loadAfter} after.`,
    `${count(sizes.handshakes)} connections one after the other and ${count(sizes.concurrentHandshakes)} sixteen at a time;`,
    `${count(sizes.idle)} that are open; ${count(sizes.bulk / 2 ** 20)} MiB in writes of ${count(sizes.write / 1_024)} KiB;`,
    `${count(sizes.roundTrips)} requests.`,
    ...busyNote({ cores: machine.cores, load: Math.max(machine.load, loadAfter) }),
  ].join("\n");
}

const addedMetrics = [
  { id: "connections.median", title: "time, ms" },
  { id: "connections.p99", title: "99th percentile, ms" },
  { id: "connections.cpu", title: "CPU, ms" },
  { id: "crowded.cpu", title: "CPU, 16 at once, ms" },
  { id: "handoffs.cpu", title: "CPU, opened before, ms" },
];

/** What a way adds to a connection: the middle of the differences to the server in one process, each in one round. */
export function added({ samples, contenders }: Pick<Results, "samples" | "contenders">): string {
  const rows = Object.entries(contenders).flatMap(([id, name]) => {
    if (id === baseId) return [];
    const cells = addedMetrics.map(({ id: metric }) => {
      const base = series(samples, metric, baseId);
      const differences = [...series(samples, metric, id)].flatMap(([round, value]) => {
        const without = base.get(round);
        return without === undefined ? [] : [value - without];
      });
      return differences.length === 0 ? "" : signed(quantile(differences, 0.5));
    });
    return cells.every((cell) => cell === "") ? [] : [[id === own.id ? `**${name}**` : name, ...cells]];
  });
  if (rows.length === 0) return "";
  const grid = aligned(["", ...addedMetrics.map(({ title }) => title)], rows);
  return `### What is added to a connection of the server in one process\n\n${grid}`;
}

function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value);
}

const roles = ["server", "terminator", "admin", "acceptor", "workers", "agent"];

/** Which process a connection's CPU time is of. */
export function shares({ samples, contenders }: Pick<Results, "samples" | "contenders">): string {
  const rows = Object.entries(contenders).flatMap(([id, name]) => {
    const cells = roles.map((role) => {
      const values = [...series(samples, `connections.cpu.${role}`, id).values()];
      return values.length === 0 ? "" : number(quantile(values, 0.5));
    });
    return cells.every((cell) => cell === "") ? [] : [[id === own.id ? `**${name}**` : name, ...cells]];
  });
  if (rows.length === 0) return "";
  return `### CPU of each process for a connection, ms\n\n${aligned(["", ...roles], rows)}`;
}
