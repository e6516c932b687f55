/** What a client has to make of Verdicts, with its own direction open or closed, and of early data. */
import { ascii, concat, u16 } from "../../protocol/bytes.ts";
import { type Case, type Expected, makeCase, type Setup } from "../case.ts";
import { Deviation } from "../deviation.ts";
import { flipped } from "../peer/keys.ts";
import { alertBody, framed, plain, types } from "../peer/plaintext.ts";
import { none, seal } from "../peer/schedule.ts";
import { counted } from "../run/judge.ts";
import type { Link } from "../run/link.ts";
import { hexOf } from "../shim/hex.ts";
import { codes } from "./alerts.ts";
import { alerted, clean, conversed, handshakePlaces, placesBy, silent, told } from "./places.ts";
import { misformedRecords, oddWords } from "./plaintexts.ts";

interface VerdictPlace {
  readonly state: string;
  readonly setup: Setup;
  readonly last: string;
  readonly prints: readonly string[];
  readonly says: readonly string[];
}

const places: readonly VerdictPlace[] = [
  { state: "await-verdict", setup: {}, last: "response", ...handshakePlaces.awaitVerdict },
  {
    state: "await-verdict-closed",
    setup: { flags: ["--close-first"] },
    last: "close",
    ...handshakePlaces.awaitVerdictClosed,
  },
];

async function reach(link: Link, last: string): Promise<void> {
  await link.server.hear("hello");
  link.send(link.server.challenge(), "a Challenge");
  await link.server.hear(last);
}

function verdictCase(
  place: VerdictPlace,
  name: string,
  requirements: string,
  make: (link: Link) => Uint8Array,
  expected: Expected | Expected[],
): Case {
  return makeCase("client", place.state, name, requirements, {
    setup: place.setup,
    async play(link) {
      await reach(link, place.last);
      link.send(make(link), name);
    },
    expected,
  });
}

const accept = plain(types.accept);
const padTo256 = (plaintext: Uint8Array) =>
  concat(plaintext, new Uint8Array((256 - (plaintext.length % 256)) % 256));

const bad = places.flatMap((place) => {
  const badRecord = alerted(place, "bad_record", 5);
  const unexpected = alerted(place, "unexpected_record", 6);
  return [
    ...misformedRecords.map(({ name, requirements, plaintext, isAlert }) =>
      verdictCase(
        place,
        name,
        `${isAlert ? "HS-099" : "HS-098 HS-099"} ${requirements}`,
        ({ server }) => server.verdict(plaintext),
        isAlert ? silent(place, "malformed_alert") : badRecord,
      ),
    ),
    ...(
      [
        ["tag-flipped", ({ server }) => flipped(server.verdict(), -1)],
        ["ciphertext-flipped", ({ server }) => flipped(server.verdict(), 2)],
        [
          "length-shortened",
          ({ server }) => {
            const ciphertext = server.verdict().subarray(2);
            return framed(ciphertext, ciphertext.length - 1);
          },
        ],
        ["all-zeros", () => framed(new Uint8Array(272))],
        ["under-the-transport-key", ({ server }) => server.record(padTo256(accept))],
        [
          "under-the-clients-key",
          ({ server, primitives }) =>
            framed(seal(primitives, server.direction("theirs").key, 0n, none, padTo256(accept))),
        ],
        [
          "under-counter-1",
          ({ server, primitives }) => framed(seal(primitives, server.verdictKey, 1n, none, padTo256(accept))),
        ],
        [
          "with-associated-data",
          ({ server, primitives }) =>
            framed(seal(primitives, server.verdictKey, 0n, server.binding, padTo256(accept))),
        ],
        [
          "challenge-again",
          ({ server }) => concat(u16(98), server.helloBytes.subarray(0, 88), new Uint8Array(10)),
        ],
      ] as readonly (readonly [string, (link: Link) => Uint8Array])[]
    ).map(([name, make]) => verdictCase(place, name, "HS-091 HS-098 HS-099 RC-019", make, badRecord)),
    ...[18, 0].map((length) =>
      verdictCase(place, `length-${length}`, "HS-098 HS-099 RC-012 RC-019", () => u16(length), badRecord),
    ),
    ...(
      [
        ["data", plain(types.data, ascii("before the Verdict"))],
        ["close", plain(types.close)],
        ["ping", plain(types.ping, new Uint8Array(8))],
        ["pong", plain(types.pong, new Uint8Array(8))],
      ] as const
    ).map(([name, plaintext]) =>
      verdictCase(
        place,
        name,
        "HS-102 HS-103",
        ({ server }) => server.verdict(padTo256(plaintext)),
        unexpected,
      ),
    ),
    verdictCase(
      place,
      "skipped",
      "HS-103 HS-091 HS-099",
      ({ server }) => server.record(plain(types.data, ascii("no Accept before it"))),
      badRecord,
    ),
    ...codes.map((code) =>
      verdictCase(
        place,
        `alert-${code}`,
        "HS-101 AL-021 AL-022 SC-002",
        ({ server }) => server.verdict(padTo256(plain(types.alert, alertBody(code, ascii("no"))))),
        told(place, code, hexOf(ascii("no"))),
      ),
    ),
    ...Object.entries(oddWords).map(([name, words]) =>
      verdictCase(
        place,
        `alert-with-${name}`,
        "HS-101 AL-025 AL-026",
        ({ server }) => server.verdict(plain(types.alert, alertBody(0x8000, words))),
        told(place, 0x8000, hexOf(words)),
      ),
    ),
    verdictCase(
      place,
      "alert-with-more-behind",
      "HS-101 AL-023",
      ({ server }) =>
        concat(
          server.verdict(plain(types.alert, alertBody(3))),
          server.record(plain(types.data, ascii("x"))),
        ),
      told(place, 3),
    ),
    makeCase("client", place.state, "timeout", "HS-119 HS-120", {
      setup: { flags: [...(place.setup.flags ?? []), "--handshake-timeout=400"] },
      play: (link) => reach(link, place.last),
      expected: alerted(place, "timeout", 7),
    }),
  ];
});

