/**
 * The published design that Hawser grew from, as small as shows its two flaws (spec/rationale.md, spec/model/handshake/
 * boxed.maude). Kept as a counterexample, for the suites to find. Never use it.
 *
 *     client -> server   c                     a session public key, 32 bytes
 *     server -> client   s | box(S, c){c}      its own, and the proof: the client's session key, boxed; 80 bytes
 *     client -> server   C | box(C, s){s}      the client's long-term key, and its proof; 80 bytes
 *
 * box(P, q){t} is t sealed under the DH of a long-term key P and a session key q. What follows is sealed under the DH of
 * both session keys. Nothing binds an end's own session key to its proof, and both proofs look alike.
 */
import { ascii, blake2b, concat, dh, equal, open, seal, zeros } from "../reference/primitives.ts";

export interface KeyPair {
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** 32 bytes. */
  readonly public: Uint8Array;
}

export const SESSION_KEY_SIZE = 32;
/** A public key and a box. */
export const PROOF_SIZE = 80;

/** The key of a box, or of the records: 32 bytes from a DH of one's own secret key and the other's public key. */
function keyOf(label: string, secret: Uint8Array, theirs: Uint8Array): Uint8Array {
  const shared = dh(secret, theirs);
  if (shared === null) throw new RangeError("a low-order point is no key");
  return blake2b(ascii(label), shared).slice(0, 32);
}

const boxOf = (secret: Uint8Array, theirs: Uint8Array, content: Uint8Array) =>
  seal(keyOf("box", secret, theirs), 0n, zeros(0), content);

/** Whether a box made by the holder of `theirs` holds one's own session key. */
function proves(session: KeyPair, theirs: Uint8Array, box: Uint8Array): boolean {
  const content = open(keyOf("box", session.secret, theirs), 0n, zeros(0), box);
  return content !== null && equal(content, session.public);
}

/** One record under both session keys. Who has one of their secrets, and the other's public key, has the key. */
export function sealRecord(
  from: "client" | "server",
  secret: Uint8Array,
  theirs: Uint8Array,
  text: Uint8Array,
): Uint8Array {
  return seal(keyOf(from, secret, theirs), 0n, zeros(0), text);
}

/** The text, or `null` when it does not authenticate. */
export function openRecord(
  from: "client" | "server",
  secret: Uint8Array,
  theirs: Uint8Array,
  record: Uint8Array,
): Uint8Array | null {
  return open(keyOf(from, secret, theirs), 0n, zeros(0), record);
}

/** The records of one direction, each under the next nonce. */
export interface Direction {
  seal(text: Uint8Array): Uint8Array;
  /** The text, or `null` when it does not authenticate. */
  open(record: Uint8Array): Uint8Array | null;
}

export function boxedDirection(from: "client" | "server", secret: Uint8Array, theirs: Uint8Array): Direction {
  const key = keyOf(from, secret, theirs);
  let n = 0n;
  return {
    seal: (text) => seal(key, n++, zeros(0), text),
    open: (record) => open(key, n++, zeros(0), record),
  };
}

export class BoxedClient {
  readonly #own: KeyPair;
  readonly #serverKey: Uint8Array;
  readonly #session: KeyPair;
  #peer: Uint8Array | undefined;

  constructor(own: KeyPair, serverKey: Uint8Array, session: KeyPair) {
    this.#own = own;
    this.#serverKey = serverKey;
    this.#session = session;
  }

  /** The first message. */
  get sessionKey(): Uint8Array {
    return this.#session.public;
  }

  /** The server's session key, as it was taken; `undefined` while the server has not proved itself. */
  get peerSession(): Uint8Array | undefined {
    return this.#peer;
  }

  /** The third message; `undefined` when the second proves nothing. */
  answer(proof: Uint8Array): Uint8Array | undefined {
    const peer = proof.slice(0, SESSION_KEY_SIZE);
    if (!proves(this.#session, this.#serverKey, proof.slice(SESSION_KEY_SIZE))) return undefined;
    this.#peer = peer;
    return concat(this.#own.public, boxOf(this.#own.secret, peer, peer));
  }

  write(text: Uint8Array): Uint8Array {
    if (this.#peer === undefined) throw new Error("the server has not proved itself");
    return sealRecord("client", this.#session.secret, this.#peer, text);
  }
}

export class BoxedServer {
  readonly #own: KeyPair;
  readonly #session: KeyPair;
  #peer: Uint8Array | undefined;
  #clientKey: Uint8Array | undefined;

  constructor(own: KeyPair, session: KeyPair) {
    this.#own = own;
    this.#session = session;
  }

  /** The client's long-term key, once it counts as proved. */
  get clientKey(): Uint8Array | undefined {
    return this.#clientKey;
  }

  /** The second message. */
  proof(sessionKey: Uint8Array): Uint8Array {
    this.#peer = sessionKey;
    return concat(this.#session.public, boxOf(this.#own.secret, sessionKey, sessionKey));
  }

  /** Whether the third message proves its client. */
  take(answer: Uint8Array): boolean {
    const clientKey = answer.slice(0, 32);
    if (!proves(this.#session, clientKey, answer.slice(32))) return false;
    this.#clientKey = clientKey;
    return true;
  }

  /** A client's record; `null` when it does not authenticate. */
  read(record: Uint8Array): Uint8Array | null {
    if (this.#peer === undefined) throw new Error("no session key has come");
    return openRecord("client", this.#session.secret, this.#peer, record);
  }
}
