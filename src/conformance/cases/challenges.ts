/** What a client has to make of Challenges. */
import { concat, u16 } from "../../protocol/bytes.ts";
import { type Case, type Expected, makeCase } from "../case.ts";
import { Deviation } from "../deviation.ts";
import { flipped, lowOrderPoints, unreduced, withHighBit } from "../peer/keys.ts";
import type { Link } from "../run/link.ts";
import { codes } from "./alerts.ts";
import { beforeResponseCases } from "./before-response.ts";
import { firstUseCases } from "./first-use.ts";
import { conversed, conversedFirstUse, silent } from "./places.ts";
import { badChallenge, bent, challenge, firstUse, goesOn, place } from "./sent-challenges.ts";

/** Both with an expected key and on first use, where the name says so. */
function bothWays(name: string, requirements: string, make: (link: Link) => Uint8Array): Case[] {
  return [
    makeCase("client", "await-challenge", name, requirements, {
      play: challenge(make),
      expected: badChallenge,
    }),
    makeCase("client", "await-challenge", `${name}-on-first-use`, requirements, {
      setup: firstUse,
      play: challenge(make),
      expected: badChallenge,
    }),
  ];
}

const altered: Case[] = [
  ...(
    [
      ["ephemeral-flipped", 0],
      ["key-flipped", 32],
      ["key-tag-flipped", 79],
      ["code-flipped", 80],
      ["code-tag-flipped", 97],
    ] as const
  ).flatMap(([name, at]) =>
    bothWays(name, "HS-055 HS-064 SC-001", ({ server }) => flipped(server.challenge(), at)),
  ),
  ...bothWays("zeros", "HS-055", () => new Uint8Array(98)),
  ...bothWays("hello-reflected", "HS-055 SC-005", ({ server }) =>
    concat(server.helloBytes.subarray(8), new Uint8Array(18)),
  ),
  ...bothWays("parts-swapped", "HS-126 HS-055", ({ server }) => {
    const message = server.challenge();
    return concat(message.subarray(0, 32), message.subarray(80), message.subarray(32, 80));
  }),
  ...(
    [
      ["ee-left-out", "HS-040 HS-051 HS-055", { skip: "ee" }],
      ["es-left-out", "HS-042 HS-053 HS-055", { skip: "es" }],
      ["ephemeral-not-hashed", "HS-050 HS-055", { skip: "mixHash(e)" }],
      ["route-not-hashed", "HS-028 HS-055 SC-009", { skip: "mixHash(route)" }],
      ["other-route", "HS-034 HS-055 SC-009", { route: new Uint8Array(48) }],
      [
        "other-prologue",
        "HS-006 HS-055 SC-009",
        { prologue: Uint8Array.of(0x48, 0x57, 0x53, 0x52, 1, 1, 0, 1) },
      ],
      ["no-prologue", "HS-006 HS-024 HS-055", { prologue: new Uint8Array(0) }],
      ["key-under-counter-1", "HS-041 HS-055", { counterOfKey: 1n }],
      ["code-under-counter-1", "HS-043 HS-055", { counterOfCode: 1n }],
    ] as const
  ).flatMap(([name, requirements, bends]) =>
    bothWays(name, requirements, ({ server }) => server.challenge(bends)),
  ),
];

const keys: Case[] = [
  ...Object.entries(lowOrderPoints).flatMap(([name, point]) => [
    // With an output of zeros at both ends it would authenticate: only the check stops it.
    ...bothWays(`ephemeral-${name}`, "HS-055 NO-010", ({ server }) =>
      server.challenge({ ephemeral: point, zero: "ee" }),
    ),
    makeCase("client", "await-challenge", `key-low-order-${name}`, "HS-055 NO-010", {
      setup: firstUse,
      play: bent(() => ({ shows: point, zero: "es" })),
      expected: badChallenge,
    }),
  ]),
  makeCase("client", "await-challenge", "ephemeral-with-high-bit", "NO-009 HS-050", {
    play: goesOn(({ server }) => ({ ephemeral: withHighBit(server.setting.ephemeral.public) })),
    expected: conversed("client"),
  }),
  makeCase("client", "await-challenge", "ephemeral-unreduced", "NO-009 HS-050", {
    async play(link) {
      Object.assign(link.server.setting, { ephemeral: unreduced });
      await goesOn(() => ({}))(link);
    },
    expected: conversed("client"),
  }),
  makeCase("client", "await-challenge", "key-with-high-bit-on-first-use", "NO-009 NO-020 HS-061", {
    setup: firstUse,
    play: goesOn(({ server }) => ({ shows: withHighBit(server.setting.pair.public) })),
    expected: conversedFirstUse,
  }),
  makeCase("client", "await-challenge", "key-unreduced-on-first-use", "NO-009 NO-020 HS-061", {
    setup: firstUse,
    play: goesOn(() => ({ pair: unreduced })),
    expected: conversedFirstUse,
  }),
  makeCase("client", "await-challenge", "key-with-high-bit", "NO-020 HS-059", {
    play: bent(({ server }) => ({ shows: withHighBit(server.setting.pair.public) })),
    expected: silent(place, "server_key_mismatch"),
  }),
  makeCase("client", "await-challenge", "another-key", "HS-059 SC-001", {
    play: bent((link) => ({ pair: link.pair("somebody else") })),
    expected: silent(place, "server_key_mismatch"),
  }),
  makeCase("client", "await-challenge", "the-clients-own-key", "HS-059 SC-001", {
    play: bent((link) => ({ pair: link.pair("client") })),
    expected: silent(place, "server_key_mismatch"),
  }),
  makeCase("client", "await-challenge", "key-stolen-from-another-server", "HS-055 SC-001", {
    // It shows the expected key, and has not its secret.
    play: bent((link) => ({ pair: link.pair("somebody else"), shows: link.pair("server").public })),
    expected: badChallenge,
  }),
];

