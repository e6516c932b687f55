import { ownId } from "./contenders/index.ts";
import type { Metric } from "./metrics.ts";
import { metrics } from "./metrics.ts";
import { type Results, series } from "./results.ts";
import { advantage } from "./statistics.ts";
import type { Sizes } from "./works/work.ts";

/** What a change must not lose: how many times as good as a peer Hawser is, in the same run. */
export interface Gate {
  readonly metric: string;
  readonly peer: string;
  readonly target: number;
  /** What it is where the target has not been reached. Whoever gets it further, writes so here. */
  readonly reached?: number;
}

/**
 * CPU times rather than rates where there are both: what else the machine does hardly moves them. Half of a target is
 * what has to be there, or half of what is reached, so that noise fails nothing, and what fails is a gross loss.
 */
export const gates: readonly Gate[] = [
  { metric: "bulk.cpu", peer: "tls-chacha20", target: 1, reached: 0.75 },
  { metric: "handshakes.cpu", peer: "tls-chacha20", target: 3, reached: 2 },
  { metric: "round-trips.median", peer: "tls-chacha20", target: 1.25, reached: 1 },
  { metric: "messages.cpu", peer: "tls-chacha20", target: 5, reached: 1.3 },
  { metric: "idle-memory.rss", peer: "tls-chacha20", target: 1.67, reached: 1.2 },
];

/** Who takes part. */
export const gatePeers: readonly string[] = [ownId, ...new Set(gates.map(({ peer }) => peer))];
export const gateWorks: readonly string[] = [...new Set(gates.map(({ metric }) => workOf(metric)))];

/** Enough that most code is compiled by then, and that the figures stay within a third from run to run. */
export const gateSizes: Partial<Sizes> = {
  bulk: 256 * 1024 ** 2,
  bulkWarmUp: 64 * 1024 ** 2,
  messages: 400_000,
  messagesWarmUp: 50_000,
  roundTrips: 5_000,
  handshakes: 500,
  handshakeWarmUp: 1_000,
  idle: 500,
};

export interface Verdict extends Gate {
  readonly title: string;
  readonly floor: number;
  /** `undefined` where a run has failed. */
  readonly ratio: number | undefined;
  readonly isHeld: boolean;
}

/** Each gate against what was measured: the best of the rounds, as noise only takes away. */
export function judge({ samples }: Pick<Results, "samples">): Verdict[] {
  return gates.map((gate) => {
    const { title, better } = metrics.find(({ id }) => id === gate.metric) as Metric;
    const [own, theirs] = [series(samples, gate.metric, ownId), series(samples, gate.metric, gate.peer)];
    const isMeasured = [...own.keys()].some((round) => theirs.has(round));
    const ratio = isMeasured ? advantage(own, theirs, better === "more").high : undefined;
    const floor = Math.min(gate.target, gate.reached ?? gate.target) / 2;
    return { ...gate, title, floor, ratio, isHeld: ratio !== undefined && ratio >= floor };
  });
}

/** The works that have to be run once more. */
export function failedWorks(verdicts: readonly Verdict[]): string[] {
  return [...new Set(verdicts.filter(({ isHeld }) => !isHeld).map(({ metric }) => workOf(metric)))];
}

/** A line for each. */
export function told(verdicts: readonly Verdict[]): string {
  const line = ({ title, peer, ratio, floor, target, isHeld }: Verdict) =>
    `${isHeld ? "held" : "LOST"}: ${title}: ${ratio === undefined ? "no figure" : `${ratio.toFixed(2)} ×`} ${peer}; ` +
    `at least ${floor.toFixed(2)} × is held, ${target} × is wanted`;
  return verdicts.map(line).join("\n");
}

function workOf(metric: string): string {
  return metric.split(".")[0] as string;
}
