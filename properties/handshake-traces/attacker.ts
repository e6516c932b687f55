/**
 * The attacker of the model: it sees every message, and computes with the secrets that it was given and nothing else.
 * No honest end is reachable from here: bytes that were on the wire come in by `see`, secrets by `learn`.
 */
import { encodeContext, transportKeys } from "../reference/messages.ts";
import type { Symmetric } from "../reference/noise.ts";
import { concat, dh, zeros } from "../reference/primitives.ts";
import { fresh, openRecord } from "../reference/record.ts";
import * as wire from "./ablated.ts";
import { codeOf, type KeyPair, pointOf, twin } from "./keys.ts";
import type { Fields, Message, Pub } from "./trace.ts";

/** What it makes of one end's messages: the keys they show, and the state after them. */
interface Reading {
  serverKey?: Uint8Array;
  clientKey?: Uint8Array;
  answered?: Symmetric;
}

export class Attacker {
  /** How often it had to leave out what it couldn't compute, a DH output or a seal: what it made then is a guess. */
  guesses = 0;
  readonly #on: wire.Switches;
  readonly #named: ReadonlyMap<string, Uint8Array>;
  readonly #secrets = new Map<string, Uint8Array>();
  readonly #shown = new Set<string>();
  readonly #seen = new Map<string, Map<Message, Uint8Array>>();
  /** The states after Challenges of its own making, by the client they went to. */
  readonly #challenged = new Map<string, Symmetric>();

  /** `named`: the public keys that it knows, by owner; `m` is its own ephemeral. */
  constructor(on: wire.Switches, named: ReadonlyMap<string, Uint8Array>, secrets: readonly KeyPair[]) {
    this.#on = on;
    this.#named = named;
    for (const key of named.values()) this.#shown.add(pointOf(key));
    for (const pair of secrets) this.learn(pair);
  }

  learn(pair: KeyPair): void {
    this.#secrets.set(pointOf(pair.public), pair.secret);
    this.#study();
  }

  /** A message that an end sent, or was handed. */
  see(end: string, message: Message, bytes: Uint8Array): void {
    const seen = this.#seen.get(end) ?? new Map<Message, Uint8Array>();
    this.#seen.set(end, seen.set(message, bytes));
    this.#study();
  }

  holdsSecretOf(key: Uint8Array): boolean {
    return this.#secrets.has(pointOf(key));
  }

  /** Whether it has ever been told, or has read, this public key. */
  knows(key: Uint8Array): boolean {
    return this.#shown.has(pointOf(key));
  }

  /** The text of the first transport record that an end sent, if it can compute the key. */
  read(end: string, record: Uint8Array): Uint8Array | undefined {
    const { answered } = this.#readingOf(end);
    if (answered === undefined) return undefined;
    const keys = transportKeys(answered);
    const opened = openRecord(fresh(end.startsWith("client") ? keys.client : keys.server), record);
    return "failed" in opened ? undefined : opened.body;
  }

  /** The bytes of a message that a trace says it delivers to an end. */
  make(to: string, message: Message, fields: Fields): Uint8Array {
    if (message === "Hello") return this.#hello(fields);
    if (fields.replay !== undefined) return this.#replayed(fields.replay, message, fields);
    if (message === "Challenge") return this.#challenge(to, fields);
    if (message === "Response") return this.#response(to, fields);
    if (message === "Verdict") return this.#verdict(to, fields);
    throw new Error(`no ${message} is in this handshake`);
  }

  #hello({ header = "h1", e, route = {} }: Fields): Uint8Array {
    return concat(wire.headers[header], this.#pub(e), this.#route(route));
  }

