/** What a server has to make of Hellos. */
import { ascii, concat, u16 } from "../../protocol/bytes.ts";
import { type Case, type Expected, makeCase, type Setup } from "../case.ts";
import { Deviation } from "../deviation.ts";
import { type HelloBends, header } from "../peer/client-end.ts";
import { flipped, lowOrderPoints, unreduced, withHighBit } from "../peer/keys.ts";
import type { Link } from "../run/link.ts";
import { alerted, conversed, echoed, handshakePlaces, silent } from "./places.ts";

const place = handshakePlaces.awaitHello;
const headerOf = (version: number, suite: number, flags: number) =>
  concat(ascii("HWSR"), Uint8Array.of(version, suite), u16(flags));

const hinted: Expected = {
  prints: ["failed:unsupported_header"],
  says: ["hint:4857535201010000"],
  closing: "drains",
};

const unspoken = (
  [
    ["version-0", headerOf(0, 1, 0)],
    ["version-2", headerOf(2, 1, 0)],
    ["version-255", headerOf(255, 1, 0)],
    ["suite-0", headerOf(1, 0, 0)],
    ["suite-2", headerOf(1, 2, 0)],
    ["suite-255", headerOf(1, 255, 0)],
    ["flags-1", headerOf(1, 1, 1)],
    ["flags-0x0100", headerOf(1, 1, 0x100)],
    ["flags-0x8000", headerOf(1, 1, 0x8000)],
    ["all-of-the-header-off", headerOf(255, 255, 0xffff)],
  ] as const
).flatMap(([name, bytes]) => [
  makeCase("server", "await-hello", name, "HS-009 HS-005", {
    play: (link) => link.send(link.client.hello({ header: bytes }), name),
    expected: hinted,
  }),
  makeCase("server", "await-hello", `${name}-header-alone`, "HS-007 HS-009", {
    play: (link) => link.send(bytes, name),
    expected: hinted,
  }),
]);

