import type { Driver } from "./driver.ts";
import { Outbox, type RecordSizes } from "./outbox.ts";

type Callback = (error?: Error | null) => void;

/**
 * How much is taken from a writer, in bytes, before it has to wait for a turn of the event loop, and what a write
 * counts for at least. A transport that takes everything at once would never push back, and neither the reason to
 * stop nor a timer would ever be seen.
 */
const perTurn = 1_048_576;
const leastPerWrite = 64;

const nothing = new Uint8Array(0);
/** Empty chunks that stand, among what is written, for calls of `flush()`. */
const markers = new WeakSet<Uint8Array>();

/**
 * The writing side of a socket: what is written goes through the outbox to the driver, and each write calls back once
 * not much more than the high-water mark waits there.
 */
export class Sending {
  readonly #highWaterMark: number;
  readonly #outbox: Outbox;
  #driver: Driver | undefined;
  /** A write, or the end, that goes on with its rest, or calls back, once at most so much waits. */
  #blocked: { readonly limit: number; readonly callback: Callback; readonly rest: Uint8Array } | undefined;
  #takenInTurn = 0;
  #turn: NodeJS.Immediate | undefined;

  /**
   * @param highWaterMark how much may wait, in bytes, before a write does
   */
  constructor(recordSizes: RecordSizes, highWaterMark: number) {
    this.#highWaterMark = highWaterMark;
    this.#outbox = new Outbox(recordSizes, (data) => this.#send(data));
  }

  /** There is a connection to send over. */
  attach(driver: Driver): void {
    this.#driver = driver;
  }

  /** A chunk that, once it is written, calls back when all before it has been handed to the transport. */
  marker(): Uint8Array {
    const marker = Buffer.alloc(0);
    markers.add(marker);
    return marker;
  }

  /** Something that was written has not been handed to the driver, or waits there. */
  get isWaiting(): boolean {
    return this.#outbox.length > 0 || this.#blocked !== undefined;
  }

  /**
   * Takes a chunk on that nothing has to wait for: whether it has. Then it is its writer's again, and the write is over.
   */
  takeAtOnce(chunk: Uint8Array): boolean {
    const driver = this.#driver;
    if (driver === undefined || this.#blocked !== undefined || this.#takenInTurn >= perTurn) return false;
    if (chunk.length > this.#highWaterMark - this.#outbox.length - driver.backlog || driver.isOver)
      return false;
    this.#takenInTurn += Math.max(chunk.length, leastPerWrite);
    this.#outbox.add(chunk);
    return true;
  }

  /** Whether a chunk that is written now is used up when that returns. */
  takesWhole(chunk: Uint8Array): boolean {
    return this.#driver !== undefined && this.#blocked === undefined && chunk.length <= perTurn;
  }

  /** Takes a chunk on: how many bytes it is. One write at a time, as Node has it. */
  write(chunk: Uint8Array, callback: Callback): number {
    if (chunk.length === 0 && markers.has(chunk)) {
      this.#outbox.seal();
      this.#block(0, callback);
      return 0;
    }
    this.#take(chunk, callback);
    return chunk.length;
  }

  /** Ends the own direction of an open connection. */
  end(callback: Callback): void {
    this.#outbox.seal();
    this.#driver?.close();
    this.#block(0, callback);
  }

  /** Some of what waited has been handed over. */
  makeRoom(): void {
    // Of a connection that is over nothing is handed over: its end is about to be told, and releases the writer.
    if (this.#blocked === undefined || this.#driver === undefined || this.#driver.isOver) return;
    if (this.#outbox.length + this.#driver.backlog > this.#blocked.limit) return;
    const { rest, callback } = this.#blocked;
    if (this.#takenInTurn >= perTurn) this.#turn ??= setImmediate(() => this.#onTurn());
    else if (rest.length > 0) this.#take(rest, callback);
    else this.release();
  }

  /** Lets the writer go on, whatever waits. */
  release(why?: () => Error): void {
    const blocked = this.#blocked;
    this.#blocked = undefined;
    blocked?.callback(why?.());
  }

  /** Forgets what has not been sealed: there is nobody to send it to. */
  discard(): void {
    this.#outbox.clear();
  }

  /** Sends what there is. */
  seal(): void {
    this.#outbox.seal();
  }

  /** No more at a time than a turn may: all of a chunk of a gigabyte would be sealed, and held twice, at once. */
  #take(chunk: Uint8Array, callback: Callback): void {
    const isAll = chunk.length <= perTurn;
    const piece = isAll ? chunk : chunk.subarray(0, perTurn);
    this.#takenInTurn += Math.max(piece.length, leastPerWrite);
    this.#outbox.add(piece);
    this.#block(this.#highWaterMark, callback, isAll ? nothing : chunk.subarray(perTurn));
  }

  #block(limit: number, callback: Callback, rest: Uint8Array = nothing): void {
    this.#blocked = { limit, callback, rest };
    this.makeRoom();
  }

  #onTurn(): void {
    this.#turn = undefined;
    this.#takenInTurn = 0;
    this.makeRoom();
  }

  #send(data: Uint8Array): void {
    if (this.#driver?.isOver === false) this.#driver.write(data);
  }
}
