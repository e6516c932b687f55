import type { CipherState } from "../noise/cipher-state.ts";
import type { Deframer } from "./deframer.ts";
import { isExhausted, rekeyIfDue } from "./direction.ts";
import type { RecordMemory } from "./memory.ts";
import { parsePlaintext, type RecordContent, type RecordFault } from "./plaintext.ts";

const noAssociatedData = new Uint8Array(0);

/** A record that was read; why it is none; or that no nonce is left to open it with. */
export type ReadResult = RecordContent | RecordFault | { readonly exhausted: true };

/** Opens the records of one direction, in the order of their counters (RC-004). After a fault it is spent. */
export class RecordReader {
  readonly #deframer: Deframer;
  readonly #cipher: CipherState;
  readonly #memory: RecordMemory;

  constructor(deframer: Deframer, cipher: CipherState, memory: RecordMemory) {
    this.#deframer = deframer;
    this.#cipher = cipher;
    this.#memory = memory;
  }

  /** The next record, or `undefined` while more bytes are needed. Checks in the order of RC-011. */
  next(): ReadResult | undefined {
    const frame = this.#deframer.next();
    if (frame === undefined) return undefined;
    if ("badLength" in frame) return { fault: "length", alert: false };
    if (isExhausted(this.#cipher)) return { exhausted: true };
    rekeyIfDue(this.#cipher);
    const { ciphertext } = frame;
    const plaintext = this.#cipher.decryptWithAd(noAssociatedData, ciphertext, this.#memory.forData);
    if (plaintext === undefined) return { fault: "cipher", alert: false };
    const content = parsePlaintext(plaintext);
    return "type" in content && content.type === "data"
      ? { type: "data", body: this.#withoutPadding(content.body, plaintext.length) }
      : content;
  }

  /** Data without much else in its memory: who keeps a few bytes of it is not to keep a record's padding with them. */
  #withoutPadding(body: Uint8Array, length: number): Uint8Array {
    if (2 * body.length >= length) return body;
    const copy = this.#memory.forData(body.length);
    copy.set(body);
    return copy;
  }

  wipe(): void {
    this.#cipher.wipe();
  }
}