const odd: Case[] = places.flatMap((place) => {
  const isClosed = place.state === "await-verdict-closed";
  const expected = isClosed ? clean(placesBy("client", "half-closed-local")) : conversed("client");
  return (
    [
      ["accept-unpadded", accept],
      ["accept-with-odd-padding", concat(accept, new Uint8Array(1))],
      ["accept-of-the-largest-size", concat(accept, new Uint8Array(65_516))],
    ] as const
  ).map(([name, plaintext]) =>
    verdictCase(
      place,
      name,
      "HS-097 HS-100",
      ({ server }) => concat(server.verdict(plaintext), server.data(ascii("welcome")), server.close()),
      expected,
    ),
  );
});

const twice: Case[] = [
  verdictCase(
    places[0] as VerdictPlace,
    "accept-twice",
    "HS-093 HS-100 RC-019",
    ({ server }) => concat(server.verdict(), server.verdict()),
    // The verdict key is no key any more: the second is a record that does not authenticate.
    alerted({ prints: ["open"], says: ["hello", "response"] }, "bad_record", 5),
  ),
];

// Early data: what the client sends before the Verdict.

/** Reads for as long as something comes, and gives how many bytes of it. */
async function settled(link: Link): Promise<number> {
  let length = -1;
  while (length !== link.wire.unread.length) {
    length = link.wire.unread.length;
    await link.silence();
  }
  return length;
}

const early: Case[] = (
  [
    ["little", ["--send=1000"]],
    ["as-much-as-fits", ["--send=65516"]],
    ["one-byte-too-much", ["--send=65517"]],
    ["much", ["--send=300000"]],
    ["in-small-records", ["--send=200000", "--record-size=100"]],
    ["padded", ["--send=200000", "--padding=1024", "--record-size=300"]],
    ["padded-to-the-largest", ["--send=100000", "--padding=65519"]],
  ] as const
).flatMap(([name, flags]) =>
  [false, true].map((closes) =>
    makeCase(
      "client",
      closes ? "await-verdict-closed" : "await-verdict",
      `early-data-${name}`,
      `HS-113 HS-114 ${closes ? "HS-115 RC-029" : "HS-112"}`,
      {
        setup: { flags: closes ? [...flags, "--close-first"] : flags },
        async play(link) {
          await reach(link, "response");
          const length = await settled(link);
          // A Close does not count; unpadded it takes 21 bytes.
          const most = 65_537 + (closes ? 65_537 : 0);
          const data = await dataOnWire(link);
          if (data > 65_537 || length > most)
            throw new Deviation("at most 65,537 bytes of early Data (HS-113)", `${data} bytes`);
          link.send(link.server.verdict(), "an Accept");
          await link.printed("open");
          await link.server.hearData(Number(flags[0].split("=")[1]));
          link.send(link.server.close(), "a Close");
        },
        expected: closes ? clean(placesBy("client", "half-closed-local")) : conversed("client"),
      },
    ),
  ),
);

/** Opens what is there, and counts the bytes of Data records. */
async function dataOnWire({ server, wire }: Link): Promise<number> {
  let total = 0;
  while (wire.unread.length > 0) {
    const before = wire.unread.length;
    const { word } = await server.next();
    if (word === "data") total += before - wire.unread.length;
  }
  return total;
}

const refusedEarly: Case[] = (
  [
    ["early-data-then-refused", ["--send=1000"]],
    ["more-than-early-data-then-refused", ["--send=300000"]],
  ] as const
).map(([name, flags]) =>
  makeCase("client", "await-verdict", name, "HS-101 HS-117 AL-008", {
    setup: { flags },
    async play(link) {
      await reach(link, "response");
      link.send(link.server.verdict(plain(types.alert, alertBody(3))), "an Alert");
    },
    expected: { ...told(handshakePlaces.awaitVerdict, 3), echo: "some" },
  }),
);

const queued: Case[] = [
  makeCase("client", "judging", "data-waits-for-the-response", "HS-117 ST-021 HS-063", {
    setup: { firstUse: true, flags: ["--decide-after=900", `--send=${counted(500).length}`] },
    async play(link) {
      await link.server.hear("hello");
      link.send(link.server.challenge(), "a Challenge");
      await link.printed("peerKey");
      await link.silence();
      if (link.wire.unread.length > 0)
        throw new Deviation("nothing before the Response (HS-117)", `${link.wire.unread.length} bytes`);
      await link.server.hear("response");
      link.send(link.server.verdict(), "an Accept");
      await link.server.hearData(500);
      link.send(link.server.close(), "a Close");
    },
    expected: {
      prints: ["peerKey", "open", "end", "closed"],
      says: ["hello", "response", "close"],
      closing: "drains",
    },
  }),
];

export const verdictCases: readonly Case[] = [...bad, ...odd, ...twice, ...early, ...refusedEarly, ...queued];
