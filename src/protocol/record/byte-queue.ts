/**
 * Bytes that have come in and not been used: one contiguous buffer, so that a message is always one view of it.
 *
 * A chunk pushed onto an empty queue is used where it lies, without a copy; {@link settle} moves what is left of it
 * into the queue's own memory, so that whoever pushed it may have it back. Memory: at most about twice what is held.
 */
export class ByteQueue {
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #borrowed = false;

  /** How many bytes are held. */
  get length(): number {
    return this.#end - this.#start;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.length === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#borrowed = true;
      return;
    }
    this.#reserve(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The first bytes, at most `length`, left where they are. The view holds until the next call. */
  peek(length: number): Uint8Array {
    return this.#buffer.subarray(this.#start, Math.min(this.#start + length, this.#end));
  }

  /** The first `length` bytes, which must be there. The view holds until the next `push` or `settle`. */
  take(length: number): Uint8Array {
    if (length > this.length) throw new RangeError(`${length} bytes asked for, ${this.length} there`);
    const bytes = this.peek(length);
    this.#start += length;
    return bytes;
  }

  /** Drops all but the first `length` bytes. */
  keep(length: number): void {
    this.#end = Math.min(this.#end, this.#start + length);
  }

  /** Copies what is left of a borrowed chunk into memory of the queue's own. */
  settle(): void {
    if (this.length === 0) this.clear();
    else if (this.#borrowed) this.#reserve(0);
  }

  clear(): void {
    this.#buffer = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
    this.#borrowed = false;
  }

  /** Makes room behind the end, in the queue's own memory, growing by doubling. */
  #reserve(extra: number): void {
    const needed = this.length + extra;
    if (!this.#borrowed && this.#end + extra <= this.#buffer.length) return;
    const held = this.#buffer.subarray(this.#start, this.#end);
    if (!this.#borrowed && needed <= this.#buffer.length / 2) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    } else {
      const grown = new Uint8Array(extra === 0 ? needed : Math.max(64, 2 * needed));
      grown.set(held);
      this.#buffer = grown;
      this.#borrowed = false;
    }
    this.#end = held.length;
    this.#start = 0;
  }
}
