import { maxPlaintext, maxRecordBody, recordHeadLength, recordLengthLength, tagLength } from "../limits.ts";
import type { CipherState } from "../noise/cipher-state.ts";
import { isExhausted, rekeyIfDue } from "./direction.ts";
import type { RecordMemory } from "./memory.ts";
import { type RecordType, writePlaintext } from "./plaintext.ts";

const noAssociatedData = new Uint8Array(0);
/** What a record adds to its plaintext on the wire. */
const overhead = recordLengthLength + tagLength;

export interface WriterOptions {
  readonly cipher: CipherState;
  /** From a plaintext's length to its padded length. */
  readonly paddedLength: (length: number) => number;
  /** The most data that one record carries, 1 to 65,516 bytes. */
  readonly recordSize: number;
  readonly memory: RecordMemory;
}

/** Seals the records of one direction, in the order of their counters and without a gap (RC-004). */
export class RecordWriter {
  readonly #cipher: CipherState;
  readonly #paddedLength: (length: number) => number;
  readonly #recordSize: number;
  readonly #memory: RecordMemory;

  constructor(options: WriterOptions) {
    this.#cipher = options.cipher;
    this.#paddedLength = options.paddedLength;
    this.#recordSize = options.recordSize;
    this.#memory = options.memory;
  }

  /** One record, whole. */
  seal(type: RecordType, body: Uint8Array): Uint8Array {
    return this.#seal(type, body, this.#paddedLength(recordHeadLength + body.length));
  }

  #seal(type: RecordType, body: Uint8Array, length: number): Uint8Array {
    const out = this.#memory.forRecords(overhead + length);
    this.#sealInto(out, type, body, length);
    return out;
  }

  /** How many records {@link sealData} makes of so many bytes. */
  recordsFor(length: number): number {
    return Math.ceil(length / this.#recordSize);
  }

  /** Data as records, in one buffer. */
  sealData(data: Uint8Array): Uint8Array {
    const size = this.#recordSize;
    if (data.length <= size && data.length > 0) return this.seal("data", data);
    const lengths: number[] = [];
    let total = 0;
    for (let start = 0; start < data.length; start += size) {
      const length = this.#paddedLength(recordHeadLength + Math.min(size, data.length - start));
      lengths.push(length);
      total += overhead + length;
    }
    const out = this.#memory.forRecords(total);
    let offset = 0;
    lengths.forEach((length, i) => {
      const body = data.subarray(i * size, (i + 1) * size);
      this.#sealInto(out.subarray(offset, offset + overhead + length), "data", body, length);
      offset += overhead + length;
    });
    return out;
  }

  /**
   * One Data record from the start of the data that takes at most `wire` bytes, and how much of the data it carries;
   * `undefined` when not a byte fits, padded as it would be.
   */
  sealDataWithin(
    data: Uint8Array,
    wire: number,
  ): { readonly record: Uint8Array; readonly taken: number } | undefined {
    const room = Math.min(wire - overhead, maxPlaintext) - recordHeadLength;
    // Padding may ask for more than there is room for; less data may ask for less.
    for (
      let taken = Math.min(data.length, this.#recordSize, maxRecordBody, room);
      taken >= 1;
      taken = Math.floor(taken / 2)
    ) {
      const length = this.#paddedLength(recordHeadLength + taken);
      if (overhead + length <= wire)
        return { record: this.#seal("data", data.subarray(0, taken), length), taken };
    }
    return undefined;
  }

  /** Whether so many records other than an Alert or a Close can still be sealed; the nonce 2⁶⁴−2 is not for them (RC-006). */
  canSeal(records: number): boolean {
    return records < this.#cipher.noncesLeft;
  }

  /** How much data the nonces that are left can carry, up to `wanted` bytes. */
  sealableData(wanted: number): number {
    const left = Math.max(0, this.#cipher.noncesLeft - 1);
    return left >= this.recordsFor(wanted) ? wanted : left * this.#recordSize;
  }

  /** Whether an Alert or a Close can still be sealed. */
  get canSealLast(): boolean {
    return !isExhausted(this.#cipher);
  }

  wipe(): void {
    this.#cipher.wipe();
  }

  #sealInto(out: Uint8Array, type: RecordType, body: Uint8Array, length: number): void {
    rekeyIfDue(this.#cipher);
    const ciphertext = out.subarray(recordLengthLength);
    out[0] = ciphertext.length >> 8;
    out[1] = ciphertext.length & 0xff;
    writePlaintext(ciphertext, type, body, length);
    this.#cipher.encryptWithAd(noAssociatedData, ciphertext.subarray(0, length), ciphertext);
  }
}
