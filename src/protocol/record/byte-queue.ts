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
  /** What follows the own bytes, where it came, from a place in it on. */
  #chunk: Uint8Array = nothing;
  #at = 0;

  /** How many bytes are held. */
  get length(): number {
    return this.#end - this.#start + this.#chunk.length - this.#at;
  }

  push(chunk: Uint8Array): void {
    this.#absorb(this.#chunk.length - this.#at);
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The byte at a place, which must be there. */
  byteAt(index: number): number {
    const own = this.#end - this.#start;
    const byte = index < own ? this.#own[this.#start + index] : this.#chunk[this.#at + index - own];
    return byte as number;
  }

  /** The first bytes, at most `length`, in one piece. The view holds until the next call. */
  peek(length: number): Uint8Array {
    const own = this.#end - this.#start;
    if (own === 0) return this.#chunk.subarray(this.#at, this.#at + length);
    if (own < length) this.#absorb(Math.min(length - own, this.#chunk.length - this.#at));
    return this.#own.subarray(this.#start, Math.min(this.#start + length, this.#end));
  }

  /** The first `length` bytes, which must be there, without the first `skip` of them. The view holds until the next call. */
  take(length: number, skip = 0): Uint8Array {
    if (length > this.length) throw new RangeError(`${length} bytes asked for, ${this.length} there`);
    if (this.#end === this.#start) {
      this.#at += length;
      return this.#chunk.subarray(this.#at - length + skip, this.#at);
    }
    const bytes = this.peek(length);
    this.#start += length;
    return skip === 0 ? bytes : bytes.subarray(skip);
  }

  /** Drops all but the first `length` bytes. */
  keep(length: number): void {
    const own = Math.min(this.#end - this.#start, length);
    this.#end = this.#start + own;
    this.#chunk = this.#chunk.subarray(this.#at, this.#at + length - own);
    this.#at = 0;
  }

  /** Copies what is left of the chunk into memory of the queue's own. */
  settle(): void {
    if (this.length === 0) this.clear();
    else this.#absorb(this.#chunk.length - this.#at);
  }

  clear(): void {
    this.#own = nothing;
    this.#start = 0;
    this.#end = 0;
    this.#chunk = nothing;
    this.#at = 0;
  }

  /** Moves the first bytes of the chunk behind the own ones. */
  #absorb(length: number): void {
    if (length === 0) return;
    this.#reserve(length);
    this.#own.set(this.#chunk.subarray(this.#at, this.#at + length), this.#end);
    this.#end += length;
    this.#at += length;
    if (this.#at < this.#chunk.length) return;
    this.#chunk = nothing;
    this.#at = 0;
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
