/** What reaches a client between the Challenge and its Response, which a key holder may keep waiting. */
import { concat } from "../../protocol/bytes.ts";
import { type Case, type Expected, makeCase, type Setup } from "../case.ts";
import { alertBody, framed, plain, types } from "../peer/plaintext.ts";
import type { Link } from "../run/link.ts";
import { alerted, converse, conversed, conversedFirstUse, cutOff, silent, told } from "./places.ts";
import { bent, challenge, goesOn, judge, place } from "./sent-challenges.ts";

/** What the server says before it has the Response: kept, and judged behind it. */
const ahead: Case[] = (
  [
    ["judging", judge(150)],
    ["responding", { flags: ["--dh-after=150"], optional: true }],
    ["await-challenge", {}],
  ] as const
).flatMap(([state, setup]) => {
  const isFirstUse = state === "judging";
  const prints = isFirstUse ? ["peerKey"] : [];
  const says = ["hello", "response"];
  const held = (
    name: string,
    requirements: string,
    make: (link: Link) => Uint8Array,
    expected: Expected | Expected[],
  ) =>
    makeCase("client", state, `ahead-${name}`, requirements, {
      setup,
      play: challenge((link) => concat(link.server.challenge(), make(link))),
      expected,
    });
  return [
    makeCase("client", state, "ahead-accept", "HS-065 ST-011", {
      setup,
      async play(link) {
        await challenge(({ server }) => concat(server.challenge(), server.verdict()))(link);
        await link.server.hear("response");
        await link.printed("open");
        await converse(link, true);
      },
      expected: isFirstUse ? conversedFirstUse : conversed("client"),
    }),
    held(
      "alert",
      "HS-065 HS-101",
      ({ server }) => server.verdict(plain(types.alert, alertBody(8))),
      // The Response goes out and the transport is closed in one: it may not get there.
      [says, ["hello"]].map((said) => told({ prints, says: said }, 8)),
    ),
    held(
      "bad-verdict",
      "HS-065 HS-099",
      () => framed(new Uint8Array(272)),
      alerted({ prints, says }, "bad_record", 5),
    ),
    held(
      "everything",
      "HS-065 HS-003 ST-011",
      (link) => {
        const verdict = link.server.verdict();
        link.server.foresee();
        return concat(verdict, link.server.data(new Uint8Array(100).fill(7)), link.server.close());
      },
      isFirstUse ? conversedFirstUse : conversed("client"),
    ),
  ];
});

const responding: Setup = { flags: ["--dh-after=300"], optional: true };
const whileResponding: Case[] = [
  makeCase("client", "responding", "patient", "NO-022 HS-067", {
    setup: { flags: ["--dh-after=100"], optional: true },
    play: goesOn(() => ({})),
    expected: conversed("client"),
  }),
  makeCase("client", "responding", "eof", "ST-012 HS-064", {
    setup: responding,
    async play(link) {
      await bent(() => ({}))(link);
      link.wire.end();
    },
    expected: cutOff(place, "truncated"),
  }),
  makeCase("client", "responding", "reset", "ST-015 HS-064", {
    setup: responding,
    async play(link) {
      await bent(() => ({}))(link);
      await link.pause(60);
      link.wire.reset();
    },
    expected: cutOff(place, "truncated"),
  }),
  makeCase("client", "responding", "timeout", "HS-119 HS-120", {
    setup: { flags: ["--dh-after=2000", "--handshake-timeout=300"], optional: true },
    play: bent(() => ({})),
    expected: silent(place, "timeout"),
  }),
];

export const beforeResponseCases: readonly Case[] = [...ahead, ...whileResponding];