const refusedBy = (code: number): Expected => silent(place, `refused:${code}`);

const withCodes: Case[] = [
  ...codes.flatMap((code) => [
    makeCase("client", "await-challenge", `code-${code}`, "HS-057 HS-064 AL-003", {
      play: bent(() => ({ code })),
      expected: refusedBy(code),
    }),
    makeCase("client", "await-challenge", `code-${code}-on-first-use`, "HS-060 HS-064", {
      setup: firstUse,
      play: bent(() => ({ code })),
      expected: refusedBy(code),
    }),
    makeCase("client", "await-challenge", `code-${code}-of-the-middlebox`, "HS-058 HS-064", {
      setup: { via: true },
      play: bent((link) => ({ code, pair: link.pair("middlebox") })),
      expected: refusedBy(code),
    }),
  ]),
  makeCase("client", "await-challenge", "code-of-another-key", "HS-059", {
    play: bent((link) => ({ code: 9, pair: link.pair("somebody else") })),
    expected: silent(place, "server_key_mismatch"),
  }),
  makeCase("client", "await-challenge", "code-of-another-key-behind-a-middlebox", "HS-059", {
    setup: { via: true },
    play: bent((link) => ({ code: 4, pair: link.pair("somebody else") })),
    expected: silent(place, "server_key_mismatch"),
  }),
  makeCase("client", "await-challenge", "the-middlebox-with-code-0", "HS-059 SC-020", {
    setup: { via: true },
    play: bent((link) => ({ pair: link.pair("middlebox") })),
    expected: silent(place, "server_key_mismatch"),
  }),
  makeCase("client", "await-challenge", "through-a-middlebox", "RT-001 RT-003 RT-005 RT-006 HS-056", {
    setup: { via: true },
    play: goesOn(() => ({})),
    expected: conversed("client"),
  }),
  makeCase("client", "await-challenge", "code-with-more-behind", "HS-066 HS-057", {
    play: challenge(({ server }) =>
      concat(server.challenge({ code: 8 }), server.verdict(), new Uint8Array(500)),
    ),
    expected: refusedBy(8),
  }),
  makeCase("client", "await-challenge", "code-with-context", "HS-057 HS-063", {
    setup: { context: "echo" },
    play: bent(() => ({ code: 10 })),
    expected: refusedBy(10),
  }),
  makeCase("client", "await-challenge", "code-big-endian", "HS-057 NO-002", {
    play: bent(() => ({ payload: u16(0x0100) })),
    expected: refusedBy(0x0100),
  }),
];

const contexts: Case[] = [
  ["context-short", "a"],
  ["context-of-32-bytes", "~".repeat(32)],
  ["context-of-odd-characters", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}"],
].map(([name = "", context = ""]) =>
  makeCase("client", "await-challenge", name, "HS-022 HS-072", {
    setup: { context },
    play: goesOn(() => ({})),
    expected: conversed("client"),
  }),
);

const timing: Case[] = [
  makeCase("client", "await-challenge", "timeout", "HS-119 HS-120", {
    setup: { flags: ["--handshake-timeout=250"] },
    play: async (link) => void (await link.server.hear("hello")),
    expected: silent(place, "timeout"),
  }),
  makeCase("client", "await-challenge", "timeout-in-a-challenge", "HS-119 HS-120", {
    setup: { flags: ["--handshake-timeout=250"] },
    play: challenge(({ server }) => server.challenge().subarray(0, 97)),
    expected: silent(place, "timeout"),
  }),
  makeCase("client", "await-challenge", "timeout-while-dripping", "HS-119 HS-120", {
    setup: { flags: ["--handshake-timeout=300"] },
    async play(link) {
      await link.server.hear("hello");
      await link.wire.drip(link.server.challenge().subarray(0, 90), "a Challenge", 1, 10);
    },
    expected: silent(place, "timeout"),
  }),
];

const replayed: Case[] = [
  makeCase("client", "await-challenge", "replayed-from-another-connection", "HS-055 HS-004 SC-005", {
    setup: { fresh: true },
    async play(first) {
      await first.server.hear("hello");
      const message = first.server.challenge();
      first.send(message, "a Challenge");
      await first.server.hear("response");
      const second = await first.again();
      await second.server.hear("hello");
      if (first.server.re.every((byte, i) => byte === second.server.re[i]))
        throw new Deviation("another ephemeral key for each connection (HS-004)", "the same one");
      second.send(message, "the Challenge of the connection before");
    },
    expected: badChallenge,
  }),
];

export const challengeCases: readonly Case[] = [
  ...altered,
  ...keys,
  ...withCodes,
  ...contexts,
  ...timing,
  ...firstUseCases,
  ...beforeResponseCases,
  ...replayed,
];
