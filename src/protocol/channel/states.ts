import type { State } from "../machine/table.ts";

/** What a driver must know of a state, besides what the table says: whether its input is read, held, or dropped. */
const kinds: Readonly<Record<State, "message" | "record" | "wait" | "drain" | "over">> = {
  Start: "wait",
  AwaitChallenge: "message",
  Judging: "wait",
  Responding: "wait",
  AwaitVerdict: "message",
  AwaitVerdictClosed: "message",
  AwaitHello: "message",
  OpeningRoute: "wait",
  Routing: "wait",
  Forwarded: "over",
  Hiding: "over",
  AwaitResponse: "message",
  Deciding: "wait",
  Open: "record",
  HalfClosedLocal: "record",
  HalfClosedRemote: "record",
  Closing: "drain",
  Closed: "over",
  Draining: "drain",
  Failed: "over",
};

/** The handshake's next message is read, in all or in part. */
export function readsMessages(state: State): boolean {
  return kinds[state] === "message";
}

/** Records under the transport keys are read. */
export function readsRecords(state: State): boolean {
  return kinds[state] === "record";
}

/** Input is held, unopened, for a decision or a DH. */
export function waits(state: State): boolean {
  return kinds[state] === "wait";
}

/** The last word is said, and what still comes in is dropped. */
export function drains(state: State): boolean {
  return kinds[state] === "drain";
}

/** Nothing will be opened or sealed any more: no keys are kept. */
export function isOver(state: State): boolean {
  return kinds[state] === "over" || kinds[state] === "drain";
}
