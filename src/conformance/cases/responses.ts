/** What a server has to make of Responses, and what it does while it decides. */
import { ascii, concat } from "../../protocol/bytes.ts";
import { type Case, type Expected, makeCase } from "../case.ts";
import type { ResponseBends } from "../peer/client-end.ts";
import { flipped, lowOrderPoints, unreduced, withHighBit } from "../peer/keys.ts";
import { alertBody, framed, plain, types } from "../peer/plaintext.ts";
import { contextBytes, type Link } from "../run/link.ts";
import { hexOf } from "../shim/hex.ts";
import { alerted, conversed, cutOff, echoed, handshakePlaces, openPrints, openSays } from "./places.ts";

const place = handshakePlaces.awaitResponse;
const bad = alerted(place, "bad_response", 2);

async function toChallenge(link: Link): Promise<void> {
  link.send(link.client.hello(), "a Hello");
  await link.client.hear("challenge");
}

const respond =
  (make: (link: Link) => Uint8Array) =>
  async (link: Link): Promise<void> => {
    await toChallenge(link);
    link.send(make(link), "a Response");
  };

const conversing =
  (bends: (link: Link) => ResponseBends) =>
  async (link: Link): Promise<void> => {
    await respond(({ client }) => client.response(bends(link)))(link);
    await link.client.hear("accept");
    await link.printed("open");
    await echoed(link, "to and fro");
    link.send(link.client.close(), "a Close");
  };

const altered: Case[] = [
  ...(
    [
      ["key-flipped", 0],
      ["key-tag-flipped", 47],
      ["context-flipped", 48],
      ["context-tag-flipped", 95],
    ] as const
  ).map(([name, at]) =>
    makeCase("server", "await-response", name, "HS-079 HS-085 SC-009", {
      play: respond(({ client }) => flipped(client.response(), at)),
      expected: bad,
    }),
  ),
  ...(
    [
      ["zeros", "HS-079", () => new Uint8Array(96)],
      ["key-under-counter-0", "HS-070 HS-076 HS-079", ({ client }) => client.response({ counter: 0n })],
      ["key-under-counter-2", "HS-070 HS-076 HS-079", ({ client }) => client.response({ counter: 2n })],
      ["se-left-out", "HS-071 HS-077 HS-079", ({ client }) => client.response({ skipDh: true })],
      [
        "key-of-somebody-else",
        "HS-077 HS-079 SC-002",
        (link) => link.client.response({ shows: link.pair("somebody else").public }),
      ],
      [
        "key-of-the-server",
        "HS-077 HS-079 SC-002",
        (link) => link.client.response({ shows: link.client.serverKey }),
      ],
      [
        "parts-swapped",
        "HS-126 HS-079",
        ({ client }) => {
          const response = client.response();
          return concat(response.subarray(48), response.subarray(0, 48));
        },
      ],
      ["challenge-reflected", "HS-079 SC-005", reflected],
      [
        "record-in-its-place",
        "HS-126 HS-079",
        ({ client }) => {
          client.response();
          return client.record(plain(types.data, new Uint8Array(75)));
        },
      ],
    ] as readonly (readonly [string, string, (link: Link) => Uint8Array])[]
  ).map(([name, requirements, make]) =>
    makeCase("server", "await-response", name, requirements, {
      play: respond(make),
      expected: { ...bad, echo: "none" },
    }),
  ),
  ...Object.entries(lowOrderPoints).map(([name, point]) =>
    makeCase("server", "await-response", `key-low-order-${name}`, "HS-079 NO-010", {
      // With an output of zeros at both ends it would authenticate: only the check stops it.
      play: respond((link) => link.client.response({ shows: point, zeroDh: true })),
      expected: bad,
    }),
  ),
];

/** Made of what the server said itself. */
function reflected({ client }: Link): Uint8Array {
  return client.challengeBytes.subarray(2, 98);
}

const odd: Case[] = [
  makeCase("server", "await-response", "key-with-high-bit", "NO-009 NO-020 HS-082", {
    play: conversing(({ client }) => ({ shows: withHighBit(client.pair.public) })),
    expected: conversed("server"),
  }),
  makeCase("server", "await-response", "key-unreduced", "NO-009 NO-020 HS-082", {
    async play(link) {
      Object.assign(link.client, { pair: unreduced });
      await conversing(() => ({}))(link);
    },
    expected: conversed("server"),
  }),
];

