/** First use: the application judges the key that a Challenge shows. */
import { type Case, type Expected, makeCase, type Setup } from "../case.ts";
import { Deviation } from "../deviation.ts";
import type { Link } from "../run/link.ts";
import { conversedFirstUse, cutOff, handshakePlaces, silent } from "./places.ts";
import { bent, challenge, firstUse, goesOn, judge } from "./sent-challenges.ts";

const judging = handshakePlaces.judging;
const silentlyHeld = (
  setup: Setup,
  name: string,
  requirements: string,
  expected: Expected,
  more: (link: Link) => void,
) =>
  makeCase("client", "judging", name, requirements, {
    setup,
    async play(link) {
      await challenge(({ server }) => server.challenge())(link);
      await link.printed("peerKey");
      more(link);
      await link.silence();
      if (link.wire.unread.length > 0)
        throw new Deviation(
          "nothing before the application's trust (HS-063)",
          `${link.wire.unread.length} bytes`,
        );
    },
    expected,
  });

export const firstUseCases: readonly Case[] = [
  makeCase("client", "await-challenge", "first-use", "HS-026 HS-061 RT-007", {
    setup: firstUse,
    play: goesOn(() => ({})),
    expected: conversedFirstUse,
  }),
  makeCase("client", "judging", "trusts-later", "HS-061 HS-063", {
    setup: judge(150),
    play: goesOn(() => ({})),
    expected: conversedFirstUse,
  }),
  silentlyHeld(
    judge(150, "--refuse=12"),
    "rejects-later",
    "HS-062 HS-064",
    silent(judging, "untrusted"),
    () => undefined,
  ),
  makeCase("client", "judging", "rejects", "HS-062 HS-064", {
    setup: { firstUse: true, flags: ["--refuse=3"] },
    play: bent(() => ({})),
    expected: silent(judging, "untrusted"),
  }),
  silentlyHeld(
    judge(2_000, "--handshake-timeout=300"),
    "timeout",
    "HS-120 HS-122 ST-016",
    silent(judging, "timeout"),
    () => undefined,
  ),
  silentlyHeld(judge(500), "eof", "ST-012 HS-064", cutOff(judging, "truncated"), ({ wire }) => wire.end()),
  silentlyHeld(judge(500), "reset", "ST-015 HS-064", cutOff(judging, "truncated"), ({ wire }) =>
    wire.reset(),
  ),
  silentlyHeld(
    judge(300, "--refuse=12"),
    "rejects-with-a-verdict-held",
    "HS-062 HS-065",
    silent(judging, "untrusted"),
    (link) => link.send(link.server.verdict(), "an Accept"),
  ),
];
