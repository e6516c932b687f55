/** Pings and Pongs, asked for and not, and liveness. */
import { ascii, concat } from "../../protocol/bytes.ts";
import { type Case, type Expected, makeCase, type Setup } from "../case.ts";
import { plain, types } from "../peer/plaintext.ts";
import type { Link } from "../run/link.ts";
import { bytesFromHex, hexOf } from "../shim/hex.ts";
import { alerted, conversed, echoed, openPrints, openSays, openUp } from "./places.ts";

interface Told {
  readonly prints: readonly string[];
  readonly says: readonly string[];
}

const roles = ["client", "server"] as const;
const own = ascii("12345678");
const ownHex = hexOf(own);
const pong = (bytes: Uint8Array) => plain(types.pong, bytes);

/** The bytes of the last Ping that the shim sent. */
function lastPing(link: Link): Uint8Array {
  const said = link.end.said.findLast((word) => word.startsWith("ping:")) ?? "";
  return bytesFromHex(said.slice("ping:".length)) ?? new Uint8Array(0);
}

const asked: Case[] = roles.flatMap((role) => {
  const setup: Setup = { flags: [`--ping=${ownHex}`], optional: true };
  const place: Told = { prints: openPrints(role), says: [...openSays(role), `ping:${ownHex}`] };
  const answered: Told = { prints: [...place.prints, `pong:${ownHex}`], says: place.says };
  const one = (
    name: string,
    requirements: string,
    expected: Expected,
    answer: (link: Link) => Promise<void> | void,
    state = "open",
  ) =>
    makeCase(role, state, name, requirements, {
      setup,
      async play(link) {
        await openUp(link);
        await link.end.hear("ping");
        await answer(link);
      },
      expected,
    });
  const finished = (before: Told): Expected => ({
    prints: [...before.prints, "end", "closed"],
    says: [...before.says, "close"],
    closing: "drains",
  });
  const unexpected = (before: Told) => alerted(before, "unexpected_record", 6);
  return [
    one("pong-as-asked", "RC-037 RC-046", finished(answered), (link) => {
      link.send(link.end.record(pong(own)), "the Pong");
      link.send(link.end.close(), "a Close");
    }),
    one("pong-late", "RC-044 RC-046", finished(answered), async (link) => {
      await echoed(link, "first this");
      await link.pause(50);
      link.send(link.end.record(pong(own)), "the Pong");
      link.send(link.end.close(), "a Close");
    }),
    one("pong-padded", "RC-010 RC-044", finished(answered), (link) => {
      link.send(link.end.record(plain(types.pong, own, { padding: new Uint8Array(10_000) })), "the Pong");
      link.send(link.end.close(), "a Close");
    }),
    ...(
      [
        ["pong-other", ascii("12345679")],
        ["pong-first-byte-other", ascii("02345678")],
        ["pong-of-zeros", new Uint8Array(8)],
        ["pong-backwards", ascii("87654321")],
      ] as const
    ).map(([name, bytes]) =>
      one(name, "RC-044 RC-020", unexpected(place), (link) =>
        link.send(link.end.record(pong(bytes)), "a Pong with other bytes"),
      ),
    ),
    one("pong-twice", "RC-044 RC-020", unexpected(answered), (link) =>
      link.send(concat(link.end.record(pong(own)), link.end.record(pong(own))), "the Pong twice"),
    ),
    one("asked-pong-short", "RC-017 RC-019", alerted(place, "bad_record", 5), (link) =>
      link.send(link.end.record(pong(own.subarray(0, 7))), "a Pong of 7 bytes"),
    ),
    one("pong-behind-the-close", "RC-046 RC-032", finished(place), (link) =>
      link.send(link.end.close(), "a Close, and no Pong"),
    ),
    one(
      "ping-in-place-of-the-pong",
      "RC-037 RC-038",
      {
        ...finished(answered),
        says: [...place.says, `pong:${hexOf(ascii("yourself"))}`, "close"],
      },
      async (link) => {
        link.send(link.end.record(plain(types.ping, ascii("yourself"))), "a Ping");
        await link.end.hear("pong");
        link.send(link.end.record(pong(own)), "the Pong");
        link.send(link.end.close(), "a Close");
      },
    ),
    makeCase(role, "half-closed-remote", "pong-after-the-close", "RC-046", {
      setup: { flags: [`--ping=${ownHex}`, "--linger=250"], optional: true },
      async play(link) {
        await openUp(link);
        await link.end.hear("ping");
        link.send(link.end.close(), "a Close");
        await link.printed("end");
        link.send(link.end.record(pong(own)), "the Pong");
      },
      expected: {
        prints: [...place.prints, "end", `pong:${ownHex}`, "closed"],
        says: [...place.says, "close"],
        closing: "drains",
      },
    }),
    makeCase(role, "half-closed-remote", "eof-in-place-of-the-pong", "RC-032 RC-055", {
      setup: { flags: [`--ping=${ownHex}`, "--linger=150"], optional: true },
      async play(link) {
        await openUp(link);
        await link.end.hear("ping");
        link.send(link.end.close(), "a Close");
        link.wire.end();
      },
      expected: {
        prints: [...place.prints, "end", "closed"],
        says: [...place.says, "close"],
        closing: "follows",
      },
    }),
  ];
});

