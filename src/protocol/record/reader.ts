import { recordHeadLength, tagLength } from "../limits.ts";
import type { CipherState } from "../noise/cipher-state.ts";
import type { Deframer } from "./deframer.ts";
import { isExhausted, rekeyIfDue } from "./direction.ts";
import type { RecordMemory } from "./memory.ts";
import { parsePlaintext, type RecordContent, type RecordFault } from "./plaintext.ts";

const noAssociatedData = new Uint8Array(0);

/**
 * Where records with up to 64 bytes of data are opened, one at a time: arrays of that many cost V8 next to nothing, and
 * those of a few more, as their plaintexts are, an allocation each.
 */
const brief = new Uint8Array(new ArrayBuffer(recordHeadLength + 64));
const inBrief = (length: number): Uint8Array => brief.subarray(0, length);

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
    const isBrief = ciphertext.length <= brief.length + tagLength;
    const allocate = isBrief ? inBrief : this.#memory.forData;
    const plaintext = this.#cipher.decryptWithAd(noAssociatedData, ciphertext, allocate);
    if (plaintext === undefined) return { fault: "cipher", alert: false };
    const content = parsePlaintext(plaintext);
    if (!("body" in content)) return content;
    const { type, body } = content;
    // A body is to have not much else in its memory: who keeps a few bytes is not to keep a record's padding with them.
    if (!isBrief && 2 * body.length >= plaintext.length) return content;
    const own = { type, body: this.#copied(body) };
    plaintext.fill(0);
    return own;
  }

  #copied(body: Uint8Array): Uint8Array {
    const copy = this.#memory.forData(body.length);
    copy.set(body);
    return copy;
  }

  wipe(): void {
    this.#cipher.wipe();
  }
}
