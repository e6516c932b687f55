/** What a peer may do wrong with records, in every state that opens them. */
import { ascii, concat, u16 } from "../../protocol/bytes.ts";
import { type Case, type Expected, makeCase } from "../case.ts";
import { flipped } from "../peer/keys.ts";
import { framed, plain, types } from "../peer/plaintext.ts";
import { Direction, none } from "../peer/schedule.ts";
import type { Link } from "../run/link.ts";
import { alerted, type Place, places, silent } from "./places.ts";
import { misformedRecords } from "./plaintexts.ts";

/** A record, or what is in the place of one. */
interface BadRecord {
  readonly name: string;
  readonly requirements: string;
  make(link: Link): Uint8Array;
}

const x = plain(types.data, ascii("x"));

/** Each ends in `bad_record`. */
const unauthentic: readonly BadRecord[] = [
  {
    name: "tag-flipped",
    requirements: "RC-013 RC-019 SC-005",
    make: ({ end }) => flipped(end.record(x), -1),
  },
  {
    name: "ciphertext-flipped",
    requirements: "RC-013 RC-019 SC-005",
    make: ({ end }) => flipped(end.record(x), 2, 0x80),
  },
  {
    name: "last-of-a-long-one-flipped",
    requirements: "RC-013 RC-019 SC-042",
    make: ({ end }) => flipped(end.record(plain(types.data, new Uint8Array(60_000))), 60_002),
  },
  {
    name: "length-shortened",
    requirements: "RC-013 RC-019",
    make({ end }) {
      const ciphertext = end.direction("ours").seal(plain(types.data, ascii("xyz")));
      return framed(ciphertext, ciphertext.length - 1);
    },
  },
  {
    name: "length-lengthened",
    requirements: "RC-013 RC-019",
    make({ end }) {
      const ciphertext = end.direction("ours").seal(x);
      return concat(framed(ciphertext, ciphertext.length + 1), Uint8Array.of(0));
    },
  },
  {
    name: "length-little-endian",
    requirements: "RC-013 RC-019 NO-002",
    make({ end }) {
      // 0x1400 for 0x0014; the rest of the 5,120 bytes comes too.
      const ciphertext = end.direction("ours").seal(x);
      return concat(framed(ciphertext, 0x1400), new Uint8Array(0x1400));
    },
  },
  {
    name: "all-zeros",
    requirements: "RC-013 RC-019",
    make: () => concat(u16(64), new Uint8Array(64)),
  },
  {
    name: "plaintext-sent",
    requirements: "RC-013 RC-019 SC-042",
    make: () => framed(concat(x, new Uint8Array(16))),
  },
  {
    name: "counter-skipped",
    requirements: "RC-004 RC-013 RC-019 SC-005",
    make({ end }) {
      end.direction("ours").counter++;
      return end.record(x);
    },
  },
  {
    name: "counter-repeated",
    requirements: "RC-004 RC-013 RC-019 SC-005",
    make({ end }) {
      end.direction("ours").counter--;
      return end.record(x);
    },
  },
  {
    name: "counter-big-endian",
    requirements: "NO-013 RC-013 RC-019",
    make({ end }) {
      // Whatever the counter is, as a big-endian one it is a multiple of 2^56.
      const ours = end.direction("ours");
      const counter = ours.counter === 0n ? 1n : ours.counter;
      return framed(new Direction(end.primitives, ours.key, (counter & 0xffn) << 56n).seal(x));
    },
  },
  {
    name: "under-the-other-key",
    requirements: "HS-105 RC-013 RC-019",
    make: ({ end }) =>
      framed(
        new Direction(end.primitives, end.direction("theirs").key, end.direction("ours").counter).seal(x),
      ),
  },
  {
    name: "under-a-key-of-zeros",
    requirements: "RC-013 RC-019",
    make: ({ end }) =>
      framed(new Direction(end.primitives, new Uint8Array(32), end.direction("ours").counter).seal(x)),
  },
  {
    name: "under-the-rekeyed-key",
    requirements: "RC-005 RC-013 RC-019",
    make({ end }) {
      end.direction("ours").rekey();
      return end.record(x);
    },
  },
  {
    name: "order-swapped",
    requirements: "RC-004 RC-013 RC-019 SC-005",
    make({ end }) {
      const first = end.record(x);
      return concat(end.record(plain(types.data, ascii("y"))), first);
    },
  },
  {
    name: "with-associated-data",
    requirements: "NO-018 RC-003 RC-019",
    make({ end }) {
      const ours = end.direction("ours");
      const ciphertext = new Uint8Array(x.length + 16);
      const nonce = new Uint8Array(12);
      new DataView(nonce.buffer).setBigUint64(4, ours.counter++, true);
      end.primitives.seal(ours.key, nonce, u16(ciphertext.length), x, ciphertext);
      return framed(ciphertext);
    },
  },
  ...[0, 1, 2, 16, 18].map((length) => ({
    name: `length-${length}`,
    requirements: "RC-012 RC-019 RC-002",
    make: () => u16(length),
  })),
];

