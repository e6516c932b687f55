/** How much data is sent in small records at the beginning, in bytes: about what TCP sends before it hears of the peer. */
const beginning = 131_072;

/** The most data of one record, in bytes: at first, so that the peer need not wait for much before it can open any, and then. */
export interface RecordSizes {
  readonly first: number;
  readonly later: number;
}

/** As much as a record may carry, and pieces of memory of that length that no outbox uses now. */
const mostInRecord = 65_536;
const spare: Uint8Array[] = [];
const mostSpare = 4;

/**
 * What is written in one tick, sealed together: whole records as soon as there are enough bytes for one, straight from the
 * chunk where they can, the rest when the tick is over.
 *
 * That rest is copied, into memory that all outboxes share: a chunk is its writer's again when `add` returns.
 */
export class Outbox {
  readonly #sizes: RecordSizes;
  readonly #send: (data: Uint8Array) => void;
  #rest: Uint8Array | undefined;
  #length = 0;
  /** How much has been sent in whole records, while it matters. */
  #sent = 0;
  #isScheduled = false;

  /** @param send seals data in records of the later size, before it returns */
  constructor(sizes: RecordSizes, send: (data: Uint8Array) => void) {
    this.#sizes = sizes;
    this.#send = send;
  }

  /** Bytes that wait for the end of the tick. */
  get length(): number {
    return this.#length;
  }

  add(chunk: Uint8Array): void {
    let start = 0;
    while (this.#length + chunk.length - start >= this.#recordSize) start = this.#sealWhole(chunk, start);
    if (start === chunk.length) return;
    this.#keep(start === 0 ? chunk : chunk.subarray(start));
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#onTickEnd);
  }

  readonly #onTickEnd = (): void => {
    this.#isScheduled = false;
    this.seal();
  };

  /** Sends what there is. */
  seal(): void {
    const rest = this.#rest;
    if (rest === undefined) return;
    const data = rest.subarray(0, this.#length);
    this.#rest = undefined;
    this.#length = 0;
    this.#send(data);
    if (spare.length < mostSpare) spare.push(rest);
  }

  /** Forgets what there is: there is nobody to send it to. */
  clear(): void {
    this.#rest = undefined;
    this.#length = 0;
  }

  get #recordSize(): number {
    return this.#sent < beginning ? this.#sizes.first : this.#sizes.later;
  }

  /** One record of the first size or with what waits, or all of the later: where the chunk's rest begins. */
  #sealWhole(chunk: Uint8Array, start: number): number {
    const size = this.#recordSize;
    const waited = this.#length;
    const left = chunk.length - start;
    const whole = waited > 0 || size < this.#sizes.later ? size - waited : left - (left % size);
    const end = start + whole;
    this.#sent += waited + whole;
    if (waited > 0) {
      this.#keep(chunk.subarray(start, end));
      this.seal();
    } else {
      this.#send(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
    }
    return end;
  }

  #keep(bytes: Uint8Array): void {
    this.#rest ??= spare.pop() ?? Buffer.allocUnsafeSlow(mostInRecord);
    this.#rest.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}
