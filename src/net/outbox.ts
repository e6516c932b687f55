/** How much data is sent in small records at the beginning, in bytes: about what TCP sends before it hears of the peer. */
const beginning = 131_072;

/** The most data of one record, in bytes: at first, so that the peer need not wait for much before it can open any, and then. */
export interface RecordSizes {
  readonly first: number;
  readonly later: number;
}

/**
 * What is written in one tick, sealed together: whole records as soon as there are enough bytes for one, the rest when
 * the tick is over.
 *
 * Chunks are kept, not copied. They are the caller's again once their writes have called back. Of a write that is taken
 * on at once Node tells that in a later tick of its queue than the one that empties this.
 */
export class Outbox {
  readonly #sizes: RecordSizes;
  readonly #send: (data: Uint8Array) => void;
  #chunks: Uint8Array[] = [];
  #length = 0;
  /** How much has been sent, while it matters. */
  #sent = 0;
  #isScheduled = false;

  /** @param send seals data in records of the later size */
  constructor(sizes: RecordSizes, send: (data: Uint8Array) => void) {
    this.#sizes = sizes;
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
    while (this.#length >= this.#recordSize) this.#sealWholeRecords();
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

  get #recordSize(): number {
    return this.#sent < beginning ? this.#sizes.first : this.#sizes.later;
  }

  /** One of the first size, or all of the later. */
  #sealWholeRecords(): void {
    const data = this.#take();
    const size = this.#recordSize;
    const whole = size < this.#sizes.later ? size : data.length - (data.length % size);
    this.#sent += whole;
    const rest = data.subarray(whole);
    if (rest.length > 0) {
      this.#chunks.push(rest);
      this.#length = rest.length;
    }
    this.#send(data.subarray(0, whole));
  }

  #take(): Uint8Array {
    const [first] = this.#chunks;
    const isOne = first !== undefined && this.#chunks.length === 1;
    const data = isOne ? first : Buffer.concat(this.#chunks, this.#length);
    this.clear();
    return data;
  }
}
