/**
 * What is written in one tick, sealed together: whole records as soon as there are enough bytes for one, the rest when
 * the tick is over.
 *
 * Chunks are kept, not copied. They are the caller's again once their writes have called back, which Node does in a
 * later tick of its queue than the one that empties this.
 */
export class Outbox {
  readonly #recordSize: number;
  readonly #send: (data: Uint8Array) => void;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #isScheduled = false;

  /** @param recordSize the most data of one record, in bytes */
  constructor(recordSize: number, send: (data: Uint8Array) => void) {
    this.#recordSize = recordSize;
    this.#send = send;
  }

  /** Bytes that wait for the end of the tick. */
  get length(): number {
    return this.#length;
  }

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length >= this.#recordSize) this.#sealWholeRecords();
    if (this.#length === 0 || this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      this.seal();
    });
  }

  /** Sends what there is. */
  seal(): void {
    if (this.#length > 0) this.#send(this.#take());
  }

  /** Forgets what there is: there is nobody to send it to. */
  clear(): void {
    this.#chunks = [];
    this.#length = 0;
  }

  #sealWholeRecords(): void {
    const data = this.#take();
    const whole = data.length - (data.length % this.#recordSize);
    const rest = data.subarray(whole);
    if (rest.length > 0) {
      this.#chunks.push(rest);
      this.#length = rest.length;
    }
    this.#send(data.subarray(0, whole));
  }

  #take(): Uint8Array {
    const [only, ...more] = this.#chunks;
    const data = only !== undefined && more.length === 0 ? only : Buffer.concat(this.#chunks, this.#length);
    this.clear();
    return data;
  }
}
