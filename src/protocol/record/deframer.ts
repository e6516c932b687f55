import { minCiphertext, recordLengthLength } from "../limits.ts";
import type { ByteQueue } from "./byte-queue.ts";

/** The next record of a stream: its ciphertext (19 to 65,535 bytes, a view that holds until the queue changes), or a length no record has. */
export type Frame =
  | { readonly ciphertext: Uint8Array }
  /** A length field below 19 (RC-012): known as soon as its two bytes are there. */
  | { readonly badLength: number };

/**
 * Cuts records out of a byte stream. Nothing is allocated for a length that a peer claims: the bytes that have come
 * are all there is (RC-022), and a record is one once they are all its bytes (RC-021).
 */
export class Deframer {
  readonly #queue: ByteQueue;

  constructor(queue: ByteQueue) {
    this.#queue = queue;
  }

  /** The next whole record, or `undefined` while more bytes are needed. */
  next(): Frame | undefined {
    const queue = this.#queue;
    if (queue.length < recordLengthLength) return undefined;
    const length = (queue.byteAt(0) << 8) | queue.byteAt(1);
    if (length < minCiphertext) return { badLength: length };
    if (queue.length < recordLengthLength + length) return undefined;
    return { ciphertext: queue.take(recordLengthLength + length, recordLengthLength) };
  }
}
