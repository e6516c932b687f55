/** The calls and scripts of a timeline, in short: what the reference's own suites are written with. */
import { ascii } from "./primitives.ts";
import type { Account } from "./talk.ts";
import type { Call, Script } from "./timeline.ts";

export const write = (at: number, data: Uint8Array | string): Call => ({
  at,
  call: "write",
  data: typeof data === "string" ? ascii(data) : data,
});

/** A call that has nothing but its time. */
export const simple = (
  at: number,
  call: "close" | "accept" | "trust" | "distrust" | "deadline" | "flushed",
): Call => ({ at, call });

/** A Ping whose 8 bytes are all the same. */
export const ping = (at: number, byte: number): Call => ({
  at,
  call: "ping",
  bytes: new Uint8Array(8).fill(byte),
});

export const refuse = (at: number, code: number): Call => ({ at, call: "refuse", code, message: "" });

export const script = (
  input: Uint8Array,
  end: Script["end"] = "none",
  calls: readonly Call[] = [],
): Script => ({ input, end, calls });

/** How an end came out, in a word: the event that it failed by, or its state. */
export const failed = (account: Account): string =>
  account.outcome.state === "failed" ? account.outcome.event : account.outcome.state;
