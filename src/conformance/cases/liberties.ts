/** What a peer may do, and an implementation has to take: sizes, padding, cuts, order. */
import { ascii, concat } from "../../protocol/bytes.ts";
import { type Case, makeCase } from "../case.ts";
import { plain, types } from "../peer/plaintext.ts";
import type { Link } from "../run/link.ts";
import { clean, converse, conversed, openUp, type Place, places, shakeHands } from "./places.ts";

const ping = (bytes: string) => plain(types.ping, ascii(bytes));
const pongOf = (bytes: string) =>
  `pong:${Array.from(ascii(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** How bytes go to the shim. */
const ways: Readonly<Record<string, (link: Link, bytes: Uint8Array) => Promise<void> | void>> = {
  "one-byte-at-a-time": (link, bytes) => link.wire.drip(bytes, "it all", 1),
  "slow-drip": (link, bytes) => link.wire.drip(bytes, "it all", 1, 2),
  "in-threes": (link, bytes) => link.wire.drip(bytes, "it all", 3),
  "in-one-chunk": (link, bytes) => link.send(bytes, "it all"),
};

/** The linger of the half-closed place would only cost time here. */
const brief = (place: Place): Place =>
  place.peerClosed ? { ...place, setup: { flags: ["--linger=150"] } } : place;

const inPlaces: Case[] = places.map(brief).flatMap((place) => {
  const good = (name: string, requirements: string, send: (link: Link) => Promise<void> | void) =>
    makeCase(place.role, place.state, name, requirements, {
      setup: place.setup,
      async play(link) {
        await place.reach(link);
        await send(link);
        if (!place.peerClosed) link.send(link.end.close(), "a Close");
      },
      expected: clean(place),
    });
  const data = (name: string, requirements: string, make: (link: Link) => Uint8Array) =>
    good(name, requirements, (link) => link.send(make(link), name));
  const pinged = {
    ...clean(place),
    says: place.isClosed ? [...place.says, pongOf("pingping")] : [...place.says, pongOf("pingping"), "close"],
  };
  const withPing = (name: string, send: (link: Link) => Uint8Array) =>
    makeCase(place.role, place.state, name, "RC-037 RC-046 RC-010", {
      setup: place.setup,
      async play(link) {
        await place.reach(link);
        link.send(send(link), name);
        await link.end.hear("pong");
        if (!place.peerClosed) link.send(link.end.close(), "a Close");
      },
      expected: pinged,
    });
  return [
    withPing("ping", ({ end }) => end.record(ping("pingping"))),
    withPing("ping-padded", ({ end }) =>
      end.record(plain(types.ping, ascii("pingping"), { padding: new Uint8Array(60_000) })),
    ),
    ...(place.peerClosed
      ? []
      : [
          data("smallest-data", "RC-024 RC-026", ({ end }) => end.data(ascii("1"))),
          data("largest-data", "RC-002 RC-024 RC-026", ({ end }) => end.data(new Uint8Array(65_516).fill(9))),
          data("data-padded-to-the-largest", "RC-009 RC-010 RC-016", ({ end }) =>
            end.data(ascii("1"), new Uint8Array(65_515)),
          ),
          data("data-padded-by-one", "RC-009 RC-010", ({ end }) => end.data(ascii("1"), new Uint8Array(1))),
          data("data-that-looks-like-padding", "RC-015 RC-016", ({ end }) => end.data(new Uint8Array(1_000))),
          data("many-records-in-one-chunk", "HS-003 ST-003 RC-026", ({ end }) =>
            concat(...Array.from({ length: 300 }, (_, i) => end.data(Uint8Array.of(i % 256)))),
          ),
          ...Object.entries(ways).map(([name, send]) =>
            good(`data-${name}`, "HS-003 RC-021 ST-042", (link) =>
              send(link, concat(link.end.data(ascii("cut ")), link.end.data(ascii("and joined")))),
            ),
          ),
          makeCase(place.role, place.state, "close-padded", "RC-010 RC-028", {
            setup: place.setup,
            async play(link) {
              await place.reach(link);
              link.send(
                link.end.record(plain(types.close, new Uint8Array(0), { padding: new Uint8Array(65_516) })),
                "a padded Close",
              );
            },
            expected: clean(place),
          }),
        ]),
  ];
});

const whole: Case[] = Object.entries(ways).flatMap(([name, send]) => [
  makeCase("server", "whole", name, "HS-003 HS-044 ST-003 ST-044 RC-045", {
    async play(link) {
      const { client } = link;
      const hello = client.hello();
      client.foresee();
      await send(link, concat(hello, client.response(), client.data(ascii("to and fro")), client.close()));
    },
    expected: conversed("server"),
  }),
  makeCase("client", "whole", name, "HS-003 HS-065 HS-073 ST-003 RC-045", {
    async play(link) {
      const { server } = link;
      await server.hear("hello");
      const challenge = server.challenge();
      const verdict = server.verdict();
      server.foresee();
      await send(link, concat(challenge, verdict, server.data(ascii("to and fro")), server.close()));
    },
    expected: conversed("client"),
  }),
]);

const shapes: Case[] = (["client", "server"] as const).flatMap((role) => [
  makeCase(role, "whole", "nothing-but-closes", "RC-035 RC-036 SC-006", {
    async play(link) {
      await openUp(link);
      link.send(link.end.close(), "a Close");
    },
    expected: conversed(role),
  }),
  makeCase(role, "whole", "a-megabyte", "RC-024 RC-026 SC-005", {
    async play(link) {
      await openUp(link);
      for (let i = 0; i < 16; i++) link.send(link.end.data(new Uint8Array(65_516).fill(i + 1)), "64 KiB");
      link.send(link.end.close(), "a Close");
    },
    expected: conversed(role),
  }),
  ...(
    [
      ["pads-its-own", ["--padding=512"], "RC-009 RC-010"],
      ["pads-to-the-largest", ["--padding=65519"], "RC-002 RC-009"],
      ["pads-unevenly", ["--padding=1000"], "RC-009 RC-010"],
      ["sends-small-records", ["--record-size=7"], "RC-004 RC-024"],
      ["sends-a-lot", ["--send=500000"], "RC-002 RC-024"],
      ["sends-and-pads", ["--send=100000", "--padding=4096", "--record-size=5000"], "RC-009 RC-024"],
    ] as const
  ).map(([name, flags, requirements]) =>
    makeCase(role, "open", name, requirements, {
      setup: { flags },
      async play(link) {
        await shakeHands(link);
        if (role === "client") link.send(link.server.verdict(), "an Accept");
        await link.printed("open");
        await link.end.hearData(Number(/--send=(\d+)/.exec(flags[0])?.[1] ?? 0));
        await converse(link, true);
      },
      expected: conversed(role),
    }),
  ),
]);

export const libertyCases: readonly Case[] = [...inPlaces, ...whole, ...shapes];
