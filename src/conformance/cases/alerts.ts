/** Alerts that the peer sends, and those that the shim's application sends. */
import { ascii, concat } from "../../protocol/bytes.ts";
import { type Case, makeCase } from "../case.ts";
import { alertBody, plain, types } from "../peer/plaintext.ts";
import { hexOf } from "../shim/hex.ts";
import { alerted, openUp, type Place, places, shakeHands, silent, told } from "./places.ts";
import { oddWords } from "./plaintexts.ts";

/** All that are named, and some that are not. */
export const codes: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0x7fff, 0x8000, 0xffff];
const reason = ascii("a reason");

const received: Case[] = places.flatMap((place) =>
  codes.map((code) =>
    makeCase(place.role, place.state, `alert-${code}`, requirementsOf(code, place), {
      setup: place.setup,
      async play(link) {
        await place.reach(link);
        link.send(link.end.record(plain(types.alert, alertBody(code, reason))), `an Alert ${code}`);
      },
      expected: told(place, code, hexOf(reason)),
    }),
  ),
);

function requirementsOf(code: number, { peerClosed }: Place): string {
  const unknown = code > 12 ? " AL-003" : "";
  const withdrawn = code === 3 ? " AL-005" : "";
  return `AL-002 AL-013 AL-021 AL-022${unknown}${withdrawn}${peerClosed ? " AL-030" : ""}`;
}

const followed: Case[] = places.flatMap((place) =>
  (
    [
      ["alert-then-data", "AL-022 AL-023", plain(types.data, ascii("too late"))],
      ["alert-then-close", "AL-022 AL-023", plain(types.close)],
      ["alert-then-alert", "AL-013 AL-022 AL-023", plain(types.alert, alertBody(6))],
      ["alert-then-bad-record", "AL-013 AL-022 AL-023", plain(9)],
      ["alert-then-ping", "AL-022 AL-023", plain(types.ping, ascii("12345678"))],
    ] as const
  ).map(([name, requirements, more]) =>
    makeCase(place.role, place.state, name, requirements, {
      setup: place.setup,
      async play(link) {
        await place.reach(link);
        const alert = link.end.record(plain(types.alert, alertBody(12)));
        link.send(concat(alert, link.end.record(more)), name);
      },
      expected: told(place, 12),
    }),
  ),
);

const odd: Case[] = places
  .filter(({ state }) => state === "open")
  .flatMap((place) =>
    Object.entries(oddWords).map(([name, words]) =>
      makeCase(place.role, place.state, `alert-with-${name}`, "AL-021 AL-022 AL-025 AL-026", {
        setup: place.setup,
        async play(link) {
          await place.reach(link);
          link.send(link.end.record(plain(types.alert, alertBody(0x8001, words))), name);
        },
        expected: told(place, 0x8001, hexOf(words)),
      }),
    ),
  );

const padded: Case[] = places.map((place) =>
  makeCase(place.role, place.state, "alert-padded", "RC-010 AL-021 AL-022", {
    setup: place.setup,
    async play(link) {
      await place.reach(link);
      const padding = new Uint8Array(60_000);
      link.send(link.end.record(plain(types.alert, alertBody(8, reason), { padding })), "an Alert");
    },
    expected: told(place, 8, hexOf(reason)),
  }),
);

/** Long enough to be cut, at the boundary of a character: 1,023 bytes of it fit. */
const longWords = new TextEncoder().encode("€".repeat(400));

