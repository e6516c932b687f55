import type { State } from "../../src/protocol/machine/table.ts";
import { makeHeader } from "../reference/messages.ts";
import { concat, zeros } from "../reference/primitives.ts";
import { encodeAlert, encodePlaintext, type TypeName } from "../reference/record.ts";
import { CODES } from "../reference/talk.ts";
import { flipLast } from "./of-both.ts";
import { otherKey, viaKey } from "./puppet.ts";
import { abc, type ClientDrivers, type Scenario, sorry } from "./scenario.ts";
import type { ClientPath } from "./states.ts";
import { type ClientSubject, pingBody } from "./subject.ts";

/** The events that only a client has. */

type ClientScenario = Scenario<ClientSubject, ClientPath>;

const fails = (code: string) => ({ says: { failed: [`failed ${code}`] } });

const receives = (bytes: (s: ClientSubject) => Uint8Array, reason = "none"): ClientScenario => ({
  act: (s) => s.receive(bytes(s)),
  ...fails(reason),
});

/** More than may be sent before the Verdict, in one record of the largest size, and how much of it then waits. */
const long = { bytes: zeros(70_000), waiting: "4484 bytes" };

export const ofClient = {
  start: () => [{ act: (s) => s.do((client) => client.start()) }],
  trust: () => [{ act: (s) => s.do((client) => client.trust()) }],
  reject: () => [{ act: (s) => s.do((client) => client.reject()), ...fails("untrusted") }],
  "dh.done": () => [
    { act: (s) => s.dhDone() },
    {
      path: { at: { Start: (s) => s.do((client) => client.write(abc)) }, firstUse: true },
      act: (s) => s.dhDone(),
      says: { "send.queued": ["Data abc"] },
    },
  ],
  "eof.hint": () => [
    {
      path: { at: { AwaitChallenge: (s) => s.receive(makeHeader(2)) } },
      act: (s) => s.do((client) => client.transportEnded()),
      ...fails("hint"),
    },
  ],
  "challenge.accepted": () => [
    receives((s) => s.puppet.challenge(0)),
    { path: { via: viaKey }, ...receives((s) => s.puppet.challenge(0)) },
  ],
  "challenge.refused": () => [
    receives((s) => s.puppet.challenge(CODES.busy), "refused"),
    { path: { via: viaKey }, ...receives((s) => s.puppet.challenge(CODES.going_away), "refused") },
  ],
  "challenge.middlebox": () => [
    {
      path: { via: viaKey },
      ...receives((s) => s.puppet.challenge(CODES.no_route, viaKey.secretKey), "refused"),
    },
  ],
  "challenge.mismatch": () => [
    receives((s) => s.puppet.challenge(0, otherKey.secretKey), "server_key_mismatch"),
    receives((s) => s.puppet.challenge(CODES.busy, otherKey.secretKey), "server_key_mismatch"),
    {
      path: { via: viaKey },
      ...receives((s) => s.puppet.challenge(0, viaKey.secretKey), "server_key_mismatch"),
    },
  ],
  "challenge.firstUse": () => [{ path: { firstUse: true }, ...receives((s) => s.puppet.challenge(0)) }],
  "challenge.refusedFirstUse": () => [
    { path: { firstUse: true }, ...receives((s) => s.puppet.challenge(CODES.busy), "refused") },
  ],
  "challenge.bad": () => [
    receives((s) => flipLast(s.puppet.challenge(0)), "bad_challenge"),
    receives((s) => s.puppet.zeroChallenge(), "bad_challenge"),
    { path: { firstUse: true }, ...receives((s) => flipLast(s.puppet.challenge(0)), "bad_challenge") },
  ],
  "verdict.accept": (state: State) => [
    receives((s) => s.puppet.verdict("Accept")),
    {
      path: { at: { AwaitVerdict: (s) => s.do((client) => client.write(long.bytes)) } },
      act: (s) => s.receive(s.puppet.verdict("Accept")),
      says: {
        "send.queued":
          state === "AwaitVerdictClosed" ? [`Data ${long.waiting}`, "Close"] : [`Data ${long.waiting}`],
      },
    },
  ],
  "verdict.alert": () => [
    receives((s) => s.puppet.verdict("Alert", encodeAlert(sorry.code, sorry.message)), "alert_received"),
  ],
  "verdict.unexpected": () =>
    (
      [
        ["Data", abc],
        ["Close", zeros(0)],
        ["Ping", pingBody],
        ["Pong", pingBody],
      ] as readonly [TypeName, Uint8Array][]
    ).map(([type, body]) => receives((s) => s.puppet.verdict(type, body), "unexpected_record")),
  "verdict.bad": () => [
    receives((s) => flipLast(s.puppet.verdict("Accept")), "bad_record"),
    receives(() => Uint8Array.of(0, 18), "bad_record"),
    receives((s) => s.puppet.rawVerdict(encodePlaintext(6, zeros(0))), "bad_record"),
    receives((s) => s.puppet.rawVerdict(concat(encodePlaintext(2, zeros(0)), abc)), "bad_record"),
  ],
  "verdict.malformedAlert": () => [receives((s) => s.puppet.malformedVerdict(), "malformed_alert")],
} as const satisfies Partial<ClientDrivers<ClientSubject, never>> &
  Record<string, (state: State) => readonly ClientScenario[]>;
