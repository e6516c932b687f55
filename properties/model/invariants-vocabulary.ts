/**
 * The words in which the invariants speak: roles, their states and events, as spec/states.md names them, written by
 * hand. Nothing here or in the other invariants* files reads spec/states.json or what is generated from it.
 */

export type Role = "client" | "server";

/** The handshake is over and both directions' keys are in use. */
export const opened = ["Open", "HalfClosedLocal", "HalfClosedRemote"] as const;
/** The end was told, and what still comes in is dropped until the transport may be closed. */
export const draining = ["Closing", "Draining"] as const;
export const ended = ["Closed", "Failed"] as const;

/** A client that has shown nobody who it is. */
export const beforeResponse = ["Start", "AwaitChallenge", "Judging", "Responding"] as const;
export const awaitingVerdict = ["AwaitVerdict", "AwaitVerdictClosed"] as const;
/** A server whose answer to the Hello is not known. */
export const beforeChallenge = ["AwaitHello", "OpeningRoute", "Routing"] as const;
export const beforeVerdict = ["AwaitResponse", "Deciding"] as const;
/** Something outside is waited for, and input is kept unopened. */
export const waiting = ["Start", "Judging", "Responding", "OpeningRoute", "Routing", "Deciding"] as const;
/** The connection was told to be over, or passed on. */
export const over = [...draining, ...ended, "Forwarded", "Hiding"] as const;
/** Nothing becomes of these any more. */
export const terminal = [...ended, "Forwarded"] as const;

const common = [...opened, ...draining, ...ended] as const;
export const states: Readonly<Record<Role, readonly string[]>> = {
  client: [...beforeResponse, ...awaitingVerdict, ...common],
  server: [...beforeChallenge, "Forwarded", "Hiding", ...beforeVerdict, ...common],
};

export const challenges = [
  "challenge.accepted",
  "challenge.refused",
  "challenge.middlebox",
  "challenge.mismatch",
  "challenge.firstUse",
  "challenge.refusedFirstUse",
  "challenge.bad",
] as const;
export const verdicts = [
  "verdict.accept",
  "verdict.alert",
  "verdict.unexpected",
  "verdict.bad",
  "verdict.malformedAlert",
] as const;
export const headers = ["header.alien", "header.unsupported", "hello.complete"] as const;
export const routes = ["route.next", "hello.admit", "hello.refuse", "hello.routed", "hello.zero"] as const;
export const responses = ["response.ok", "response.wrongContext", "response.bad"] as const;
export const records = [
  "record.data",
  "record.alert",
  "record.malformedAlert",
  "record.accept",
  "record.close",
  "record.ping",
  "record.pingExcess",
  "record.pong",
  "record.pongUnexpected",
  "record.bad",
] as const;
export const nonces = ["nonce.last", "nonce.none"] as const;

const both = [
  "write",
  "close",
  "alert",
  "ping",
  "ping.misuse",
  "flushed",
  "dh.failed",
  "dh.late",
  "time.handshake",
  "time.ping",
  "time.liveness",
  "time.drain",
  "input",
  "eof",
  "eof.partial",
  "reset",
  "drained",
  ...records,
  ...nonces,
] as const;
const ofClient = ["start", "trust", "reject", "dh.done", "eof.hint", ...challenges, ...verdicts] as const;
const ofServer = [
  "accept",
  "refuse",
  "forward",
  "hello.hidden",
  ...headers,
  ...routes,
  ...responses,
] as const;

export type State =
  | (typeof common)[number]
  | (typeof beforeResponse)[number]
  | (typeof awaitingVerdict)[number]
  | (typeof beforeChallenge)[number]
  | (typeof beforeVerdict)[number]
  | "Forwarded"
  | "Hiding";
export type EventName = (typeof both)[number] | (typeof ofClient)[number] | (typeof ofServer)[number];

export const events: Readonly<Record<Role, readonly string[]>> = {
  client: [...both, ...ofClient],
  server: [...both, ...ofServer],
};

export const roles: readonly Role[] = ["client", "server"];
