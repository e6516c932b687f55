/** Fields of fixed sizes, one behind the other; integers are big-endian. */
export class BlobWriter {
  readonly #out: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  /** @param length of all of it, in bytes */
  constructor(length: number) {
    // Over memory of its own, as secrets are in it: see `secretCopy`.
    this.#out = new Uint8Array(new ArrayBuffer(length));
    this.#view = new DataView(this.#out.buffer);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#at, value);
    return this.#by(1);
  }

  u32(value: number): this {
    this.#view.setUint32(this.#at, value);
    return this.#by(4);
  }

  u64(value: bigint): this {
    this.#view.setBigUint64(this.#at, value);
    return this.#by(8);
  }

  bytes(bytes: Uint8Array): this {
    this.#out.set(bytes, this.#at);
    return this.#by(bytes.length);
  }

  /** What has been written. */
  get written(): Uint8Array {
    return this.#out.subarray(0, this.#at);
  }

  #by(length: number): this {
    this.#at += length;
    return this;
  }
}

/** Reads what {@link BlobWriter} writes. Whoever asks knows that there is enough. */
export class BlobReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#by(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#by(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#by(8));
  }

  /** A copy, over memory of its own. */
  bytes(length: number): Uint8Array {
    const start = this.#by(length);
    const copy = new Uint8Array(new ArrayBuffer(length));
    copy.set(this.#bytes.subarray(start, start + length));
    return copy;
  }

  /** Whether these bytes come next, which then are read. */
  startsWith(expected: Uint8Array): boolean {
    const start = this.#by(expected.length);
    return expected.every((byte, i) => this.#bytes[start + i] === byte);
  }

  #by(length: number): number {
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
