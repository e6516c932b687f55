/** Bytes that come in pieces, and are looked at in others; joining is put off, as there may be millions. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /** All of it, which stays. */
  all(): Uint8Array {
    if (this.#pieces.length > 1) {
      const joined = new Uint8Array(this.#length);
      let at = 0;
      for (const piece of this.#pieces) {
        joined.set(piece, at);
        at += piece.length;
      }
      this.#pieces = [joined];
    }
    return this.#pieces[0] ?? new Uint8Array(0);
  }

  /** The first bytes, which go; there have to be so many. */
  take(length: number): Uint8Array {
    const taken = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const [piece] = this.#pieces;
      if (piece === undefined) throw new RangeError(`there are no ${length} bytes`);
      const part = piece.subarray(0, length - at);
      taken.set(part, at);
      at += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#length -= length;
    return taken;
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
  }
}
