import type { KeyHolder } from "../../src/protocol/index.ts";
import type { State } from "../../src/protocol/machine/table.ts";
import { serverKey } from "../model/pair.ts";
import { makeHeader } from "../reference/messages.ts";
import { ascii, zeros } from "../reference/primitives.ts";
import { flipLast } from "./of-both.ts";
import { newerKey, otherKey } from "./puppet.ts";
import { abc, type Scenario } from "./scenario.ts";
import type { ServerPath } from "./states.ts";
import type { ServerSubject } from "./subject.ts";

/** The events that only a server has. */

type ServerScenario = Scenario<ServerSubject, ServerPath>;

const fails = (code: string) => ({ says: { failed: [`failed ${code}`] } });

const receives = (bytes: (s: ServerSubject) => Uint8Array, reason = "none"): ServerScenario => ({
  act: (s) => s.receive(bytes(s)),
  ...fails(reason),
});

const dhDone: ServerScenario = { act: (s) => s.dhDone() };
const stealth: ServerPath = { options: { stealth: true } };

const http = ascii("GET / HTTP/1.1");
const unspoken = [makeHeader(2), makeHeader(1, 2), makeHeader(1, 1, 0x8000)];

/** Before the client is known a server is told to refuse by a Challenge's code; afterwards in words. */
function refuse(state: State): ServerScenario {
  const early = ["AwaitHello", "OpeningRoute", "Routing", "Hiding"].includes(state);
  return {
    act: (s) => s.do((server) => server.refuse(early ? "unreachable" : "not_authorized", "sorry")),
    says: {
      failed: [early ? "failed hello_refused" : "failed denied"],
      "send.refusal": ["Challenge 11 from server"],
      "send.verdict.alert": ["Verdict Alert not_authorized sorry"],
    },
  };
}

const zero: readonly ServerScenario[] = [undefined, zeros(32)].map((output) => ({
  act: (s) => s.do((server) => server.dhDone(s.asked, output)),
  ...fails("zero_dh"),
}));

/** Three keys, of which the client asks for the oldest. */
const rotated: readonly KeyHolder[] = [newerKey, otherKey, serverKey];

export const ofServer = {
  accept: () => [{ act: (s) => s.do((server) => server.accept()) }],
  refuse: (state: State) => [refuse(state)],
  forward: () => [
    {
      path: { at: { Routing: (s) => s.receive(abc) } },
      act: (s) => s.do((server) => server.forward()),
      says: { forward: ["forward Hello 616263"] },
    },
  ],
  "header.alien": () => [receives(() => http, "not_hawser"), receives(() => zeros(8), "not_hawser")],
  "header.unsupported": () => unspoken.map((header) => receives(() => header, "unsupported_header")),
  "hello.complete": () => [receives((s) => s.puppet.hello)],
  "hello.hidden": (state: State) =>
    state === "AwaitHello"
      ? [
          { path: stealth, ...receives(() => http, "not_hawser") },
          ...unspoken.map((header) => ({
            path: stealth,
            ...receives(() => header, "unsupported_header"),
          })),
        ]
      : [
          { path: { ...stealth, wish: { server: "nobody" } }, ...dhDone, ...fails("route_unopened") },
          ...zero.map((scenario) => ({ path: stealth, ...scenario })),
          {
            path: stealth,
            act: (s) => s.do((server) => server.dhFailed(s.asked, new Error("no token"))),
            ...fails("key_holder_failed"),
          },
        ],
  "route.next": () => [
    { path: { options: { keyHolders: [newerKey, serverKey] } }, ...dhDone, says: { dh: ["dh server"] } },
    { path: { options: { keyHolders: rotated } }, ...dhDone, says: { dh: ["dh other"] } },
    {
      path: { options: { keyHolders: [serverKey, otherKey] }, wish: { server: otherKey.publicKey } },
      ...dhDone,
      says: { dh: ["dh other"] },
    },
  ],
  "hello.admit": () => [dhDone, { path: { wish: { server: "nobody" } }, ...dhDone }],
  "hello.refuse": () => [
    {
      path: { wish: { server: otherKey.publicKey } },
      ...dhDone,
      says: { "send.refusal": ["Challenge 4 from server"], failed: ["failed hello_refused"] },
    },
    {
      path: { wish: { server: "nobody" }, options: { application: false } },
      ...dhDone,
      says: { "send.refusal": ["Challenge 4 from server"], failed: ["failed hello_refused"] },
    },
    ...(["AwaitHello", "OpeningRoute"] as const).map(
      (where): ServerScenario => ({
        path: { at: { [where]: (s: ServerSubject) => s.do((server) => server.refuse("busy")) } },
        ...dhDone,
        says: { "send.refusal": ["Challenge 9 from server"], failed: ["failed hello_refused"] },
      }),
    ),
  ],
  "hello.routed": () => [
    { path: { options: { routes: true }, wish: { server: otherKey.publicKey } }, ...dhDone },
  ],
  "hello.zero": () => [
    ...zero,
    {
      path: { at: { AwaitHello: (s) => s.receive(s.puppet.zeroHello()) } },
      ...dhDone,
      ...fails("zero_dh"),
    },
  ],
  "response.ok": () => [receives((s) => s.puppet.response())],
  "response.wrongContext": () => [
    { path: { wish: { context: "another" } }, ...receives((s) => s.puppet.response(), "wrong_context") },
  ],
  "response.bad": () => [
    receives((s) => flipLast(s.puppet.response()), "bad_response"),
    receives((s) => s.puppet.zeroResponse(), "bad_response"),
  ],
} as const satisfies Record<string, (state: State) => readonly ServerScenario[]>;