const sent: Case[] = (["client", "server"] as const).flatMap((role) => {
  const prints = role === "client" ? ["open"] : ["peerKey", "open"];
  const says = role === "client" ? ["hello", "response"] : ["challenge", "accept"];
  const open = { prints, says };
  const alertFlags = (code: number, when: string, words = "") => ({
    flags: [`--alert=${code}`, `--when=${when}`, ...(words === "" ? [] : [`--words=${words}`])],
  });
  return [
    ...[1, 3, 8, 9, 12, 0x8000, 0xffff].map((code) =>
      makeCase(role, "open", `gives-up-with-${code}`, "AL-002 AL-006 AL-007 AL-017", {
        setup: alertFlags(code, "open", hexOf(reason)),
        play: shakenAndLetIn,
        expected: {
          prints: [...prints, "failed:cancelled"],
          says: [...says, `alert:${code}:${hexOf(reason)}`],
          closing: "drains",
        },
      }),
    ),
    makeCase(role, "open", "gives-up-with-long-words", "AL-011 AL-025", {
      setup: alertFlags(0x8000, "open", hexOf(longWords)),
      play: shakenAndLetIn,
      expected: {
        prints: [...prints, "failed:cancelled"],
        says: [...says, `alert:32768:${hexOf(longWords.subarray(0, 1_023))}`],
        closing: "drains",
      },
    }),
    makeCase(role, "open", "gives-up-at-data", "AL-006 AL-008 AL-017", {
      setup: alertFlags(0x8000, "data"),
      async play(link) {
        await openUp(link);
        link.send(link.end.data(ascii("enough")), "Data");
      },
      expected: alerted(open, "cancelled", 0x8000),
    }),
    makeCase(role, "half-closed-remote", "gives-up-at-end", "AL-006 AL-008 AL-017", {
      setup: alertFlags(0x8000, "end"),
      async play(link) {
        await openUp(link);
        link.send(link.end.data(ascii("to and fro")), "Data");
        await link.end.hearData(10);
        link.send(link.end.close(), "a Close");
      },
      expected: alerted({ prints: [...prints, "end"], says }, "cancelled", 0x8000),
    }),
    makeCase(role, "draining", "answered-by-an-alert", "AL-027 ST-031", {
      setup: alertFlags(0x8000, "data"),
      async play(link) {
        await openUp(link);
        link.send(link.end.data(ascii("enough")), "Data");
        await link.end.hear("alert:32768");
        link.send(link.end.record(plain(types.alert, alertBody(5))), "an Alert that crosses it");
      },
      expected: alerted(open, "cancelled", 0x8000),
    }),
    makeCase(role, "draining", "reset-by-the-peer", "ST-028 ST-031", {
      setup: alertFlags(0x8000, "data"),
      async play(link) {
        await openUp(link);
        link.send(link.end.data(ascii("enough")), "Data");
        await link.end.hear("alert:32768");
        link.wire.reset();
      },
      expected: { ...alerted(open, "cancelled", 0x8000), closing: "follows" },
    }),
    makeCase(role, "draining", "never-ended-by-the-peer", "ST-028 ST-035 LM-003", {
      setup: { flags: [...alertFlags(0x8000, "open").flags, "--drain-timeout=900"] },
      play: shakenAndLetIn,
      expected: { ...alerted(open, "cancelled", 0x8000), closing: "deadline" },
    }),
    makeCase(role, "draining", "data-behind-the-alert", "AL-017 ST-027 ST-031", {
      setup: alertFlags(0x8000, "data"),
      async play(link) {
        await openUp(link);
        link.send(link.end.data(ascii("enough")), "Data");
        await link.end.hear("alert:32768");
        for (let i = 0; i < 20; i++)
          link.send(link.end.record(plain(types.data, new Uint8Array(20_000))), "Data");
      },
      expected: alerted(open, "cancelled", 0x8000),
    }),
  ];
});

async function shakenAndLetIn(link: Parameters<typeof shakeHands>[0]): Promise<void> {
  await shakeHands(link);
  if (link.role === "client") link.send(link.server.verdict(), "an Accept");
}

const early: Case[] = [
  makeCase("client", "await-challenge", "gives-up-at-start", "HS-064 AL-010", {
    setup: { flags: ["--alert=12", "--when=start"] },
    play: () => undefined,
    expected: [
      silent({ prints: [], says: ["hello"] }, "cancelled"),
      silent({ prints: [], says: [] }, "cancelled"),
    ],
  }),
  makeCase("client", "judging", "gives-up", "HS-064 AL-010 SC-001", {
    setup: { firstUse: true, flags: ["--alert=12", "--when=peerKey"] },
    async play(link) {
      await link.server.hear("hello");
      link.send(link.server.challenge(), "a Challenge");
    },
    expected: silent({ prints: ["peerKey"], says: ["hello"] }, "cancelled"),
  }),
  makeCase("server", "await-hello", "gives-up-at-start", "AL-009 ST-001", {
    setup: { flags: ["--alert=12", "--when=start"] },
    play: () => undefined,
    expected: silent({ prints: [], says: [] }, "cancelled"),
  }),
  makeCase("server", "deciding", "gives-up", "AL-009 HS-095 HS-096", {
    setup: { flags: ["--alert=32768", "--when=peerKey", `--words=${hexOf(reason)}`] },
    play: shakeHands,
    expected: {
      prints: ["peerKey", "failed:cancelled"],
      says: ["challenge", `alert:32768:${hexOf(reason)}`],
      closing: "drains",
    },
  }),
];

export const alertCases: readonly Case[] = [...received, ...followed, ...odd, ...padded, ...sent, ...early];
