/** What is on its way in one direction, and what an attacker can do to it. */
import { join } from "./sealing.ts";

export class Wire {
  #bytes: Uint8Array = new Uint8Array(0);
  /** The sender has half-closed, or somebody cut the wire: nothing comes after what is on its way. */
  ended = false;
  /** The receiver knows. */
  toldEnd = false;

  get length(): number {
    return this.#bytes.length;
  }

  push(bytes: Uint8Array): void {
    if (!this.ended) this.#bytes = join(this.#bytes, bytes);
  }

  take(length: number): Uint8Array {
    const taken = this.#bytes.slice(0, length);
    this.#bytes = this.#bytes.slice(taken.length);
    return taken;
  }

  /** Flips bits of the byte at a place; whether there was one. */
  flip(at: number, mask: number): boolean {
    const byte = this.#bytes[at];
    if (byte === undefined || mask === 0) return false;
    this.#bytes[at] = byte ^ mask;
    return true;
  }

  /** Drops all from a place on, and what would come. */
  cut(at: number): void {
    this.#bytes = this.#bytes.slice(0, at);
    this.ended = true;
  }

  /** Says the first bytes twice. */
  repeat(length: number): boolean {
    const again = this.#bytes.slice(0, length);
    this.#bytes = join(again, this.#bytes);
    return again.length > 0;
  }
}
