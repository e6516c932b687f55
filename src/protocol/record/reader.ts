import type { CipherState } from "../noise/cipher-state.ts";
import type { Deframer } from "./deframer.ts";
import { isExhausted, rekeyIfDue } from "./direction.ts";
import { parsePlaintext, type RecordContent, type RecordFault } from "./plaintext.ts";

const noAssociatedData = new Uint8Array(0);

/** A record that was read; why it is none; or that no nonce is left to open it with. */
export type ReadResult = RecordContent | RecordFault | { readonly exhausted: true };

/** Opens the records of one direction, in the order of their counters (RC-004). After a fault it is spent. */
export class RecordReader {
  readonly #deframer: Deframer;
  readonly #cipher: CipherState;

  constructor(deframer: Deframer, cipher: CipherState) {
    this.#deframer = deframer;
    this.#cipher = cipher;
  }

  /** The next record, or `undefined` while more bytes are needed. Checks in the order of RC-011. */
  next(): ReadResult | undefined {
    const frame = this.#deframer.next();
    if (frame === undefined) return undefined;
    if ("badLength" in frame) return { fault: "length", alert: false };
    if (isExhausted(this.#cipher)) return { exhausted: true };
    rekeyIfDue(this.#cipher);
    const plaintext = this.#cipher.decryptWithAd(noAssociatedData, frame.ciphertext);
    return plaintext === undefined ? { fault: "cipher", alert: false } : parsePlaintext(plaintext);
  }

  wipe(): void {
    this.#cipher.wipe();
  }
}
