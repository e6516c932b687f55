import type { EventName, Role, State } from "../../src/protocol/machine/table.ts";
import { clientKey, serverKey } from "../model/pair.ts";
import { concat, u16 } from "../reference/primitives.ts";
import { encodeAlert } from "../reference/record.ts";
import { type FirstNonces, otherKey } from "./puppet.ts";
import { abc, type Scenario, sorry, type Words } from "./scenario.ts";
import { type AnySubject, pingBody } from "./subject.ts";

/**
 * The events that both roles have: what the application calls, what the transport does, the clock, and records.
 */

/** What both roles' paths have in common. */
export interface CommonPath {
  readonly at?: Partial<Record<State, (subject: AnySubject) => void>>;
  readonly liveness?: { readonly pingAfter: number; readonly timeout: number };
  readonly firstNonces?: FirstNonces;
}
export type CommonScenario = Scenario<AnySubject, CommonPath>;
type Driver = (state: State, role: Role) => readonly CommonScenario[];

const empty = new Uint8Array(0);
const threeBytes = Uint8Array.of(1, 2, 3);
const reset = new Error("reset");
const otherPing = pingBody.map((byte) => byte ^ 1);

function fails(code: string, more: Readonly<Record<string, Words>> = {}) {
  return { says: { failed: [`failed ${code}`], ...more } };
}

/** What the end of the transport is called, where it is a failure. */
export function endFails(state: State, event: "eof" | "eof.partial" | "reset") {
  if (event === "eof" && (state === "Start" || state === "AwaitChallenge")) return fails("no_answer");
  return fails(["OpeningRoute", "Routing", "AwaitResponse"].includes(state) ? "abandoned" : "truncated");
}

const write: CommonScenario = { act: (s) => s.do((channel) => channel.write(abc)) };
const close: CommonScenario = { act: (s) => s.do((channel) => channel.close()), ...fails("cancelled") };
const alert: CommonScenario = {
  act: (s) => s.do((channel) => channel.alert(sorry.code, sorry.message)),
  ...fails("cancelled"),
};
const pings: CommonScenario = { act: (s) => s.do((channel) => channel.ping(pingBody)) };
const receives = (bytes: (s: AnySubject) => Uint8Array): CommonScenario => ({
  act: (s) => s.receive(bytes(s)),
});
const records = (type: "Data" | "Accept" | "Close" | "Ping" | "Pong", body: Uint8Array = empty) =>
  receives((s) => s.puppet.seal(type, body));

const liveness = { pingAfter: 1_000, timeout: 3_000 };
const timePing: CommonScenario = {
  path: { liveness },
  act: (s) => s.tick(liveness.pingAfter),
  says: { "send.ping": [/^Ping [0-9a-f]{16}$/] },
};

const bad: readonly CommonScenario[] = [
  receives(() => u16(18)),
  receives((s) => flipLast(s.puppet.seal("Data", abc))),
  receives((s) => s.puppet.seal(6, empty)),
  receives((s) => s.puppet.seal("Data", abc, 6, 4)),
  receives((s) => s.puppet.seal("Data", abc, 6, 2)),
  receives((s) => s.puppet.seal("Data", empty)),
  receives((s) => s.puppet.seal("Close", abc)),
  receives((s) => s.puppet.seal("Ping", abc)),
].map((scenario) => ({ ...scenario, ...fails("bad_record") }));

const malformed: readonly CommonScenario[] = [
  receives((s) => s.puppet.seal("Alert", u16(0))),
  receives((s) => s.puppet.seal("Alert", u16(3), 5, 3)),
  receives((s) => s.puppet.seal("Alert", concat(u16(3), abc), 8, 4)),
  receives((s) => s.puppet.seal("Alert", concat(u16(3), Uint8Array.of(0xff)))),
].map((scenario) => ({ ...scenario, ...fails("malformed_alert") }));

export function flipLast(bytes: Uint8Array): Uint8Array {
  const flipped = bytes.slice();
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  return flipped;
}

const last = 2n ** 64n - 2n;

/** Both directions' first nonces, so that the next one of the direction is `next` in the state. */
function nonces(role: Role, state: State, whose: "own" | "peer", next: bigint): FirstNonces {
  const spent = state === (whose === "own" ? "HalfClosedLocal" : "HalfClosedRemote") ? 1n : 0n;
  const other = role === "client" ? "server" : "client";
  const direction = whose === "own" ? role : other;
  return { client: 0n, server: 0n, [direction]: next - spent };
}

/** Whatever seals a record in the state, and the event as which it is first looked up. */
function sealing(state: State): readonly (readonly [EventName, CommonScenario])[] {
  const always: readonly (readonly [EventName, CommonScenario])[] = [
    ["ping", pings],
    ["time.ping", timePing],
    ["record.ping", records("Ping", pingBody)],
  ];
  return state === "HalfClosedLocal" ? always : [["write", write], ...always];
}

/** Whatever else seals one, where the own Close has taken the last nonce of all. */
const alerting: readonly (readonly [EventName, CommonScenario])[] = [
  ["alert", alert],
  ["record.accept", records("Accept")],
  ["record.bad", receives(() => u16(18))],
];

/** The event comes of another one, for want of a nonce. */
function exhausted(
  ways: readonly (readonly [EventName, CommonScenario])[],
  firstNonces: FirstNonces,
): readonly CommonScenario[] {
  return ways.map(([event, { act, path }]) => ({
    act,
    path: { ...path, firstNonces },
    first: [event],
    ...fails("nonces_exhausted"),
  }));
}

