/**
 * The published design of `boxed-proof.ts` as a whole channel, with two more of its faults (spec/rationale.md). Never
 * use it.
 *
 *     record = length u16 | type u8 | flags u8 | box (length - 2 bytes)
 *
 * The length is used before it is looked at, and what it gives is taken for a number of bytes to read. There is no word
 * for the end: the end of the transport stands for it.
 */
import { ascii, blake2b, concat, publicOf, zeros } from "../reference/primitives.ts";
import {
  BoxedClient,
  BoxedServer,
  boxedDirection,
  type Direction,
  type KeyPair,
  PROOF_SIZE,
  SESSION_KEY_SIZE,
} from "./boxed-proof.ts";
import type { Design, End } from "./design.ts";

const pairs = new Map<string, KeyPair>();

/** Always the same one, made once: the searches make thousands of ends. */
function testPair(name: string): KeyPair {
  const secret = blake2b(ascii(`TEST KEY of the published design: ${name}`)).slice(0, 32);
  const pair = pairs.get(name) ?? { secret, public: publicOf(secret) };
  pairs.set(name, pair);
  return pair;
}

const [attacker, sam, tom] = [testPair("attacker"), testPair("sam"), testPair("tom")];

abstract class BoxedEnd implements End {
  delivered: Uint8Array = zeros(0);
  ended = false;
  failed = false;
  protected out: Uint8Array = zeros(0);
  protected sends: Direction | undefined;
  protected opens: Direction | undefined;
  #input: Uint8Array = zeros(0);

  get believes(): boolean {
    return this.sends !== undefined;
  }

  take(): Uint8Array {
    const bytes = this.out;
    this.out = zeros(0);
    return bytes;
  }

  receive(bytes: Uint8Array): void {
    this.#input = concat(this.#input, bytes);
    for (let judged = true; judged && !this.failed; ) judged = this.opens ? this.#record() : this.#message();
  }

  /** How many bytes of handshake it waits for. */
  protected abstract get awaited(): number;
  /** Judges a message; `false` when it proves nothing. */
  protected abstract message(bytes: Uint8Array): boolean;

  #message(): boolean {
    if (this.#input.length < this.awaited) return false;
    this.failed = !this.message(this.#cut(this.awaited));
    return true;
  }

  #record(): boolean {
    if (this.#input.length < 2) return false;
    const length = (this.#input[0] as number) * 256 + (this.#input[1] as number);
    if (length === 0) {
      this.failed = true;
      return false;
    }
    // An unsigned subtraction, as the original makes it: 1 - 2 is 4,294,967,295.
    const boxed = (length - 2) >>> 0;
    if (this.#input.length < 4 + boxed) return false;
    const text = (this.opens as Direction).open(this.#cut(4 + boxed).slice(4));
    if (text === null) this.failed = true;
    else this.delivered = concat(this.delivered, text);
    return true;
  }

  #cut(length: number): Uint8Array {
    const bytes = this.#input.slice(0, length);
    this.#input = this.#input.slice(length);
    return bytes;
  }

  write(text: Uint8Array): void {
    if (this.sends === undefined) throw new Error("nobody has proved anything yet");
    const box = this.sends.seal(text);
    const length = box.length + 2;
    this.out = concat(this.out, Uint8Array.of(length >> 8, length & 0xff, 0, 0), box);
  }

  close(): void {}

  transportEnded(): void {
    if (!this.failed) this.ended = true;
  }
}

class ClientEnd extends BoxedEnd {
  readonly #session = testPair("session of the client");
  readonly #client = new BoxedClient(testPair("alice"), sam.public, this.#session);

  constructor() {
    super();
    this.out = this.#client.sessionKey;
  }

  protected get awaited(): number {
    return PROOF_SIZE;
  }

  protected message(bytes: Uint8Array): boolean {
    const answer = this.#client.answer(bytes);
    const peer = this.#client.peerSession;
    if (answer === undefined || peer === undefined) return false;
    this.out = concat(this.out, answer);
    this.sends = boxedDirection("client", this.#session.secret, peer);
    this.opens = boxedDirection("server", this.#session.secret, peer);
    return true;
  }
}

class ServerEnd extends BoxedEnd {
  readonly #session: KeyPair;
  readonly #server: BoxedServer;
  #peer: Uint8Array | undefined;

  constructor(owner: "sam" | "tom") {
    super();
    this.#session = testPair(`session of ${owner}`);
    this.#server = new BoxedServer(owner === "sam" ? sam : tom, this.#session);
  }

  protected get awaited(): number {
    return this.#peer === undefined ? SESSION_KEY_SIZE : PROOF_SIZE;
  }

  protected message(bytes: Uint8Array): boolean {
    if (this.#peer === undefined) {
      this.#peer = bytes;
      this.out = this.#server.proof(bytes);
      return true;
    }
    if (!this.#server.take(bytes)) return false;
    this.sends = boxedDirection("server", this.#session.secret, this.#peer);
    this.opens = boxedDirection("client", this.#session.secret, this.#peer);
    return true;
  }
}

export const boxedProof: Design = {
  name: "the boxed-proof handshake",
  client: () => new ClientEnd(),
  server: (owner) => new ServerEnd(owner),
  awaits: {
    client: [
      [
        ["session key", 32],
        ["proof", 48],
      ],
    ],
    server: [
      [["session key", 32]],
      [
        ["long-term key", 32],
        ["proof", 48],
      ],
    ],
  },
  known: [
    ["the attacker's session key", attacker.public],
    ["sam's long-term key", sam.public],
    ["tom's long-term key", tom.public],
  ],
};
