/** A fuzzer's input, read from its front. Past its end there are zeros, so that every input means something. */
export class Input {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // The fuzzer hands in a Buffer, whose `slice` is a view.
    this.#bytes = new Uint8Array(bytes);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  u16(): number {
    return this.u8() * 256 + this.u8();
  }

  /** Exactly `length` bytes. */
  take(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    bytes.set(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at = Math.min(this.#at + length, this.#bytes.length);
    return bytes;
  }

  /** As many bytes as the next byte says, and no more than there are. */
  string(): Uint8Array {
    const length = this.u8();
    return this.take(Math.min(length, Math.max(0, this.left)));
  }

  rest(): Uint8Array {
    return this.take(Math.max(0, this.left));
  }
}
