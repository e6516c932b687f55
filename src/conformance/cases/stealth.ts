/** What a server in stealth mode shows, and to whom. */
import { ascii } from "../../protocol/bytes.ts";
import { type Case, makeCase, type Setup } from "../case.ts";
import { Deviation } from "../deviation.ts";
import { flipped } from "../peer/keys.ts";
import type { Link } from "../run/link.ts";
import { conversed } from "./places.ts";
import { conversing, garbled, headerOf, refused, sendHello, stranger } from "./sent-hellos.ts";

const stealthy: Setup = { flags: ["--stealth"], optional: true };

/** Nothing may come, and the transport stays as it is, until the runner ends it. */
async function hidden(link: Link): Promise<void> {
  await link.silence();
  if (link.wire.ended !== undefined)
    throw new Deviation(
      "a transport that stays open until the deadline or the peer's end of file (RT-020)",
      link.wire.ended,
      "close",
    );
  link.wire.end();
}

const stealth: Case[] = (
  [
    ["http", (): Uint8Array => ascii("GET / HTTP/1.1\r\n\r\n")],
    ["zeros", () => new Uint8Array(88)],
    ["version-2", ({ client }: Link) => client.hello({ header: headerOf(2, 1, 0) })],
    ["flags", ({ client }: Link) => client.hello({ header: headerOf(1, 1, 1) })],
    ["low-order-ephemeral", ({ client }: Link) => client.hello({ ephemeral: new Uint8Array(32) })],
    ["first-use", ({ client }: Link) => client.hello({ route: new Uint8Array(48).fill(0x77) })],
    ["route-flipped", ({ client }: Link) => client.hello({ route: flipped(client.route(), 47) })],
    ["route-of-another-ephemeral", (link: Link) => link.client.hello({ routeEphemeral: stranger(link) })],
    ["half-a-hello", ({ client }: Link) => client.hello().subarray(0, 44)],
    ["nothing", () => new Uint8Array(0)],
  ] as const
).flatMap(([name, make]) => {
  const isShort = name === "nothing" || name === "half-a-hello";
  const state = isShort ? "await-hello" : "hiding";
  // Who has sent less than a Hello has not failed yet: what ends it then is the end of file, or the deadline.
  const atEnd = { nothing: "closed", "half-a-hello": "failed:truncated" }[name as string] ?? "failed:hidden";
  return [
    makeCase("server", state, `stealth-${name}`, "RT-020 RT-021 HS-010", {
      setup: stealthy,
      async play(link) {
        link.send(make(link), name);
        await hidden(link);
      },
      expected: { prints: [atEnd], says: [], closing: "follows" },
    }),
    makeCase("server", state, `stealth-${name}-until-the-deadline`, "RT-020 RT-022", {
      setup: { flags: ["--stealth", "--handshake-timeout=900"], optional: true },
      async play(link) {
        link.send(make(link), name);
        await link.silence();
        if (link.wire.ended !== undefined)
          throw new Deviation("a transport that stays open (RT-020)", link.wire.ended, "close");
      },
      expected: { prints: [isShort ? "failed:timeout" : "failed:hidden"], says: [], closing: "closes" },
    }),
  ];
});

const seen: Case[] = [
  makeCase("server", "await-hello", "stealth-with-the-right-route", "RT-023 RT-011", {
    setup: stealthy,
    play: conversing(() => ({})),
    expected: conversed("server"),
  }),
  makeCase("server", "await-hello", "stealth-route-names-another", "RT-023 RT-011", {
    setup: stealthy,
    play: sendHello((link) => ({ names: stranger(link) })),
    expected: refused(4),
  }),
  makeCase("server", "await-hello", "stealth-limit", "RT-012 RT-023 RT-026", {
    setup: { flags: ["--stealth", "--limit=9"], optional: true },
    play: sendHello(() => ({})),
    expected: refused(9),
  }),
  makeCase("server", "hiding", "stealth-limit-route-does-not-open", "RT-021 RT-026", {
    setup: { flags: ["--stealth", "--limit=9"], optional: true },
    async play(link) {
      link.send(link.client.hello(garbled()), "a Hello");
      await hidden(link);
    },
    expected: { prints: ["failed:hidden"], says: [], closing: "follows" },
  }),
  makeCase("server", "hiding", "stealth-flood", "RT-020 LM-003", {
    setup: stealthy,
    async play(link) {
      link.send(link.client.hello(garbled()), "a Hello");
      for (let i = 0; i < 32; i++) link.send(new Uint8Array(65_536), "64 KiB");
      await hidden(link);
    },
    expected: { prints: ["failed:hidden"], says: [], closing: "follows" },
  }),
  makeCase("server", "hiding", "stealth-reset", "RT-020 ST-001", {
    setup: stealthy,
    async play(link) {
      link.send(link.client.hello(garbled()), "a Hello");
      await link.pause(50);
      link.wire.reset();
    },
    expected: { prints: ["failed:hidden"], says: [], closing: "follows" },
  }),
];

export const stealthCases: readonly Case[] = [...stealth, ...seen];
