/** Where the peer's end of the transport comes, and how: an end of file, or a reset. */
import { ascii, concat } from "../../protocol/bytes.ts";
import { type Case, type Expected, makeCase, type Setup } from "../case.ts";
import { header } from "../peer/client-end.ts";
import { plain, types } from "../peer/plaintext.ts";
import type { Link } from "../run/link.ts";
import { cutOff, handshakePlaces, type Place, places } from "./places.ts";

type How = "eof" | "reset";

/** Ends the transport; a reset once what was sent before has been read, as it destroys that. */
async function cut(link: Link, how: How): Promise<void> {
  if (how === "eof") {
    link.wire.end();
    return;
  }
  await link.pause(30);
  link.wire.reset();
}

const large = plain(types.data, new Uint8Array(30_000));

/** Where a record is cut: how many of its bytes are there, from the front, or from the end where negative. */
const recordCuts: Readonly<Record<string, number>> = {
  "between-records": 0,
  "in-a-length": 1,
  "behind-a-length": 2,
  "in-a-ciphertext": 15_000,
  "before-the-last-byte": -1,
};

function recordCut(place: Place, name: string, at: number, how: How): Case {
  const isTolerated = how === "eof" && at === 0 && place.peerClosed;
  const expected: Expected = isTolerated
    ? { prints: [...place.prints, "closed"], says: [...place.says, "close"], closing: "follows" }
    : cutOff(place, "truncated");
  const requirements = isTolerated ? "RC-032" : `RC-033 SC-006${place.peerClosed ? " RC-034" : ""}`;
  return makeCase(place.role, place.state, `${how}-${name}`, requirements, {
    // The one that goes on needs no longer than its own last words take.
    setup: isTolerated ? { flags: ["--linger=200"] } : place.setup,
    async play(link) {
      await place.reach(link);
      if (at !== 0) link.send(link.end.record(large).subarray(0, at), "the beginning of a record");
      await cut(link, how);
    },
    expected,
  });
}

const ofRecords = places.flatMap((place) =>
  Object.entries(recordCuts).flatMap(([name, at]) =>
    (["eof", "reset"] as const).map((how) => recordCut(place, name, at, how)),
  ),
);

/** Cuts within a message of the handshake, counted once a message and kind. */
function messageCuts(
  role: "client" | "server",
  state: string,
  kinds: { readonly none: string; readonly some: string; readonly reset: string },
  places: readonly number[],
  requirements: string,
  play: (link: Link) => Promise<Uint8Array>,
  setup: Setup,
  before: { readonly prints: readonly string[]; readonly says: readonly string[] },
): Case[] {
  const one = (name: string, how: How, at: number, kind: string) =>
    makeCase(role, state, name, requirements, {
      setup,
      async play(link) {
        const message = await play(link);
        link.send(message.subarray(0, at), `${at} bytes of the message`);
        await cut(link, how);
      },
      expected:
        kind === "closed"
          ? { prints: ["closed"], says: before.says, closing: "follows" }
          : cutOff(before, kind),
    });
  return [
    one("eof-at-no-byte", "eof", 0, kinds.none),
    one("reset-at-no-byte", "reset", 0, kinds.reset),
    ...places.flatMap((at) => [
      one(`eof-at-${at}`, "eof", at, kinds.some),
      one(`reset-at-${at}`, "reset", at, kinds.reset),
    ]),
  ];
}

const ofHandshake: Case[] = [
  ...messageCuts(
    "client",
    "await-challenge",
    { none: "no_answer", some: "truncated", reset: "truncated" },
    [1, 8, 9, 97],
    "ST-026 HS-064",
    async (link) => {
      await link.server.hear("hello");
      return link.server.challenge();
    },
    {},
    handshakePlaces.awaitChallenge,
  ),
  ...(["await-verdict", "await-verdict-closed"] as const).flatMap((state) =>
    messageCuts(
      "client",
      state,
      { none: "truncated", some: "truncated", reset: "truncated" },
      [1, 2, 100, 273],
      "HS-104 RC-033",
      async (link) => {
        await link.server.hear("hello");
        link.send(link.server.challenge(), "a Challenge");
        await link.server.hear(state === "await-verdict" ? "response" : "close");
        return link.server.verdict();
      },
      state === "await-verdict" ? {} : { flags: ["--close-first"] },
      state === "await-verdict" ? handshakePlaces.awaitVerdict : handshakePlaces.awaitVerdictClosed,
    ),
  ),
  ...messageCuts(
    "server",
    "await-hello",
    { none: "closed", some: "truncated", reset: "truncated" },
    [1, 7, 8, 87],
    "ST-023 ST-024",
    async (link) => link.client.hello(),
    {},
    handshakePlaces.awaitHello,
  ),
  ...messageCuts(
    "server",
    "await-response",
    { none: "abandoned", some: "abandoned", reset: "abandoned" },
    [1, 48, 95],
    "ST-025",
    async (link) => {
      link.send(link.client.hello(), "a Hello");
      await link.client.hear("challenge");
      return link.client.response();
    },
    {},
    handshakePlaces.awaitResponse,
  ),
];

/** Eight bytes that begin with HWSR are a hint, and only those, and only before an end of file. */
const hints: Case[] = (
  [
    ["hint", "HS-011 HS-012", header, "eof", "hint"],
    ["hint-that-is-its-own-header", "HS-011 HS-013", header, "eof", "hint"],
    ["hint-of-version-2", "HS-011 HS-014", concat(ascii("HWSR"), Uint8Array.of(2, 9, 0, 0)), "eof", "hint"],
    ["hint-with-flags", "HS-011 HS-014", concat(ascii("HWSR"), Uint8Array.of(1, 1, 255, 255)), "eof", "hint"],
    ["hint-and-reset", "HS-011", header, "reset", "truncated"],
    ["hint-of-7-bytes", "HS-011 ST-026", header.subarray(0, 7), "eof", "truncated"],
    ["hint-of-9-bytes", "HS-011 ST-026", concat(header, Uint8Array.of(0)), "eof", "truncated"],
    [
      "hint-that-is-not-hawsers",
      "HS-011 ST-026",
      concat(ascii("HWSQ"), Uint8Array.of(1, 1, 0, 0)),
      "eof",
      "truncated",
    ],
    [
      "hint-in-small-letters",
      "HS-011 ST-026",
      concat(ascii("hwsr"), Uint8Array.of(1, 1, 0, 0)),
      "eof",
      "truncated",
    ],
  ] as const
).map(([name, requirements, bytes, how, kind]) =>
  makeCase("client", "await-challenge", name, requirements, {
    async play(link) {
      await link.server.hear("hello");
      link.send(bytes, name);
      await cut(link, how);
    },
    expected: cutOff(handshakePlaces.awaitChallenge, kind),
  }),
);

/** Another protocol's first words: its name may be told, and need not be. */
const aliens: Case[] = (
  [
    ["http", ascii("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")],
    ["tls", Uint8Array.of(0x15, 3, 1, 0, 2, 2, 0x28)],
    ["ssh", ascii("SSH-2.0-OpenSSH_9.2\r\n")],
  ] as const
).map(([name, bytes]) =>
  makeCase("client", "await-challenge", `answered-by-${name}`, "HS-015 HS-064", {
    async play(link) {
      await link.server.hear("hello");
      link.send(bytes, name);
      await cut(link, "eof");
    },
    expected: cutOff(handshakePlaces.awaitChallenge, "not_hawser|failed:truncated"),
  }),
);

export const cutCases: readonly Case[] = [...ofRecords, ...ofHandshake, ...hints, ...aliens];