const contexts: Case[] = (
  [
    // What the server serves (none: no list), what the client asks for, and whether that is served.
    ["unknown-without-a-list", undefined, contextBytes("echo"), false],
    ["one-byte-that-is-not-zero", undefined, flipped(new Uint8Array(32), 31), false],
    ["empty-with-a-list", ["echo"], contextBytes(""), false],
    ["unknown-with-a-list", ["echo"], contextBytes("ech"), false],
    ["longer", ["echo"], contextBytes("echo2"), false],
    ["other-case", ["echo"], contextBytes("Echo"), false],
    ["zero-inside", ["echo"], concat(ascii("echo"), flipped(new Uint8Array(28), 27)), false],
    ["not-ascii", ["echo"], new Uint8Array(32).fill(0xff), false],
    ["the-first", ["echo", "other", ""], contextBytes("echo"), true],
    ["the-second", ["echo", "other", ""], contextBytes("other"), true],
    ["empty-of-a-list", ["echo", "other", ""], contextBytes(""), true],
    ["of-32-bytes", ["x".repeat(32)], contextBytes("x".repeat(32)), true],
    ["of-32-bytes-cut", ["x".repeat(32)], contextBytes("x".repeat(31)), false],
    ["of-odd-characters", ["!~"], contextBytes("!~"), true],
  ] as const
).map(([name, served, context, isServed]) =>
  makeCase(
    "server",
    "await-response",
    `context-${name}`,
    isServed ? "HS-021 HS-022 HS-082" : "HS-081 HS-021 SC-009",
    {
      setup: { flags: (served ?? []).map((one) => `--context=${hexOf(ascii(one))}`) },
      play: isServed
        ? conversing(() => ({ context }))
        : respond(({ client }) => client.response({ context })),
      expected: isServed ? conversed("server") : alerted(place, "wrong_context", 10),
    },
  ),
);

const timedOut: Case[] = (
  [
    ["timeout", 0],
    ["timeout-in-a-response", 95],
  ] as const
).map(([name, length]) =>
  makeCase("server", "await-response", name, "HS-119 HS-121 HS-095", {
    setup: { flags: ["--handshake-timeout=250"] },
    play: respond(({ client }) => client.response().subarray(0, length)),
    expected: alerted(place, "timeout", 7),
  }),
);

// While the server decides.

const deciding = handshakePlaces.deciding;
const slow = { flags: ["--decide-after=150"] };
const opened = { prints: openPrints("server"), says: openSays("server") };

/** An end that closes the transport at once, and may take an Accept with it that was still on its way. */
const withOrWithoutAccept = (expected: Expected): Expected[] => [
  expected,
  { ...expected, says: expected.says.filter((word) => word !== "accept") },
];

/** The Response, and what else comes while the server decides. */
const meanwhile =
  (make: (link: Link) => Uint8Array, after?: (link: Link) => Promise<void> | void) =>
  async (link: Link): Promise<void> => {
    await toChallenge(link);
    const response = link.client.response();
    link.send(concat(response, make(link)), "a Response, and more");
    await after?.(link);
  };

const say = (type: number, body?: Uint8Array) => (link: Link) => link.client.record(plain(type, body));
const whileDeciding = (
  [
    [
      "data",
      "HS-088 SC-030",
      (link) => concat(link.client.data(ascii("early")), link.client.close()),
      conversed("server"),
    ],
    ["close", "HS-088 ST-013", (link) => link.client.close(), conversed("server")],
    ["bad-record", "HS-088 RC-019", () => framed(new Uint8Array(40)), alerted(opened, "bad_record", 5)],
    ["bad-length", "HS-088 RC-012", () => new Uint8Array(2), alerted(opened, "bad_record", 5)],
    ["accept", "HS-088 RC-027", say(types.accept), alerted(opened, "unexpected_record", 6)],
    ["pong", "HS-088 RC-044", say(types.pong, new Uint8Array(8)), alerted(opened, "unexpected_record", 6)],
    [
      "alert",
      "HS-088 AL-021 AL-022",
      say(types.alert, alertBody(0x8000)),
      withOrWithoutAccept({
        prints: [...opened.prints, "alert:32768", "failed:alert_received:32768"],
        says: opened.says,
        closing: "closes",
      }),
    ],
    [
      "malformed-alert",
      "HS-088 AL-024",
      say(types.alert, alertBody(0)),
      withOrWithoutAccept({
        prints: [...opened.prints, "failed:malformed_alert"],
        says: opened.says,
        closing: "closes",
      }),
    ],
    [
      "ping",
      "HS-124 RC-037",
      (link) => concat(say(types.ping, ascii("12345678"))(link), link.client.close()),
      {
        prints: [...opened.prints, "end", "closed"],
        says: [...opened.says, "pong:3132333435363738", "close"],
        closing: "drains",
      },
    ],
    [
      "more-than-early-data",
      "HS-124 ST-010 ST-011",
      (link) =>
        concat(
          ...Array.from({ length: 5 }, () => link.client.data(new Uint8Array(60_000).fill(7))),
          link.client.close(),
        ),
      conversed("server"),
    ],
  ] as readonly (readonly [string, string, (link: Link) => Uint8Array, Expected | Expected[]])[]
).flatMap(([name, requirements, make, expected]) => [
  makeCase("server", "deciding", name, requirements, { setup: slow, play: meanwhile(make), expected }),
  makeCase("server", "deciding", `${name}-then-refused`, "HS-089 HS-084 HS-088", {
    setup: { flags: ["--refuse=3", "--decide-after=100"] },
    play: meanwhile((link) => {
      const bytes = make(link);
      link.client.sent.clear(); // None of it is delivered.
      return bytes;
    }),
    expected: alerted(deciding, "denied", 3),
  }),
]);

