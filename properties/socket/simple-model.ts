import type { Outcome } from "./linked.ts";

export type Side = "client" | "server";

/** What one end's application has done, as far as anybody else could know. */
export interface Doings {
  /** Bytes written before it ended or gave up. */
  written: Buffer[];
  hasEnded: boolean;
  /** The code it gave up with, and whether it first waited until all it had written was sent. */
  alert: number | undefined;
  waited: boolean;
  /** Pings whose answer was asked for, and how many were answered or refused. */
  pings: number;
  answered: number;
}

/** The model: what was done at either end, and whether the wire was cut. */
export interface Model {
  readonly client: Doings;
  readonly server: Doings;
  isCut: boolean;
}

export const newModel = (): Model => ({ client: idle(), server: idle(), isCut: false });
const idle = (): Doings => ({
  written: [],
  hasEnded: false,
  alert: undefined,
  waited: false,
  pings: 0,
  answered: 0,
});

export const opposite = { client: "server", server: "client" } as const;

/** How both ends came out. */
export type Ends = Record<Side, Outcome>;

/** Why an end may have failed where the wire was cut. */
const ofCutWires: readonly (string | undefined)[] = [
  "ERR_HAWSER_TRUNCATED",
  "ERR_HAWSER_NO_ANSWER",
  "ERR_HAWSER_ABANDONED",
  "ERR_HAWSER_TIMEOUT",
  "ERR_HAWSER_CLOSED",
];

/** Everything that a run of the two ends breaks. */
export function faultsOf(model: Model, ends: Ends): string[] {
  return (["client", "server"] as const).flatMap((side) =>
    faultsAt(model, side, ends[side]).map((fault) => `${side}: ${fault}`),
  );
}

function faultsAt(model: Model, side: Side, { data, endings, hasEnded, code, alert }: Outcome): string[] {
  const [own, peer] = [model[side], model[opposite[side]]];
  const faults: string[] = [];
  const all = Buffer.concat(peer.written);
  if (!data.equals(all.subarray(0, data.length))) faults.push("was given what nobody wrote");
  if (endings > 1) faults.push(`was told of ${endings} ends`);
  if (hasEnded && !(peer.hasEnded && data.equals(all))) faults.push("was told of an end that is none");
  if (own.answered < own.pings) faults.push(`${own.pings - own.answered} pings are still open`);
  const nobodyGaveUp = own.alert === undefined && peer.alert === undefined;
  if (!model.isCut && nobodyGaveUp) {
    if (!data.equals(all)) faults.push(`was given ${data.length} of ${all.length} bytes`);
    if (!hasEnded || code !== undefined) faults.push(`no clean end but ${code}`);
  }
  // Who is given up hears why, after all the data that was waited for; unless both had closed before.
  if (!model.isCut && own.alert === undefined && peer.alert !== undefined) {
    const wasOver = hasEnded && own.hasEnded && code === undefined;
    if (!wasOver && alert !== peer.alert) faults.push(`${code} ${alert}, not alert ${peer.alert}`);
    if (peer.waited && !data.equals(all)) faults.push(`was given ${data.length} of ${all.length} bytes`);
  }
  const mayFail = [
    undefined,
    ...(own.alert === undefined ? [] : ["ERR_HAWSER_CANCELLED"]),
    ...(peer.alert === undefined && !model.isCut ? [] : ["ERR_HAWSER_ALERT_RECEIVED"]),
    ...(model.isCut ? ofCutWires : []),
  ];
  if (!mayFail.includes(code)) faults.push(`fails with ${code}`);
  return faults;
}
