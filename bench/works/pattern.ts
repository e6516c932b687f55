import { createHash } from "node:crypto";

/** A multiple of every write's size, so that no write runs over its end; not of any record's. */
const patternLength = 17 * 65_536;

/** What crosses: bytes that are the same in all runs and look like noise, over and over. */
export class Pattern {
  readonly bytes = Buffer.alloc(patternLength);

  constructor() {
    // Marsaglia's xorshift32 (2003), from a fixed seed.
    let word = 0x2545f491;
    for (let at = 0; at < patternLength; at += 4) {
      word ^= word << 13;
      word ^= word >>> 17;
      word ^= word << 5;
      this.bytes.writeInt32LE(word | 0, at);
    }
  }

  /** The pattern cut into writes of `size` bytes. */
  writes(size: number): Buffer[] {
    if (patternLength % size !== 0) throw new Error(`${size} does not divide ${patternLength}`);
    return Array.from({ length: patternLength / size }, (_, index) =>
      this.bytes.subarray(index * size, (index + 1) * size),
    );
  }

  /** SHA-256 of the first `length` bytes that cross. */
  digest(length: number): string {
    const hash = createHash("sha256");
    for (let left = length; left > 0; left -= patternLength) {
      hash.update(this.bytes.subarray(0, Math.min(left, patternLength)));
    }
    return hash.digest("hex");
  }
}

/**
 * Checks what arrives. Of the first bytes, which cross before the clock runs, all are hashed. Of the rest each chunk's
 * first and last bytes are compared with what belongs there, so that the checking stays out of the figures.
 */
export class Checker {
  position = 0;
  readonly #pattern: Buffer;
  readonly #hashed: number;
  readonly #expected: string;
  readonly #hash = createHash("sha256");

  constructor(pattern: Pattern, hashed: number) {
    this.#pattern = pattern.bytes;
    this.#hashed = hashed;
    this.#expected = pattern.digest(hashed);
  }

  /** @throws Error for bytes that are not those that were sent */
  take(bytes: Uint8Array): void {
    if (this.position < this.#hashed) this.#take(bytes);
    else this.#sample(bytes);
    this.position += bytes.length;
  }

  #take(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    const end = this.position + bytes.length;
    if (end > this.#hashed) throw new Error("more has arrived than was sent");
    if (end === this.#hashed && this.#hash.digest("hex") !== this.#expected) {
      throw new Error(`the SHA-256 of the first ${this.#hashed} bytes is not that of what was sent`);
    }
  }

  #sample(bytes: Uint8Array): void {
    const { length } = bytes;
    const some = Math.min(sampled, length);
    for (let index = 0; index < some; index++) {
      this.#compare(bytes, index);
      this.#compare(bytes, length - 1 - index);
    }
  }

  #compare(bytes: Uint8Array, index: number): void {
    const position = this.position + index;
    if (bytes[index] !== this.#pattern[position % patternLength]) {
      throw new Error(`byte ${position} is not the one that was sent`);
    }
  }
}

/** Bytes at either end of a chunk. */
const sampled = 4;
