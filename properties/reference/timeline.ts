/**
 * Everything that will ever happen to one end, known beforehand: all bytes that the peer sends, how its
 * transport ends, and what the application (or a clock) does after how many of those bytes. So an end needs no
 * buffer and no idea of chunks: it asks what comes first, the bytes that it waits for or something else.
 */

export type Call =
  | { readonly at: number; readonly call: "write"; readonly data: Uint8Array }
  | { readonly at: number; readonly call: "close" }
  | { readonly at: number; readonly call: "ping"; readonly bytes: Uint8Array }
  /** The driver has handed everything sent so far to the transport. */
  | { readonly at: number; readonly call: "flushed" }
  | { readonly at: number; readonly call: "alert"; readonly code: number; readonly message: string }
  /** First use: the application trusts the server's key, or doesn't. */
  | { readonly at: number; readonly call: "trust" }
  | { readonly at: number; readonly call: "distrust" }
  | { readonly at: number; readonly call: "accept" }
  /** The server's application, a limit or a shutdown. */
  | { readonly at: number; readonly call: "refuse"; readonly code: number; readonly message: string }
  /** The deadline of the handshake, or of liveness once open. */
  | { readonly at: number; readonly call: "deadline" };

export type End = "eof" | "reset";

export interface Script {
  readonly input: Uint8Array;
  /** How the peer's direction ends after its last byte; `none`: it stays open for ever. */
  readonly end: End | "none";
  /**
   * In order. `at`: the call is made once so many bytes of the input have come and what they complete has been
   * acted on; `input.length + 1`: once the end has come as well.
   */
  readonly calls: readonly Call[];
}

/** How far a run has come: bytes that have arrived, calls made, and whether the end has been noticed. */
export interface Clock {
  time: number;
  made: number;
  ended: boolean;
}

export const start = (): Clock => ({ time: 0, made: 0, ended: false });

/** `never`: nothing else will happen. */
export type Next = Call | End | "bytes" | "never";

function take(script: Script, clock: Clock, call: Call): Call {
  clock.time = Math.max(clock.time, Math.min(call.at, script.input.length));
  clock.made++;
  return call;
}

function theEnd(script: Script, clock: Clock): End | "never" {
  if (script.end === "none") return "never";
  clock.time = script.input.length;
  clock.ended = true;
  return script.end;
}

/** What comes first: the input's first `need` bytes, a call, or the end. */
export function until(script: Script, clock: Clock, need: number): Next {
  if (need <= clock.time) return "bytes";
  if (clock.ended) return theEnd(script, clock);
  const call = script.calls[clock.made];
  if (call !== undefined && call.at < need && call.at <= script.input.length)
    return take(script, clock, call);
  if (need <= script.input.length) {
    clock.time = need;
    return "bytes";
  }
  return theEnd(script, clock);
}

/** For states that hold their input: the next call, or the end, which is told once. */
export function whileHolding(script: Script, clock: Clock): Call | End | "never" {
  const call = script.calls[clock.made];
  if (call !== undefined && (clock.ended || call.at <= script.input.length)) return take(script, clock, call);
  return clock.ended ? "never" : theEnd(script, clock);
}
