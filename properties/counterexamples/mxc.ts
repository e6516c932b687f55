/**
 * MXC, a toy among published designs, kept as a counterexample for the suites to find. Never use it.
 *
 *     client -> server   a      a random number of 32 bits, as the machine has it in its memory
 *     server -> client   b      another
 *     both ways          text, XORed with the four bytes of a * b (modulo 2^32), over and over
 *
 * Nobody proves anything, nothing authenticates, the key can be read off the wire, two machines of different byte order
 * do not understand each other, and every four bytes of every text are under the same four bytes of key.
 */
import { ascii, blake2b, concat, zeros } from "../reference/primitives.ts";
import type { Design, End } from "./design.ts";

/** Four bytes as this machine reads a number from its memory, and back. */
const numberOf = (bytes: Uint8Array): number => new Uint32Array(bytes.slice().buffer)[0] as number;
const bytesOf = (number: number): Uint8Array => {
  const memory = new Uint32Array(1);
  memory[0] = number;
  return new Uint8Array(memory.buffer);
};

/** The one key of a connection. */
export const mxcKey = (a: number, b: number): number => Math.imul(a, b) >>> 0;

class MxcEnd implements End {
  delivered: Uint8Array = zeros(0);
  ended = false;
  readonly failed = false;
  readonly #own: number;
  #out: Uint8Array;
  #input: Uint8Array = zeros(0);
  #key: Uint8Array | undefined;

  constructor(name: string) {
    this.#own = numberOf(blake2b(ascii(`TEST NUMBER of ${name}`)).slice(0, 4)) | 1;
    this.#out = bytesOf(this.#own);
  }

  get believes(): boolean {
    return this.#key !== undefined;
  }

  take(): Uint8Array {
    const bytes = this.#out;
    this.#out = zeros(0);
    return bytes;
  }

  receive(bytes: Uint8Array): void {
    this.#input = concat(this.#input, bytes);
    if (this.#key === undefined) {
      if (this.#input.length < 4) return;
      this.#key = bytesOf(mxcKey(this.#own, numberOf(this.#input.slice(0, 4))));
      this.#input = this.#input.slice(4);
    }
    this.delivered = concat(this.delivered, this.#masked(this.#input, this.delivered.length));
    this.#input = zeros(0);
  }

  #masked(bytes: Uint8Array, at: number): Uint8Array {
    const key = this.#key as Uint8Array;
    return bytes.map((byte, i) => byte ^ (key[(at + i) % 4] as number));
  }

  #written = 0;

  write(text: Uint8Array): void {
    this.#out = concat(this.#out, this.#masked(text, this.#written));
    this.#written += text.length;
  }

  close(): void {}

  transportEnded(): void {
    this.ended = true;
  }
}

export const mxc: Design = {
  name: "MXC",
  client: () => new MxcEnd("the client"),
  server: (owner) => new MxcEnd(owner),
  awaits: { client: [[["number", 4]]], server: [[["number", 4]]] },
  known: [["the attacker's number", Uint8Array.of(1, 0, 0, 0)]],
};