const decisions: Case[] = [
  ...([1, 3, 8, 9, 10, 12, 0x8000, 0xffff] as const).map((code) =>
    makeCase("server", "deciding", `refuses-with-${code}`, "HS-084 HS-086 HS-093 HS-096 AL-009", {
      setup: { flags: [`--refuse=${code}`, `--words=${hexOf(ascii("not you"))}`] },
      play: respond(({ client }) => client.response()),
      expected: {
        prints: ["peerKey", "failed:denied"],
        says: ["challenge", `alert:${code}:${hexOf(ascii("not you"))}`],
        closing: "drains",
      },
    }),
  ),
  makeCase("server", "deciding", "refuses-with-long-words", "AL-011 HS-084 HS-096", {
    setup: {
      flags: ["--refuse=3", `--words=${hexOf(new TextEncoder().encode("ü".repeat(700)))}`],
    },
    play: respond(({ client }) => client.response()),
    expected: {
      prints: ["peerKey", "failed:denied"],
      says: ["challenge", `alert:3:${hexOf(new TextEncoder().encode("ü".repeat(512)))}`],
      closing: "drains",
    },
  }),
  makeCase("server", "deciding", "timeout", "HS-119 HS-121 ST-016", {
    setup: { flags: ["--decide-after=700", "--handshake-timeout=250"] },
    play: respond(({ client }) => client.response()),
    expected: alerted(deciding, "timeout", 7),
  }),
  makeCase("server", "deciding", "reset", "ST-015 ST-016", {
    setup: { flags: ["--decide-after=300"] },
    async play(link) {
      await respond(({ client }) => client.response())(link);
      await link.printed("peerKey");
      link.wire.reset();
    },
    expected: cutOff(deciding, "truncated"),
  }),
  makeCase("server", "deciding", "eof", "ST-013 RC-033", {
    setup: slow,
    play: meanwhile(
      () => new Uint8Array(0),
      (link) => link.wire.end(),
    ),
    expected: withOrWithoutAccept(cutOff(opened, "truncated")),
  }),
  makeCase("server", "deciding", "eof-behind-close", "ST-013 RC-032", {
    setup: slow,
    play: meanwhile(
      (link) => link.client.close(),
      (link) => link.wire.end(),
    ),
    expected: { ...conversed("server"), closing: "follows" },
  }),
  makeCase("server", "deciding", "eof-in-a-record", "ST-013 RC-033", {
    setup: slow,
    play: meanwhile(
      (link) => link.client.record(plain(types.data, ascii("cut"))).subarray(0, 9),
      (link) => link.wire.end(),
    ),
    expected: withOrWithoutAccept(cutOff(opened, "truncated")),
  }),
  makeCase("server", "deciding", "eof-then-refused", "HS-084 HS-089 ST-013", {
    setup: { flags: ["--refuse=3", "--decide-after=100"] },
    play: meanwhile(
      () => new Uint8Array(0),
      (link) => link.wire.end(),
    ),
    expected: { ...alerted(deciding, "denied", 3), closing: "follows" },
  }),
  makeCase("server", "deciding", "data-one-byte-at-a-time", "HS-003 HS-088 ST-008", {
    setup: slow,
    play: meanwhile(
      () => new Uint8Array(0),
      (link) =>
        link.wire.drip(
          concat(link.client.data(ascii("slowly")), link.client.close()),
          "Data and Close",
          1,
          1,
        ),
    ),
    expected: conversed("server"),
  }),
  makeCase("server", "deciding", "flood", "ST-009 LM-003 LM-005", {
    setup: { flags: ["--decide-after=400", "--mute"] },
    play: meanwhile(
      () => new Uint8Array(0),
      (link) => {
        for (let i = 0; i < 128; i++) link.send(link.client.data(new Uint8Array(65_516).fill(i)), "64 KiB");
        link.send(link.client.close(), "a Close");
      },
    ),
    expected: conversed("server"),
  }),
];

const replayed: Case[] = [
  makeCase("server", "await-response", "replayed-from-another-connection", "HS-079 SC-005 HS-004", {
    setup: { fresh: true },
    async play(first) {
      await toChallenge(first);
      const response = first.client.response();
      first.send(response, "a Response");
      await first.client.hear("accept");
      const second = await first.again();
      await toChallenge(second);
      second.client.response();
      second.send(response, "the Response of the connection before");
    },
    expected: bad,
  }),
  makeCase("server", "deciding", "response-twice", "HS-126 RC-019", {
    setup: slow,
    async play(link) {
      await toChallenge(link);
      const response = link.client.response();
      link.send(concat(response, response), "a Response twice");
      // Its first two bytes are taken for a record's length: whatever that is, its record never is one.
      link.send(new Uint8Array(65_537), "bytes enough for any record");
    },
    expected: alerted(opened, "bad_record", 5),
  }),
];

export const responseCases: readonly Case[] = [
  ...altered,
  ...odd,
  ...contexts,
  ...timedOut,
  ...whileDeciding,
  ...decisions,
  ...replayed,
];