/** Each ends in `unexpected_record` where the state is the right one for it. */
const unexpected: readonly (BadRecord & { readonly where: (place: Place) => boolean })[] = [
  {
    name: "accept",
    requirements: "RC-027 RC-020",
    make: ({ end }) => end.record(plain(types.accept)),
    where: () => true,
  },
  {
    name: "accept-padded-as-a-verdict",
    requirements: "RC-027 RC-020",
    make: ({ end }) => end.record(plain(types.accept, none, { padding: new Uint8Array(253) })),
    where: () => true,
  },
  {
    name: "pong-unasked",
    requirements: "RC-044 RC-020",
    make: ({ end }) => end.record(plain(types.pong, ascii("12345678"))),
    where: () => true,
  },
  {
    name: "pong-of-zeros-unasked",
    requirements: "RC-044 RC-020",
    make: ({ end }) => end.record(plain(types.pong, new Uint8Array(8))),
    where: () => true,
  },
  {
    name: "data-after-close",
    requirements: "RC-030 RC-020 RC-029",
    make: ({ end }) => end.record(x),
    where: ({ peerClosed }) => peerClosed,
  },
  {
    name: "close-twice",
    requirements: "RC-030 RC-020 RC-029",
    make: ({ end }) => end.record(plain(types.close)),
    where: ({ peerClosed }) => peerClosed,
  },
  {
    name: "close-twice-padded",
    requirements: "RC-030 RC-020",
    make: ({ end }) => end.record(plain(types.close, none, { padding: new Uint8Array(300) })),
    where: ({ peerClosed }) => peerClosed,
  },
  {
    name: "largest-data-after-close",
    requirements: "RC-030 RC-020",
    make: ({ end }) => end.record(plain(types.data, new Uint8Array(65_516))),
    where: ({ peerClosed }) => peerClosed,
  },
];

/** Reaches the place, then sends one thing. */
const then =
  (place: Place, name: string, make: (link: Link) => Uint8Array | Promise<Uint8Array>) =>
  async (link: Link): Promise<void> => {
    await place.reach(link);
    link.send(await make(link), name);
  };

function recordCase(
  place: Place,
  { name, requirements, make }: BadRecord,
  expected: Expected | Expected[],
): Case {
  return makeCase(place.role, place.state, name, requirements, {
    setup: place.setup,
    play: then(place, name, make),
    expected,
  });
}

export const recordCases: readonly Case[] = places.flatMap((place) => [
  ...unauthentic.map((bad) => recordCase(place, bad, alerted(place, "bad_record", 5))),
  ...misformedRecords.map(({ name, requirements, plaintext, isAlert }) =>
    recordCase(
      place,
      { name, requirements, make: ({ end }) => end.record(plaintext) },
      isAlert ? silent(place, "malformed_alert") : alerted(place, "bad_record", 5),
    ),
  ),
  ...unexpected
    .filter(({ where }) => where(place))
    .map((bad) => recordCase(place, bad, alerted(place, "unexpected_record", 6))),
]);
