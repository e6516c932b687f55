const nothing = new Uint8Array(0);

/**
 * Bytes that have come in and not been used. What was left of earlier chunks lies in memory of the queue's own, the
 * last chunk where it came, and only as much of it is copied as completes what was left: of a long chunk all whole
 * messages but the first are used in place. A message is always one view.
 *
 * {@link settle} copies the rest of the chunk, so that whoever pushed it may have it back. Memory: at most about twice
 * what was held since the queue was last empty.
 */
export class ByteQueue {
  #own: Uint8Array = nothing;
  #start = 0;
  #end = 0;
  /** What follows the own bytes, where it came. */
  #chunk: Uint8Array = nothing;

  /** How many bytes are held. */
  get length(): number {
    return this.#end - this.#start + this.#chunk.length;
  }

  push(chunk: Uint8Array): void {
    this.#absorb(this.#chunk.length);
    this.#chunk = chunk;
  }

  /** The first bytes, at most `length`, in one piece. The view holds until the next call. */
  peek(length: number): Uint8Array {
    const own = this.#end - this.#start;
    if (own === 0) return this.#chunk.subarray(0, length);
    if (own < length) this.#absorb(Math.min(length - own, this.#chunk.length));
    return this.#own.subarray(this.#start, Math.min(this.#start + length, this.#end));
  }

  /** The first `length` bytes, which must be there. The view holds until the next call. */
  take(length: number): Uint8Array {
    if (length > this.length) throw new RangeError(`${length} bytes asked for, ${this.length} there`);
    const bytes = this.peek(length);
    if (this.#end === this.#start) this.#chunk = this.#chunk.subarray(length);
    else this.#start += length;
    return bytes;
  }

  /** Drops all but the first `length` bytes. */
  keep(length: number): void {
    const own = Math.min(this.#end - this.#start, length);
    this.#end = this.#start + own;
    this.#chunk = this.#chunk.subarray(0, length - own);
  }

  /** Copies what is left of the chunk into memory of the queue's own. */
  settle(): void {
    if (this.length === 0) this.clear();
    else this.#absorb(this.#chunk.length);
  }

  clear(): void {
    this.#own = nothing;
    this.#start = 0;
    this.#end = 0;
    this.#chunk = nothing;
  }

  /** Moves the first bytes of the chunk behind the own ones. */
  #absorb(length: number): void {
    if (length === 0) return;
    this.#reserve(length);
    this.#own.set(this.#chunk.subarray(0, length), this.#end);
    this.#end += length;
    this.#chunk = length === this.#chunk.length ? nothing : this.#chunk.subarray(length);
  }

  /** Makes room behind the own bytes, growing by doubling. */
  #reserve(extra: number): void {
    const held = this.#own.subarray(this.#start, this.#end);
    const needed = held.length + extra;
    if (this.#end + extra <= this.#own.length) return;
    if (needed <= this.#own.length / 2) {
      this.#own.copyWithin(0, this.#start, this.#end);
    } else {
      const grown = new Uint8Array(Math.max(64, held.length === 0 ? needed : 2 * needed));
      grown.set(held);
      this.#own = grown;
    }
    this.#start = 0;
    this.#end = held.length;
  }
}
