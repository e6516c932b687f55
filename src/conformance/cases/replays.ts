/** Records out of their place: repeated, of another connection, the shim's own; and waiting key holders at a server. */
import { ascii, concat } from "../../protocol/bytes.ts";
import { type Case, makeCase, type Setup } from "../case.ts";
import { framed, plain, types } from "../peer/plaintext.ts";
import { Direction } from "../peer/schedule.ts";
import type { Link } from "../run/link.ts";
import {
  alerted,
  conversed,
  cutOff,
  echoed,
  handshakePlaces,
  openUp,
  type Place,
  places,
  silent,
} from "./places.ts";

const replays: Case[] = places.flatMap((place: Place) => {
  const bad = alerted(place, "bad_record", 5);
  const own = place.peerClosed
    ? ({ end }: Link) => end.record(plain(types.ping, ascii("pingping")))
    : ({ end }: Link) => end.data(ascii("once"));
  return [
    makeCase(place.role, place.state, "replayed", "RC-004 SC-005 RC-013 RC-019", {
      setup: place.setup,
      async play(link) {
        await place.reach(link);
        const record = own(link);
        link.send(record, "a record");
        if (place.peerClosed) await link.end.hear("pong");
        else if (!place.isClosed) await link.end.hearData(9);
        link.send(record, "the same record again");
      },
      expected: place.peerClosed
        ? { ...bad, says: [...place.says, "pong:70696e6770696e67", "alert:5"] }
        : bad,
    }),
    makeCase(place.role, place.state, "reflected", "HS-105 SC-005 RC-013 RC-019", {
      setup: place.setup,
      async play(link) {
        await place.reach(link);
        // What the shim sent itself: sealed once more as it did, under its own key and first counter.
        const theirs = link.end.direction("theirs");
        const first = new Direction(link.primitives, theirs.key, 0n);
        link.send(framed(first.seal(plain(types.data, ascii("ready")))), "the shim's own first record");
      },
      expected: bad,
    }),
    makeCase(place.role, place.state, "of-another-connection", "HS-004 SC-005 RC-013 RC-019", {
      setup: { ...place.setup, fresh: true },
      async play(before) {
        await place.reach(before);
        const record = own(before);
        const link = await before.again();
        await place.reach(link);
        link.send(record, "a record of the connection before");
      },
      expected: bad,
    }),
    makeCase(place.role, place.state, "under-the-verdict-key", "HS-093 RC-013 RC-019", {
      setup: place.setup,
      async play(link) {
        await place.reach(link);
        if (link.role === "client") link.send(link.server.verdict(), "the Verdict again");
        else
          link.send(
            framed(link.client.schedule.encryptAndHash(plain(types.data, ascii("x")))),
            "a record under the key of the Response",
          );
      },
      expected: bad,
    }),
    makeCase(place.role, place.state, "handshake-again", "HS-126 RC-019", {
      setup: place.setup,
      async play(link) {
        await place.reach(link);
        const again = link.role === "client" ? link.server.challenge() : link.makeClient().hello();
        // Its first two bytes are taken for a record's length.
        link.send(concat(again, new Uint8Array(65_537)), "a message of the handshake");
      },
      expected: bad,
    }),
  ];
});

const slow = (ms: number, ...flags: string[]): Setup => ({
  flags: [`--dh-after=${ms}`, ...flags],
  optional: true,
});
const nowhere = handshakePlaces.awaitHello;

const openingRoute: Case[] = [
  makeCase("server", "opening-route", "patient", "NO-022 ST-008", {
    setup: slow(60),
    async play(link) {
      await openUp(link);
      await echoed(link, "to and fro");
      link.send(link.client.close(), "a Close");
    },
    expected: conversed("server"),
  }),
  makeCase("server", "opening-route", "all-in-one-chunk", "ST-008 ST-011 ST-044", {
    setup: slow(60),
    play(link) {
      const { client } = link;
      const hello = client.hello();
      client.foresee();
      link.send(concat(hello, client.response(), client.data(ascii("at once")), client.close()), "it all");
    },
    expected: conversed("server"),
  }),
  makeCase("server", "opening-route", "eof", "ST-014", {
    setup: slow(400),
    play(link) {
      link.send(link.client.hello(), "a Hello");
      link.wire.end();
    },
    expected: cutOff(nowhere, "abandoned"),
  }),
  makeCase("server", "opening-route", "eof-behind-more", "ST-014 ST-008", {
    setup: slow(400),
    play(link) {
      link.send(concat(link.client.hello(), new Uint8Array(40)), "a Hello and more");
      link.wire.end();
    },
    expected: cutOff(nowhere, "abandoned"),
  }),
  makeCase("server", "opening-route", "reset", "ST-015", {
    setup: slow(400),
    async play(link) {
      link.send(link.client.hello(), "a Hello");
      await link.pause(60);
      link.wire.reset();
    },
    expected: cutOff(nowhere, "abandoned"),
  }),
  makeCase("server", "opening-route", "timeout", "HS-119 HS-121", {
    setup: slow(2_000, "--handshake-timeout=300"),
    play: (link) => link.send(link.client.hello(), "a Hello"),
    expected: silent(nowhere, "timeout"),
  }),
  makeCase("server", "opening-route", "flood", "ST-009 LM-003", {
    setup: slow(300),
    async play(link) {
      link.send(link.client.hello(), "a Hello");
      for (let i = 0; i < 16; i++) link.send(new Uint8Array(65_536), "64 KiB");
    },
    expected: alerted(handshakePlaces.awaitResponse, "bad_response", 2),
  }),
];

export const replayCases: readonly Case[] = [...replays, ...openingRoute];