const many: Case[] = roles.flatMap((role) => [
  makeCase(role, "open", "pings-one-by-one", "RC-037 RC-040 RC-039", {
    async play(link) {
      await openUp(link);
      for (let i = 0; i < 20; i++) {
        const bytes = new Uint8Array(8).fill(i);
        link.send(link.end.record(plain(types.ping, bytes)), "a Ping");
        await link.end.hear(`pong:${hexOf(bytes)}`);
      }
      link.send(link.end.close(), "a Close");
    },
    expected: {
      ...conversed(role),
      says: [
        ...openSays(role),
        ...Array.from({ length: 20 }, (_, i) => `pong:${hexOf(new Uint8Array(8).fill(i))}`),
        "close",
      ],
    },
  }),
  makeCase(role, "open", "pings-of-the-same-bytes", "RC-037 RC-039", {
    async play(link) {
      await openUp(link);
      for (let i = 1; i <= 3; i++) {
        link.send(link.end.record(plain(types.ping, own)), "a Ping");
        while (link.end.said.filter((word) => word.startsWith("pong:")).length < i) await link.end.next();
      }
      link.send(link.end.close(), "a Close");
    },
    expected: {
      ...conversed(role),
      says: [...openSays(role), ...Array.from({ length: 3 }, () => `pong:${ownHex}`), "close"],
    },
  }),
  makeCase(role, "open", "ping-excess", "RC-043 RC-040 RC-045", {
    async play(link) {
      await openUp(link);
      const ping = () => link.end.record(plain(types.ping, own));
      link.send(
        concat(ping(), ping(), link.end.record(plain(types.close))),
        "two Pings and a Close in one chunk",
      );
    },
    // RC-042: a port that reads and writes in parallel may have begun with the Pong before it opened the second.
    expected: [
      alerted(
        { prints: openPrints(role), says: [...openSays(role), `pong:${ownHex}`] },
        "unexpected_record",
        6,
      ),
      {
        ...conversed(role),
        says: [...openSays(role), `pong:${ownHex}`, `pong:${ownHex}`, "close"],
      },
    ],
  }),
]);

const alive: Case[] = roles.flatMap((role) => {
  const setup: Setup = { flags: ["--liveness=200,900"], optional: true };
  const place = { prints: openPrints(role), says: [...openSays(role), "ping"] };
  return [
    makeCase(role, "open", "liveness-silence", "RC-047 RC-057", {
      setup,
      play: openUp,
      expected: alerted(place, "timeout", 7),
    }),
    makeCase(role, "half-closed-local", "liveness-silence", "RC-047 RC-046", {
      setup: { flags: ["--liveness=200,900", "--close-first"], optional: true },
      play: openUp,
      expected: alerted(
        { prints: openPrints(role), says: [...openSays(role), "close", "ping"] },
        "timeout",
        7,
      ),
    }),
    makeCase(role, "open", "liveness-answered", "RC-047 RC-048 RC-058", {
      setup,
      async play(link) {
        await openUp(link);
        await link.end.hear("ping");
        link.send(link.end.record(pong(lastPing(link))), "the Pong");
        link.send(link.end.close(), "a Close");
      },
      expected: { prints: conversed(role).prints, says: [...place.says, "close"], closing: "drains" },
    }),
    makeCase(role, "open", "liveness-answered-wrongly", "RC-044 RC-058", {
      setup,
      async play(link) {
        await openUp(link);
        await link.end.hear("ping");
        const bytes = lastPing(link);
        bytes[0] = (bytes[0] ?? 0) ^ 1;
        link.send(link.end.record(pong(bytes)), "a Pong with other bytes");
      },
      expected: alerted(place, "unexpected_record", 6),
    }),
    makeCase(role, "open", "liveness-by-data", "RC-048 RC-057", {
      setup,
      async play(link) {
        await openUp(link);
        // Data keeps the connection alive past the deadline, whether the Ping is answered or not.
        for (let i = 0; i < 8; i++) {
          link.send(link.end.data(ascii("tick")), "Data");
          await link.pause(150);
        }
        link.send(link.end.close(), "a Close");
      },
      // On a slow machine a pause may be long enough to be pinged.
      expected: [conversed(role), { ...conversed(role), says: [...place.says, "close"] }],
    }),
    makeCase(role, "half-closed-remote", "liveness-after-eof", "RC-049 RC-032", {
      setup: { flags: ["--liveness=100,300", "--linger=700"], optional: true },
      async play(link) {
        await openUp(link);
        link.send(link.end.close(), "a Close");
        link.wire.end();
      },
      expected: { ...conversed(role), closing: "follows" },
    }),
  ];
});

export const pingCases: readonly Case[] = [...asked, ...many, ...alive];
