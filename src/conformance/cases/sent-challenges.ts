/** How a Challenge is sent, odd or not. */
import type { Setup } from "../case.ts";
import type { ChallengeBends } from "../peer/server-end.ts";
import type { Link } from "../run/link.ts";
import { converse, handshakePlaces, silent } from "./places.ts";

/** Where a client is that awaits it. */
export const place = handshakePlaces.awaitChallenge;
/** A client without an expected key. */
export const firstUse: Setup = { firstUse: true };
export const badChallenge = silent(place, "bad_challenge");

/** Answers the Hello with a Challenge of any bytes. */
export const challenge =
  (make: (link: Link) => Uint8Array) =>
  async (link: Link): Promise<void> => {
    await link.server.hear("hello");
    link.send(make(link), "a Challenge");
  };
/** Answers it with one that is bent. */
export const bent = (bends: (link: Link) => ChallengeBends) =>
  challenge((link) => link.server.challenge(bends(link)));

/** Goes on after an odd Challenge that is all right. */
export const goesOn = (bends: (link: Link) => ChallengeBends) => async (link: Link) => {
  await bent(bends)(link);
  await link.server.hear("response");
  link.send(link.server.verdict(), "an Accept");
  await link.printed("open");
  await converse(link, true);
};

/** A client whose application judges the key for so long. */
export const judge = (ms: number, ...flags: string[]): Setup => ({
  firstUse: true,
  flags: [`--decide-after=${ms}`, ...flags],
});
