/**
 * Everything that can come to an end from its peer's side, made by the reference implementation alone: what an honest
 * peer would say next, what only a hostile one says, and what an attacker on the way has recorded. A peer is a value:
 * what it says gives the next one, so that a tree of orderings shares what its branches have in common.
 */
import {
  challenge,
  encodeContext,
  hello,
  makeHeader,
  readChallenge,
  readResponse,
  response,
  responseWithKey,
  transportKeys,
  verdictKey,
} from "../reference/messages.ts";
import type { Symmetric } from "../reference/noise.ts";
import { ascii, concat, equal, publicOf, u16, zeros } from "../reference/primitives.ts";
import {
  type Direction,
  encodeAlert,
  encodePlaintext,
  fresh,
  openRecord,
  sealRecord,
  TYPES,
  type TypeName,
} from "../reference/record.ts";
import { CODES } from "../reference/talk.ts";

export type Role = "client" | "server";

/** Bytes without a meaning, the same for the same number. */
export function noise(length: number, number: number): Uint8Array {
  let state = Math.imul(number + 1, 0x9e3779b1) >>> 0;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** TEST KEYS, and the secrets that both ends of the sessions draw. */
export const secrets = {
  client: noise(32, 1),
  server: noise(32, 2),
  newer: noise(32, 3),
  other: noise(32, 4),
  peerEphemeral: noise(32, 5),
  strayEphemeral: noise(32, 6),
  oldClient: noise(32, 7),
  oldServer: noise(32, 8),
} as const;
type KeyName = "client" | "server" | "newer" | "other";

const keyNames = ["client", "server", "newer", "other"] as const;
export function keyName(publicKey: Uint8Array): KeyName | "nobody" {
  return keyNames.find((name) => equal(publicOf(secrets[name]), publicKey)) ?? "nobody";
}

export const pingBody = ascii("8 bytes!");
export const words = "over";
export const context = "orderings";

/** What a record says, once it has authenticated. */
export type RecordTruth =
  | { readonly type: TypeName; readonly body: Uint8Array }
  | { readonly type: "malformed"; readonly isAlert: boolean };

/** What a message or record of the peer truly is: only what was said here for this very connection is anything. */
export type Truth =
  | {
      readonly is: "hello";
      readonly asks: KeyName | "nobody";
      readonly mine: boolean;
      readonly isZero?: boolean;
    }
  | { readonly is: "challenge"; readonly from: KeyName; readonly code: number }
  | { readonly is: "response"; readonly served: boolean }
  | { readonly is: "verdict"; readonly record: RecordTruth }
  | { readonly is: "record"; readonly at: number; readonly record: RecordTruth };

export interface Said {
  readonly bytes: Uint8Array;
  readonly truth: Truth;
}

/** Whom a peer that is a client asks for. */
export interface Wish {
  readonly server: KeyName | "nobody";
  readonly via: KeyName;
}

export interface Peer {
  /** The role of the end that this peer talks to. */
  readonly end: Role;
  readonly said: readonly Said[];
  /** What the end transmitted last. */
  readonly heard: Uint8Array | undefined;
  /** The Hello of this connection, its own or the one that it heard. */
  readonly hello: Uint8Array | undefined;
  readonly wish: Wish;
  /** The handshake's state after the Challenge, where this peer can know it. */
  readonly challenged: Symmetric | undefined;
  readonly serverE: Uint8Array | undefined;
  readonly outgoing: Direction | undefined;
  readonly incoming: Direction | undefined;
  /** The Verdict was heard. */
  readonly accepted: boolean;
}

export function newPeer(end: Role, wish: Wish = { server: "server", via: "server" }): Peer {
  const nothing = undefined;
  return {
    end,
    wish,
    said: [],
    heard: nothing,
    hello: end === "server" ? helloFor(secrets.peerEphemeral, wish) : nothing,
    challenged: nothing,
    serverE: nothing,
    outgoing: nothing,
    incoming: nothing,
    accepted: false,
  };
}

function helloFor(ephemeral: Uint8Array, wish: Wish): Uint8Array {
  const route =
    wish.server === "nobody"
      ? { random48: noise(48, 9) }
      : { serverKey: publicOf(secrets[wish.server]), via: publicOf(secrets[wish.via]) };
  const made = hello(ephemeral, makeHeader(), route);
  if (made === "zero") throw new Error("test keys are no low-order points");
  return made.bytes;
}

/** Another session of the same two ends, as somebody on the way has recorded it. */
export const recorded = (() => {
  const first = helloFor(secrets.oldClient, { server: "server", via: "server" });
  const second = challenge(first, secrets.oldServer, secrets.server, 0);
  if (second === "zero") throw new Error("test keys are no low-order points");
  const third = response(second.state, secrets.client, publicOf(secrets.oldServer), encodeContext(context));
  const keys = transportKeys(third.state);
  const record = (key: Uint8Array) => sealRecord(fresh(key), encodePlaintext(0, ascii("old"))).wire;
  const verdict = sealRecord(fresh(verdictKey(second.state)), encodePlaintext(2, zeros(0), 256)).wire;
  return {
    hello: first,
    challenge: second.bytes,
    response: third.bytes,
    verdict,
    ofClient: record(keys.client),
    ofServer: record(keys.server),
  };
})();

/** What a peer can make, if it can: the bytes, and the peer that has said them. */
export interface Made {
  readonly bytes: Uint8Array;
  readonly peer: Peer;
}

function says(peer: Peer, bytes: Uint8Array, truth: Truth, more: Partial<Peer> = {}): Made {
  return { bytes, peer: { ...peer, ...more, said: [...peer.said, { bytes, truth }] } };
}

/** Bytes that are nothing: they change nothing of what the peer can say next. */
const merely = (peer: Peer, bytes: Uint8Array | undefined): Made | undefined => bytes && { bytes, peer };

const has = (peer: Peer, is: Truth["is"]) => peer.said.some(({ truth }) => truth.is === is);

function makeChallenge(peer: Peer, from: "server" | "other", code: number): Made | undefined {
  if (peer.end !== "client" || peer.hello === undefined || has(peer, "challenge")) return undefined;
  const made = challenge(peer.hello, secrets.peerEphemeral, secrets[from], code);
  if (made === "zero") throw new Error("test keys are no low-order points");
  const truth = { is: "challenge", from, code } as const;
  return says(peer, made.bytes, truth, code === 0 ? { challenged: made.state } : {});
}

function makeResponse(peer: Peer, name: string): Made | undefined {
  if (peer.challenged === undefined || peer.serverE === undefined || has(peer, "response")) return undefined;
  const made = response(peer.challenged, secrets.client, peer.serverE, encodeContext(name));
  const keys = transportKeys(made.state);
  return says(
    peer,
    made.bytes,
    { is: "response", served: name === context },
    { outgoing: fresh(keys.client), incoming: fresh(keys.server) },
  );
}

function sealVerdict(peer: Peer, plaintext: Uint8Array, record: RecordTruth): Made | undefined {
  if (peer.end !== "client" || peer.challenged === undefined || has(peer, "verdict")) return undefined;
  const { wire } = sealRecord(fresh(verdictKey(peer.challenged)), plaintext);
  return says(peer, wire, { is: "verdict", record });
}

function makeVerdict(peer: Peer, type: TypeName, body: Uint8Array): Made | undefined {
  return sealVerdict(peer, encodePlaintext(TYPES.indexOf(type), body, 256), { type, body });
}

function sealNext(peer: Peer, plaintext: Uint8Array, record: RecordTruth): Made | undefined {
  if (peer.outgoing === undefined) return undefined;
  const { wire, next } = sealRecord(peer.outgoing, plaintext);
  const at = Number(peer.outgoing.nonce);
  return says(peer, wire, { is: "record", at, record }, { outgoing: next });
}

function makeRecord(peer: Peer, type: TypeName, body: Uint8Array): Made | undefined {
  return sealNext(peer, encodePlaintext(TYPES.indexOf(type), body), { type, body });
}

/** What an honest peer says next in the handshake, where the next word is its own. */
function nextMessage(peer: Peer): Made | undefined {
  if (peer.end === "client") return makeChallenge(peer, "server", 0) ?? makeVerdict(peer, "Accept", zeros(0));
  if (!has(peer, "hello") && peer.hello !== undefined)
    return says(peer, peer.hello, { is: "hello", asks: peer.wish.server, mine: true });
  return makeResponse(peer, context);
}

/** The same, or data once the handshake is over: what the altered words are made from. */
function wellFormed(peer: Peer): Made | undefined {
  return nextMessage(peer) ?? makeRecord(peer, "Data", ascii("data"));
}

function isRecord(peer: Peer, unit: Made): boolean {
  const is = unit.peer.said[peer.said.length]?.truth.is;
  return is === "record" || is === "verdict";
}

/** What comes where the other role's word of this moment is put in the place of the peer's. */
function wrongRole(peer: Peer): Uint8Array {
  // Under the key of the end's own direction, at its very counter: a peer that forges the direction.
  if (peer.incoming !== undefined) return sealRecord(peer.incoming, encodePlaintext(0, ascii("turned"))).wire;
  if (peer.end === "client") return peer.challenged === undefined ? recorded.hello : recorded.response;
  return recorded.challenge;
}

/** The same moment's word out of the recorded session. */
function stale(peer: Peer): Uint8Array {
  if (peer.end === "server") {
    if (peer.said.length === 0) return recorded.hello;
    return peer.outgoing === undefined ? recorded.response : recorded.ofClient;
  }
  if (peer.challenged === undefined) return recorded.challenge;
  return has(peer, "verdict") ? recorded.ofServer : recorded.verdict;
}

function staleSaid(peer: Peer): Made {
  const bytes = stale(peer);
  // A recorded Hello is a Hello: only what follows it can't be said by who did not make it.
  return bytes === recorded.hello
    ? says(peer, bytes, { is: "hello", asks: "server", mine: false }, { hello: undefined })
    : { bytes, peer };
}

/** A message whose key is a low-order point, made as well as it can be: every DH with that key is all zeros. */
function lowOrder(peer: Peer): Made | undefined {
  if (peer.end === "client") {
    const unit = makeChallenge(peer, "server", 0);
    return unit && { bytes: concat(zeros(32), unit.bytes.subarray(32)), peer };
  }
  if (peer.said.length === 0 && peer.hello !== undefined) {
    const bytes = concat(peer.hello.subarray(0, 8), zeros(32), peer.hello.subarray(40));
    return says(
      peer,
      bytes,
      { is: "hello", asks: "nobody", mine: false, isZero: true },
      { hello: undefined },
    );
  }
  if (peer.challenged === undefined || has(peer, "response")) return undefined;
  return { bytes: responseWithKey(peer.challenged, zeros(32), zeros(32), encodeContext(context)), peer };
}

/** One byte more than there should be; where a length is told it counts it. */
function oversized(peer: Peer): Made | undefined {
  const unit = wellFormed(peer);
  if (unit === undefined) return undefined;
  const { bytes } = unit;
  if (!isRecord(peer, unit)) return { bytes: concat(bytes, Uint8Array.of(0xff)), peer: unit.peer };
  return { bytes: concat(u16(bytes.length - 1), bytes.subarray(2), Uint8Array.of(0xff)), peer };
}

/** A byte less, and a record that is shorter than any. */
function undersized(peer: Peer): Made | undefined {
  const unit = wellFormed(peer);
  if (unit === undefined) return undefined;
  if (!isRecord(peer, unit)) return { bytes: unit.bytes.slice(0, -1), peer };
  return { bytes: concat(u16(18), unit.bytes.subarray(2, 20)), peer };
}

function cut(peer: Peer): Made | undefined {
  const unit = wellFormed(peer);
  return unit && isRecord(peer, unit) ? { bytes: unit.bytes.slice(0, -1), peer } : undefined;
}

/** Right in form, and made without the key. */
function forged(peer: Peer): Made | undefined {
  const unit = wellFormed(peer);
  if (unit === undefined || !isRecord(peer, unit)) return undefined;
  return { bytes: concat(unit.bytes.subarray(0, 2), noise(unit.bytes.length - 2, 10)), peer };
}

/** By name, what can come: the well-formed words first, then the others. */
export const kinds = {
  next: nextMessage,
  refusal: (peer: Peer) => makeChallenge(peer, "server", CODES.busy),
  impostor: (peer: Peer) => makeChallenge(peer, "other", 0),
  wrongContext: (peer: Peer) => makeResponse(peer, "another"),
  verdictAlert: (peer: Peer) => makeVerdict(peer, "Alert", encodeAlert(CODES.not_authorized, words)),
  verdictData: (peer: Peer) => makeVerdict(peer, "Data", ascii("x")),
  malformedVerdict: (peer: Peer) =>
    sealVerdict(peer, encodePlaintext(1, zeros(2)), { type: "malformed", isAlert: true }),
  data: (peer: Peer) => makeRecord(peer, "Data", ascii("data")),
  alert: (peer: Peer) => makeRecord(peer, "Alert", encodeAlert(CODES.going_away, words)),
  accept: (peer: Peer) => makeRecord(peer, "Accept", zeros(0)),
  close: (peer: Peer) => makeRecord(peer, "Close", zeros(0)),
  ping: (peer: Peer) => makeRecord(peer, "Ping", pingBody),
  pong: (peer: Peer) => makeRecord(peer, "Pong", pingBody),
  malformed: (peer: Peer) =>
    sealNext(peer, encodePlaintext(6, zeros(0)), { type: "malformed", isAlert: false }),
  malformedAlert: (peer: Peer) =>
    sealNext(peer, encodePlaintext(1, zeros(2)), { type: "malformed", isAlert: true }),
  wrongRole: (peer: Peer) => merely(peer, wrongRole(peer)),
  stale: staleSaid,
  lowOrder,
  replayed: (peer: Peer) => merely(peer, peer.said.at(-1)?.bytes),
  /** The message that the handshake began with on this side, once it is not the last. */
  again: (peer: Peer) => (peer.said.length > 1 ? merely(peer, peer.said[0]?.bytes) : undefined),
  reflected: (peer: Peer) => merely(peer, peer.heard),
  oversized,
  undersized,
  cut,
  forged,
  garbage: (peer: Peer) => merely(peer, noise(wellFormed(peer)?.bytes.length ?? 96, 11)),
} as const satisfies Record<string, (peer: Peer) => Made | undefined>;
export type Kind = keyof typeof kinds;

const madeBy = new WeakMap<Peer, Map<Kind, Made | undefined>>();

/** What a peer makes of a kind, if it can. */
export function make(peer: Peer, kind: Kind): Made | undefined {
  const made = madeBy.get(peer) ?? new Map<Kind, Made | undefined>();
  madeBy.set(peer, made);
  if (!made.has(kind)) made.set(kind, kinds[kind](peer));
  return made.get(kind);
}

const alertName = (code: number) =>
  Object.entries(CODES).find(([, value]) => value === code)?.[0] ?? `${code}`;

function recordWords(type: number, body: Uint8Array): string {
  const name = TYPES[type] ?? "?";
  if (name === "Alert") return `Alert ${alertName((body[0] ?? 0) * 256 + (body[1] ?? 0))}`;
  return name === "Accept" || name === "Close" ? name : `${name} ${new TextDecoder().decode(body)}`;
}

/** What the end has transmitted, in words; only its length where this peer can't read it. */
export function read(peer: Peer, bytes: Uint8Array): { readonly said: string; readonly peer: Peer } {
  const heard = { ...peer, heard: bytes };
  const unreadable = { said: `${bytes.length} bytes`, peer: heard };
  if (peer.incoming !== undefined && (peer.end === "client" || peer.accepted)) {
    const record = openRecord(peer.incoming, bytes);
    if ("failed" in record) return unreadable;
    return { said: recordWords(record.type, record.body), peer: { ...heard, incoming: record.next } };
  }
  if (peer.end === "client") return readAsServer(heard, bytes) ?? unreadable;
  return readAsClient(heard, bytes) ?? unreadable;
}

type Reading = { readonly said: string; readonly peer: Peer } | undefined;

function readAsServer(peer: Peer, bytes: Uint8Array): Reading {
  if (peer.hello === undefined && bytes.length === 88)
    return { said: "Hello", peer: { ...peer, hello: bytes } };
  if (peer.challenged === undefined || bytes.length !== 96) return undefined;
  const got = readResponse(peer.challenged, secrets.peerEphemeral, bytes);
  if (got === "bad") return undefined;
  const keys = transportKeys(got.state);
  const directions = { incoming: fresh(keys.client), outgoing: fresh(keys.server) };
  return { said: `Response of ${keyName(got.clientKey)}`, peer: { ...peer, ...directions } };
}

function readAsClient(peer: Peer, bytes: Uint8Array): Reading {
  if (peer.challenged === undefined) {
    if (equal(bytes, makeHeader())) return { said: "hint", peer };
    if (bytes.length !== 98 || peer.hello === undefined) return undefined;
    const got = readChallenge(peer.hello, secrets.peerEphemeral, bytes);
    if (got === "bad") return undefined;
    const said = `Challenge ${got.code} of ${keyName(got.serverKey)}`;
    return { said, peer: { ...peer, challenged: got.state, serverE: got.serverE } };
  }
  const verdict = openRecord(fresh(verdictKey(peer.challenged)), bytes);
  if ("failed" in verdict) return undefined;
  const said = `Verdict ${recordWords(verdict.type, verdict.body)}`;
  return { said, peer: { ...peer, accepted: said === "Verdict Accept" } };
}
