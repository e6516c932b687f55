import type { EventName, State } from "../../src/protocol/machine/table.ts";

/**
 * Which events can't arise in a state, and why: by what the channel listens to in each state, not by what the table
 * says of them.
 */
export interface Impossibility {
  readonly reason: string;
  readonly events: readonly EventName[];
  /** The states in which they arise after all. */
  readonly butIn: readonly State[];
  /** It is a kind of a call, or of what the transport does, so the table may have a cell for it: misuse, or that of its like. */
  readonly idle?: true;
  readonly like?: EventName;
}

const readsRecords: readonly State[] = ["Open", "HalfClosedLocal", "HalfClosedRemote"];
const drains: readonly State[] = ["Closing", "Draining"];

export const impossibilities: readonly Impossibility[] = [
  {
    reason: "98 bytes are a Challenge, and 8 at the end of file a hint, only where one is awaited",
    events: [
      "challenge.accepted",
      "challenge.refused",
      "challenge.middlebox",
      "challenge.mismatch",
      "challenge.firstUse",
      "challenge.refusedFirstUse",
      "challenge.bad",
      "eof.hint",
    ],
    butIn: ["AwaitChallenge"],
  },
  {
    reason: "one record is read under the verdict key, where the Verdict is awaited",
    events: [
      "verdict.accept",
      "verdict.alert",
      "verdict.unexpected",
      "verdict.bad",
      "verdict.malformedAlert",
    ],
    butIn: ["AwaitVerdict", "AwaitVerdictClosed"],
  },
  {
    reason: "a header begins a Hello, and the Hello is the first message",
    events: ["header.alien", "header.unsupported", "hello.complete"],
    butIn: ["AwaitHello"],
  },
  {
    reason: "what a Hello asks for is known from the DH of the server's key",
    events: ["route.next", "hello.admit", "hello.refuse", "hello.routed", "hello.zero"],
    butIn: ["OpeningRoute"],
  },
  {
    reason: "a server hides before a route has opened, and not afterwards",
    events: ["hello.hidden"],
    butIn: ["AwaitHello", "OpeningRoute"],
  },
  {
    reason: "96 bytes are a Response only where one is awaited",
    events: ["response.ok", "response.wrongContext", "response.bad"],
    butIn: ["AwaitResponse"],
  },
  {
    reason: "records are opened under the transport keys in an open channel alone",
    events: [
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
    ],
    butIn: readsRecords,
  },
  {
    reason: "2^64 nonces are not used up before a channel is open, nor after its end",
    events: ["nonce.last", "nonce.none"],
    butIn: readsRecords,
  },
  {
    reason: "bytes are mere input where no message is made of them",
    events: ["input"],
    butIn: [
      "Start",
      "Judging",
      "Responding",
      "OpeningRoute",
      "Routing",
      "Deciding",
      "Forwarded",
      "Hiding",
      "Closing",
      "Draining",
      "Closed",
      "Failed",
    ],
  },
  {
    reason: "a result of the key holder counts where it was asked for; elsewhere it is late",
    events: ["dh.done", "dh.failed"],
    butIn: ["Responding", "OpeningRoute"],
  },
  {
    reason: "the handshake's deadline runs from the start to the end of the handshake",
    events: ["time.handshake"],
    butIn: [
      "AwaitChallenge",
      "Judging",
      "Responding",
      "AwaitVerdict",
      "AwaitVerdictClosed",
      "AwaitHello",
      "OpeningRoute",
      "Routing",
      "Hiding",
      "AwaitResponse",
      "Deciding",
    ],
  },
  {
    reason: "liveness is watched in an open channel alone",
    events: ["time.ping", "time.liveness"],
    butIn: readsRecords,
  },
  {
    reason: "only a state that drains ends by its deadline or by being drained",
    events: ["time.drain", "drained"],
    butIn: drains,
  },
  {
    idle: true,
    reason: "a result of the key holder is not late while it is waited for",
    events: ["dh.late"],
    butIn: [
      "Start",
      "AwaitChallenge",
      "Judging",
      "AwaitVerdict",
      "AwaitVerdictClosed",
      "AwaitHello",
      "Routing",
      "Forwarded",
      "Hiding",
      "AwaitResponse",
      "Deciding",
      ...readsRecords,
      ...drains,
      "Closed",
      "Failed",
    ],
  },
  {
    idle: true,
    reason: "before Open no Ping is outstanding, and in these states no channel stays after an end of file",
    events: ["ping.misuse"],
    butIn: ["Judging", "Responding", "Deciding", "Forwarded", ...readsRecords, ...drains, "Closed", "Failed"],
  },
  {
    idle: true,
    reason:
      "where input is dropped or passed on at once none is left behind which the end of file could come",
    events: ["eof.partial"],
    like: "eof",
    butIn: [
      "Start",
      "AwaitChallenge",
      "Judging",
      "Responding",
      "AwaitVerdict",
      "AwaitVerdictClosed",
      "AwaitHello",
      "OpeningRoute",
      "Routing",
      "AwaitResponse",
      "Deciding",
      ...readsRecords,
    ],
  },
];

/** Why the event can't arise in the state, if it can't. */
export function impossibility(state: State, event: EventName): Impossibility | undefined {
  return impossibilities.find(({ events, butIn }) => events.includes(event) && !butIn.includes(state));
}