/** What has to be done, and where, so that a ping is misuse: one is outstanding, or the peer's end of file has come. */
function pingMisuse(state: State): CommonPath {
  const end = (s: AnySubject) => void s.do((channel) => channel.transportEnded());
  switch (state) {
    case "Judging":
    case "Responding":
      return { at: { [state]: (s: AnySubject) => [s.receive(threeBytes), end(s)] } };
    case "Deciding":
    case "Forwarded":
    case "HalfClosedRemote":
      return { at: { [state]: end } };
    default:
      return { at: { Open: (s) => pings.act(s) } };
  }
}

/** What the own key holder answers where it was not asked, or no more. */
function lateAnswers(role: Role): readonly CommonScenario[] {
  const own = role === "client" ? clientKey : serverKey;
  return [
    { act: (s) => s.do((channel) => channel.dhDone(own, new Uint8Array(32).fill(9))) },
    { act: (s) => s.do((channel) => channel.dhDone(own, undefined)) },
    { act: (s) => s.do((channel) => channel.dhFailed(own, reset)) },
  ];
}

export const ofBoth = {
  write: () => [write],
  close: () => [close],
  alert: () => [alert],
  ping: () => [pings],
  "ping.misuse": (state) => [{ ...pings, path: pingMisuse(state) }],
  flushed: () => [{ act: (s) => s.do((channel) => channel.flushed()) }],
  "dh.late": (state, role) => [
    { act: (s) => s.do((channel) => channel.dhDone(otherKey, new Uint8Array(32).fill(9))) },
    { act: (s) => s.do((channel) => channel.dhFailed(otherKey, reset)) },
    ...(["Responding", "OpeningRoute"].includes(state) ? [] : lateAnswers(role)),
  ],
  "dh.failed": () => [
    { act: (s) => s.do((channel) => channel.dhFailed(s.asked, reset)), ...fails("key_holder_failed") },
  ],
  "time.handshake": () => [{ act: (s) => s.tick(10_000), ...fails("timeout") }],
  "time.ping": () => [timePing],
  "time.liveness": (state) => [
    {
      path: { liveness, at: { [state]: (s: AnySubject) => pings.act(s) } },
      act: (s) => s.tick(liveness.timeout),
      ...fails("timeout"),
    },
  ],
  "time.drain": (state) => [
    {
      path: { at: { [state]: (s: AnySubject) => s.do((channel) => channel.flushed()) } },
      act: (s) => s.tick(5_000),
    },
  ],
  input: () => [{ ...receives(() => threeBytes), says: { forward: ["forward 010203"] } }],
  eof: (state) => [{ act: (s) => s.do((channel) => channel.transportEnded()), ...endFails(state, "eof") }],
  "eof.partial": (state) => [
    {
      path: { at: { [state]: (s: AnySubject) => s.receive(threeBytes) } },
      act: (s) => s.do((channel) => channel.transportEnded()),
      ...endFails(state, "eof.partial"),
    },
  ],
  reset: (state) => [
    { act: (s) => s.do((channel) => channel.transportFailed(reset)), ...endFails(state, "reset") },
  ],
  drained: (state) => [
    {
      path: { at: { [state]: (s: AnySubject) => s.do((channel) => channel.flushed()) } },
      act: (s) => s.do((channel) => channel.transportEnded()),
    },
    {
      path: { at: { [state]: (s: AnySubject) => s.do((channel) => channel.transportEnded()) } },
      act: (s) => s.do((channel) => channel.flushed()),
    },
  ],
  "record.data": () => [{ ...records("Data", abc), ...fails("unexpected_record") }],
  "record.alert": () => [
    {
      ...receives((s) => s.puppet.seal("Alert", encodeAlert(sorry.code, sorry.message))),
      ...fails("alert_received"),
    },
  ],
  "record.malformedAlert": () => malformed,
  "record.accept": () => [{ ...records("Accept"), ...fails("unexpected_record") }],
  "record.close": () => [{ ...records("Close"), ...fails("unexpected_record") }],
  "record.ping": () => [records("Ping", pingBody)],
  "record.pingExcess": (state) => [
    {
      ...records("Ping", otherPing),
      path: { at: { [state]: (s: AnySubject) => s.receive(s.puppet.seal("Ping", pingBody)) } },
      ...fails("unexpected_record"),
    },
  ],
  "record.pong": (state) => [
    { ...records("Pong", pingBody), path: { at: { [state]: (s: AnySubject) => pings.act(s) } } },
  ],
  "record.pongUnexpected": (state) => [
    { ...records("Pong", pingBody), ...fails("unexpected_record") },
    {
      ...records("Pong", otherPing),
      path: { at: { [state]: (s: AnySubject) => pings.act(s) } },
      ...fails("unexpected_record"),
    },
  ],
  "record.bad": () => bad,
  "nonce.last": (state, role) => exhausted(sealing(state), nonces(role, state, "own", last)),
  "nonce.none": (state, role) => [
    // Only a Close takes the last nonce and leaves the channel open.
    ...(state === "HalfClosedLocal"
      ? exhausted([...sealing(state), ...alerting], nonces(role, state, "own", last + 1n))
      : []),
    {
      ...receives(() => concat(u16(19), new Uint8Array(19))),
      path: { firstNonces: nonces(role, state, "peer", last + 1n) },
      ...fails("nonces_exhausted"),
    },
  ],
} as const satisfies Partial<Record<EventName, Driver>>;
