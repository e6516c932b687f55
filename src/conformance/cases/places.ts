import { ascii } from "../../protocol/bytes.ts";
import type { Expected, Role, Setup } from "../case.ts";
import type { Link } from "../run/link.ts";

/** A state of an open channel, and how the runner takes the shim there. */
export interface Place {
  readonly role: Role;
  /** As in the identifiers of cases. */
  readonly state: string;
  readonly setup: Setup;
  /** Until there. */
  reach(link: Link): Promise<void>;
  /** What has been printed, and said, by then. */
  readonly prints: readonly string[];
  readonly says: readonly string[];
  /** Whether the shim has closed its direction. */
  readonly isClosed: boolean;
  /** Whether the peer, the runner, has closed its own. */
  readonly peerClosed: boolean;
}

/** The handshake up to the Response, all of it right. */
export async function shakeHands(link: Link): Promise<void> {
  if (link.role === "server") {
    link.send(link.client.hello(), "a Hello");
    await link.client.hear("challenge");
    link.send(link.client.response(), "a Response");
  } else {
    await link.server.hear("hello");
    link.send(link.server.challenge(), "a Challenge");
    await link.server.hear("response");
  }
}

/** The whole handshake. */
export async function openUp(link: Link): Promise<void> {
  await shakeHands(link);
  if (link.role === "server") await link.client.hear("accept");
  else link.send(link.server.verdict(), "an Accept");
  await link.printed("open");
}

/** Sends good data, and awaits the echo. */
export async function echoed(link: Link, text: string): Promise<void> {
  const before = link.end.heard.length;
  link.send(link.end.data(ascii(text)), `the Data "${text}"`);
  await link.end.hearData(before + text.length);
}

const begun = { client: ["hello", "response"], server: ["challenge", "accept"] } as const;
const opened = { client: ["open"], server: ["peerKey", "open"] } as const;

/** What has been printed when the channel is open. */
export const openPrints = (role: Role): readonly string[] => opened[role];
export const openSays = (role: Role): readonly string[] => begun[role];

/** Open and the two half-closed states, of both roles. */
export const places: readonly Place[] = (["client", "server"] as const).flatMap((role): Place[] => [
  {
    role,
    state: "open",
    setup: {},
    async reach(link) {
      await openUp(link);
      await echoed(link, "ready");
    },
    prints: opened[role],
    says: begun[role],
    isClosed: false,
    peerClosed: false,
  },
  {
    role,
    state: "half-closed-local",
    setup: { flags: ["--close-first"] },
    async reach(link) {
      await openUp(link);
      await link.end.hear("close");
    },
    prints: opened[role],
    says: [...begun[role], "close"],
    isClosed: true,
    peerClosed: false,
  },
  {
    role,
    state: "half-closed-remote",
    setup: { flags: ["--linger=8000"] },
    async reach(link) {
      await openUp(link);
      await echoed(link, "ready");
      link.send(link.end.close(), "a Close");
      await link.printed("end");
    },
    prints: [...opened[role], "end"],
    says: begun[role],
    isClosed: false,
    peerClosed: true,
  },
]);

export const placesBy = (role: Role, state: string): Place => {
  const place = places.find((one) => one.role === role && one.state === state);
  if (place === undefined) throw new Error(`no place ${role}/${state}`);
  return place;
};

/** An end with an Alert of the shim's own. */
export function alerted(place: Pick<Place, "prints" | "says">, kind: string, code: number): Expected {
  return {
    prints: [...place.prints, `failed:${kind}`],
    says: [...place.says, `alert:${code}`],
    closing: "drains",
  };
}

/** An end in silence, at which the shim closes the transport. */
export function silent(place: Pick<Place, "prints" | "says">, kind: string): Expected {
  return { prints: [...place.prints, `failed:${kind}`], says: place.says, closing: "closes" };
}

/** The same behind the runner's own end of the transport. */
export function cutOff(place: Pick<Place, "prints" | "says">, kind: string): Expected {
  return { prints: [...place.prints, `failed:${kind}`], says: place.says, closing: "follows" };
}

/** What a peer's Alert leads to. */
export function told(place: Pick<Place, "prints" | "says">, code: number, words = ""): Expected {
  const alert = `alert:${code}${words === "" ? "" : `:${words}`}`;
  return {
    prints: [...place.prints, alert, `failed:alert_received:${code}`],
    says: place.says,
    closing: "closes",
  };
}

/** A clean end: both have closed. */
export function clean(place: Pick<Place, "prints" | "says" | "isClosed" | "peerClosed">): Expected {
  return {
    prints: [...place.prints, ...(place.peerClosed ? [] : ["end"]), "closed"],
    says: [...place.says, ...(place.isClosed ? [] : ["close"])],
    closing: "drains",
  };
}

/** Handshake states: what has been printed and said there. */
export const handshakePlaces = {
  awaitChallenge: { prints: [], says: ["hello"] },
  judging: { prints: ["peerKey"], says: ["hello"] },
  awaitVerdict: { prints: [], says: ["hello", "response"] },
  awaitVerdictClosed: { prints: [], says: ["hello", "response", "close"] },
  awaitHello: { prints: [], says: [] },
  awaitResponse: { prints: [], says: ["challenge"] },
  deciding: { prints: ["peerKey"], says: ["challenge"] },
} as const;

/** A conversation that begins with an open channel, and ends cleanly: data, echo, both Closes. */
export async function converse(link: Link, isOpen = false): Promise<void> {
  if (!isOpen) await openUp(link);
  await echoed(link, "to and fro");
  link.send(link.end.close(), "a Close");
}

/** How that ends. */
export function conversed(role: Role): Expected {
  return {
    prints: [...opened[role], "end", "closed"],
    says: [...begun[role], "close"],
    closing: "drains",
  };
}

/** The same on first use. */
export const conversedFirstUse: Expected = {
  prints: ["peerKey", "open", "end", "closed"],
  says: [...begun.client, "close"],
  closing: "drains",
};
