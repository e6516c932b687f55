/** What a server has to make of Hellos. */
import { ascii, concat } from "../../protocol/bytes.ts";
import { type Case, makeCase } from "../case.ts";
import { header } from "../peer/client-end.ts";
import { flipped, lowOrderPoints, unreduced, withHighBit } from "../peer/keys.ts";
import { alerted, conversed, handshakePlaces, silent } from "./places.ts";
import { routeCases } from "./routes.ts";
import { conversing, headerOf, hinted, place, sendHello } from "./sent-hellos.ts";
import { stealthCases } from "./stealth.ts";

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
  ...routeCases,
  ...stealthCases,
  ...deadlines,
  ...sequences,
];