  #route({ replay, random }: NonNullable<Fields["route"]>): Uint8Array {
    if (replay !== undefined) return wire.splitHello(this.#had(replay, "Hello")).route;
    if (!random) throw new Error("no trace has another route");
    return zeros(this.#on.ownRouteKey ? 80 : 48).fill(0x5a);
  }

  #replayed(from: string, message: Message, { e }: Fields): Uint8Array {
    const bytes = this.#had(from, message);
    return message === "Challenge" ? concat(this.#pub(e), bytes.slice(32)) : bytes;
  }

  #challenge(to: string, { e, s, code = "ok" }: Fields): Uint8Array {
    const hello = this.#had(to, "Hello");
    const theirs = wire.splitHello(hello).e;
    const own = { e: this.#pub(e), s: this.#pub(s), code: codeOf(code) };
    const ee = this.#needed(this.#on.useEe, theirs, own.e);
    const es = this.#needed(this.#on.useEs, theirs, own.s);
    const made = wire.writeChallenge(this.#on, hello, { ...own, ee, es });
    this.#challenged.set(to, made.state);
    return made.bytes;
  }

  #response(to: string, { s, context = "" }: Fields): Uint8Array {
    const challenge = this.#readChallenge(to);
    if (challenge?.state == null) throw new Error(`it cannot read the Challenge of ${to}`);
    const key = this.#pub(s);
    const se = this.#needed(this.#on.useSe, challenge.e, key);
    return wire.writeResponse(this.#on, challenge.state, { s: key, context: encodeContext(context), se })
      .bytes;
  }

  #verdict(to: string, { word = "accept" }: Fields): Uint8Array {
    const said = word === "accept" ? word : codeOf(word);
    const state = this.#challenged.get(to);
    if (state !== undefined || !this.#on.verdictSealed)
      return wire.writeVerdict(this.#on, state ?? null, said);
    this.guesses++;
    return wire.writeVerdict({ ...this.#on, verdictSealed: false }, null, said);
  }

  /** X25519 of two public keys, of one of which it has the secret. */
  #dh(a: Uint8Array, b: Uint8Array): Uint8Array | null {
    const [first, second] = [this.#secrets.get(pointOf(a)), this.#secrets.get(pointOf(b))];
    if (first !== undefined) return dh(first, b);
    return second === undefined ? null : dh(second, a);
  }

  #needed(used: boolean, a: Uint8Array, b: Uint8Array): Uint8Array | null {
    const shared = this.#dh(a, b);
    if (used && shared === null) this.guesses++;
    return shared;
  }

  #pub(pub: Pub | undefined): Uint8Array {
    if (pub === undefined) throw new Error("a public key is missing");
    if ("twin" in pub) return twin(this.#pub(pub.twin));
    if ("key" in pub) return this.#name(pub.key);
    if (pub.ephemeral === "attacker") return this.#name("m");
    if (pub.ephemeral.startsWith("client")) return wire.splitHello(this.#had(pub.ephemeral, "Hello")).e;
    return this.#had(pub.ephemeral, "Challenge").slice(0, 32);
  }

  #name(owner: string): Uint8Array {
    const key = this.#named.get(owner);
    if (key === undefined) throw new Error(`it does not know ${owner}'s key`);
    return key;
  }

  #had(end: string, message: Message): Uint8Array {
    const bytes = this.#seen.get(end)?.get(message);
    if (bytes === undefined) throw new Error(`it has seen no ${message} of ${end}`);
    return bytes;
  }

  #readChallenge(end: string) {
    const hello = this.#had(end, "Hello");
    const { e } = wire.splitHello(hello);
    const own = (key: Uint8Array) => this.#dh(e, key);
    return wire.readChallenge(this.#on, hello, this.#had(end, "Challenge"), { ee: own, es: own });
  }

  #readingOf(end: string): Reading {
    const seen = this.#seen.get(end);
    if (!seen?.has("Hello") || !seen.has("Challenge")) return {};
    const challenge = this.#readChallenge(end);
    if (challenge === null) return {};
    const shown = { serverKey: challenge.s };
    const response = seen.get("Response");
    if (challenge.state === null || response === undefined) return shown;
    const read = wire.readResponse(this.#on, challenge.state, response, (key) => this.#dh(challenge.e, key));
    if (read === null) return shown;
    return { ...shown, clientKey: read.s, ...(read.state && { answered: read.state }) };
  }

  /** Reads what it can of all that it has seen, and keeps the keys. */
  #study(): void {
    for (const end of this.#seen.keys()) {
      const { serverKey, clientKey } = this.#readingOf(end);
      for (const key of [serverKey, clientKey]) if (key !== undefined) this.#shown.add(pointOf(key));
    }
  }
}