const aliens = (
  [
    ["http", ascii("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
    ["tls", concat(Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), new Uint8Array(200))],
    ["ssh", ascii("SSH-2.0-OpenSSH_9.2\r\n")],
    ["zeros", new Uint8Array(88)],
    ["hwsr-in-small-letters", concat(ascii("hwsr"), Uint8Array.of(1, 1, 0, 0))],
    ["hwsr-backwards", concat(ascii("RSWH"), Uint8Array.of(1, 1, 0, 0))],
    ["hwsr-behind-a-byte", concat(Uint8Array.of(0), header)],
    ["first-byte-off", flipped(header, 0)],
    ["fourth-byte-off", flipped(header, 3)],
  ] as const
).map(([name, bytes]) =>
  makeCase("server", "await-hello", `alien-${name}`, "HS-008", {
    play: (link) => link.send(bytes, name),
    expected: silent(place, "not_hawser"),
  }),
);

/** Goes through with a Hello that is odd, and all right. */
const conversing =
  (bends: (link: Link) => HelloBends, answers = "server") =>
  async (link: Link): Promise<void> => {
    const { client } = link;
    client.answers = link.pair(answers).public;
    link.send(client.hello(bends(link)), "a Hello");
    await client.hear("challenge");
    link.send(client.response(), "a Response");
    await client.hear("accept");
    await link.printed("open");
    await echoed(link, "to and fro");
    link.send(client.close(), "a Close");
  };

const refused = (code: number): Expected => ({
  prints: ["failed:hello_refused"],
  says: [`refusal:${code}`],
  closing: "drains",
});

const sendHello =
  (bends: (link: Link) => HelloBends, answers?: string) =>
  (link: Link): void => {
    if (answers !== undefined) link.client.answers = link.pair(answers).public;
    link.send(link.client.hello(bends(link)), "a Hello");
  };

const stranger = (link: Link) => link.pair("somebody else").public;
const garbled = () => ({ route: new Uint8Array(48).fill(0x77) });

const ephemerals: Case[] = [
  ...Object.entries(lowOrderPoints).map(([name, point]) =>
    makeCase("server", "await-hello", `ephemeral-${name}`, "HS-036 NO-010", {
      play: sendHello(() => ({ ephemeral: point })),
      expected: silent(place, "zero_dh"),
    }),
  ),
  makeCase("server", "await-hello", "ephemeral-with-high-bit", "NO-009 HS-033", {
    play: conversing(({ client }) => ({ ephemeral: withHighBit(client.ephemeral.public) })),
    expected: conversed("server"),
  }),
  makeCase("server", "await-hello", "ephemeral-unreduced", "NO-009 HS-033", {
    async play(link) {
      Object.assign(link.client, { ephemeral: unreduced });
      await conversing(() => ({}))(link);
    },
    expected: conversed("server"),
  }),
];

const routes: Case[] = [
  ...(
    [
      ["route-random", "RT-009 RT-011", garbled],
      ["route-of-zeros", "RT-009 RT-011", () => ({ route: new Uint8Array(48) })],
      ["route-tag-flipped", "RT-009 RT-011", (link: Link) => ({ route: flipped(link.client.route(), 47) })],
      ["route-key-flipped", "RT-009 RT-011", (link: Link) => ({ route: flipped(link.client.route(), 0) })],
      ["route-of-another-header", "RT-002 RT-009 RT-011", () => ({ routeHeader: headerOf(1, 1, 1) })],
      [
        "route-of-another-ephemeral",
        "RT-004 RT-009 SC-019",
        (link: Link) => ({ routeEphemeral: link.pair("another ephemeral").public }),
      ],
      ["route-to-another-via", "RT-008 RT-009 RT-011", (link: Link) => ({ via: stranger(link) })],
      [
        "route-in-the-clear",
        "RT-009 RT-011",
        (link: Link) => ({ route: concat(link.client.serverKey, new Uint8Array(16)) }),
      ],
    ] as const
  ).map(([name, requirements, bends]) =>
    makeCase("server", "await-hello", name, requirements, {
      play: conversing(bends),
      expected: conversed("server"),
    }),
  ),
  makeCase("server", "await-hello", "route-names-another", "RT-011 HS-046", {
    play: sendHello((link) => ({ names: stranger(link) })),
    expected: refused(4),
  }),
  makeCase("server", "await-hello", "route-names-the-key-with-high-bit", "RT-011 NO-020", {
    play: sendHello((link) => ({ names: withHighBit(link.client.serverKey) })),
    expected: refused(4),
  }),
  makeCase("server", "await-hello", "route-names-zeros", "RT-011", {
    play: sendHello(() => ({ names: new Uint8Array(32) })),
    expected: refused(4),
  }),
];

const rotating: Setup = { keys: ["server", "old server", "older server", "oldest server"] };
const oldKey = (name: string) => (link: Link) => ({
  via: link.pair(name).public,
  names: link.pair(name).public,
});

/** A client that expects an older key. */
const toOld =
  (name: string) =>
  async (link: Link): Promise<void> => {
    await conversing(oldKey(name), name)(link);
  };

const rotation: Case[] = [
  ...["server", "old server", "older server", "oldest server"].map((name, i) =>
    makeCase("server", "await-hello", `rotation-key-${i}`, "HS-020 RT-010 RT-011", {
      setup: rotating,
      play: toOld(name),
      expected: conversed("server"),
    }),
  ),
  makeCase("server", "await-hello", "rotation-route-does-not-open", "RT-011 RT-010", {
    setup: rotating,
    play: conversing(garbled),
    expected: conversed("server"),
  }),
  makeCase("server", "await-hello", "rotation-via-old-names-new", "RT-011", {
    setup: rotating,
    play: conversing((link) => ({ via: link.pair("old server").public, names: link.client.serverKey })),
    expected: conversed("server"),
  }),
  makeCase("server", "await-hello", "rotation-via-old-names-another", "RT-011 RT-013", {
    setup: rotating,
    play: sendHello((link) => ({ via: link.pair("old server").public, names: stranger(link) }), "old server"),
    expected: refused(4),
  }),
];

const limits: Case[] = [
  ...[4, 8, 9, 11].map((code) =>
    makeCase("server", "await-hello", `limit-${code}`, "ST-017 RT-012 HS-046 HS-048", {
      setup: { flags: [`--limit=${code}`] },
      play: sendHello(() => ({})),
      expected: refused(code),
    }),
  ),
  makeCase("server", "await-hello", "limit-before-no-route", "RT-012 ST-017", {
    setup: { flags: ["--limit=9"] },
    play: sendHello((link) => ({ names: stranger(link) })),
    expected: refused(9),
  }),
  makeCase("server", "await-hello", "limit-with-a-route-that-does-not-open", "RT-012 RT-013", {
    setup: { ...rotating, flags: ["--limit=8"] },
    play: sendHello(garbled),
    expected: refused(8),
  }),
  makeCase("server", "await-hello", "limit-with-an-old-key", "RT-013 ST-017", {
    setup: { ...rotating, flags: ["--limit=9"] },
    play: sendHello(oldKey("oldest server"), "oldest server"),
    expected: refused(9),
  }),
  makeCase("server", "await-hello", "limit-and-unspoken-header", "HS-009 ST-017", {
    setup: { flags: ["--limit=9"] },
    play: sendHello(() => ({ header: headerOf(2, 1, 0) })),
    expected: hinted,
  }),
  makeCase("server", "await-hello", "limit-and-low-order-ephemeral", "HS-036 ST-017", {
    setup: { flags: ["--limit=9"] },
    play: sendHello(() => ({ ephemeral: new Uint8Array(32) })),
    expected: silent(place, "zero_dh"),
  }),
  makeCase("server", "draining", "response-after-a-refusal", "HS-046 ST-027", {
    setup: { flags: ["--limit=9"] },
    async play(link) {
      link.send(link.client.hello(), "a Hello");
      await link.client.hear("refusal");
      link.send(link.client.response(), "a Response");
    },
    expected: refused(9),
  }),
];

const middlebox: Setup = { flags: ["--middlebox"], optional: true };
const middleboxes: Case[] = (
  [
    ["middlebox-route-names-itself", "RT-011 RT-016", () => ({})],
    ["middlebox-route-names-another", "RT-011", (link: Link) => ({ names: stranger(link) })],
    ["middlebox-route-does-not-open", "RT-011", garbled],
  ] as const
).map(([name, requirements, bends]) =>
  makeCase("server", "await-hello", name, requirements, {
    setup: middlebox,
    play: sendHello(bends),
    expected: refused(4),
  }),
);

const stealthy: Setup = { flags: ["--stealth"], optional: true };

/** Nothing may come, and the transport stays as it is, until the runner ends it. */
async function hidden(link: Link): Promise<void> {
  await link.pause(120);
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
      setup: { flags: ["--stealth", "--handshake-timeout=300"], optional: true },
      async play(link) {
        link.send(make(link), name);
        await link.pause(100);
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

const deadlines: Case[] = [
  ...[0, 7, 87].map((length) =>
    makeCase("server", "await-hello", `timeout-after-${length}-bytes`, "HS-119 HS-121", {
      setup: { flags: ["--handshake-timeout=200"] },
      play: (link) => link.send(link.client.hello().subarray(0, length), `${length} bytes of a Hello`),
      expected: silent(place, "timeout"),
    }),
  ),
  makeCase("server", "await-hello", "timeout-while-dripping", "HS-119 HS-121", {
    setup: { flags: ["--handshake-timeout=300"] },
    play: (link) => link.wire.drip(link.client.hello().subarray(0, 80), "a Hello", 1, 10),
    expected: silent(place, "timeout"),
  }),
];

const sequences: Case[] = [
  makeCase("server", "await-response", "hello-twice", "HS-002 HS-079", {
    async play(link) {
      const hello = link.client.hello();
      link.send(concat(hello, hello, new Uint8Array(8)), "a Hello twice, and eight bytes");
      await link.client.hear("challenge");
      // The keys of records are those of a Response that was never sent: only the Verdict is to come.
    },
    expected: alerted(handshakePlaces.awaitResponse, "bad_response", 2),
  }),
  makeCase("server", "await-hello", "hello-replayed", "HS-004 SC-018 HS-079", {
    setup: { fresh: true },
    async play(first) {
      const hello = first.client.hello();
      first.send(hello, "a Hello");
      await first.client.hear("challenge");
      const response = first.client.response();
      first.send(response, "a Response");
      await first.client.hear("accept");
      const second = await first.again();
      second.client.hello();
      second.send(hello, "the same Hello");
      await second.client.hear("challenge");
      second.send(response, "the same Response");
    },
    expected: alerted(handshakePlaces.awaitResponse, "bad_response", 2),
  }),
];

export const helloCases: readonly Case[] = [
  ...unspoken,
  ...aliens,
  ...ephemerals,
  ...routes,
  ...rotation,
  ...limits,
  ...middleboxes,
  ...stealth,
  ...seen,
  ...deadlines,
  ...sequences,
];
