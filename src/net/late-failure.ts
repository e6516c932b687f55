import type { Duplex } from "node:stream";
import type { HawserError } from "./errors.ts";

type Callback = (error?: Error | null) => void;

/**
 * Why a socket failed, kept back until the data that came before the failure, and the peer's clean end, have been
 * read: an error destroys a stream of Node's, and what it has not given out by then is lost.
 */
export class LateFailure {
  readonly #stream: Duplex;
  readonly #patience: number;
  #error: HawserError | undefined;
  #isHeld = false;
  /** The peer's end has been pushed. */
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;
  /** Callbacks of writes that came while the failure was held. */
  #refused: Callback[] | undefined;

  /** @param patience how long somebody who never began to read is waited for, in milliseconds */
  constructor(stream: Duplex, patience: number) {
    this.#stream = stream;
    this.#patience = patience;
  }

  /** The failure, from its first moment on. */
  get error(): HawserError | undefined {
    return this.#error;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  peerEnded(): void {
    this.#hasEnded = true;
  }

  /**
   * Destroys the stream with the error: now, or once what came before it has been read.
   *
   * @param isRef whether waiting for a reader keeps the process alive
   */
  tell(error: HawserError, isRef: boolean): void {
    const stream = this.#stream;
    this.#error = error;
    const hasReader = stream.readableFlowing !== null;
    const endWaits = this.#hasEnded && !stream.readableEnded && hasReader;
    if (stream.readableLength === 0 && !endWaits) {
      stream.destroy(error);
      return;
    }
    this.#isHeld = true;
    if (endWaits && stream.readableLength === 0) this.#release();
    if (hasReader) return;
    this.#timer = setTimeout(() => {
      if (stream.readableFlowing === null) stream.destroy(error);
    }, this.#patience);
    if (!isRef) this.#timer.unref();
  }

  /** Something has been read. */
  afterRead(): void {
    if (this.#isHeld && this.#stream.readableLength === 0) this.#release();
  }

  /**
   * A write while the failure is held. It fails, but is not the stream's error yet, as that would end the reading; a
   * pipe goes on, as it would wait for ever; and both are told in the next turn of the event loop, so that a writer
   * that heeds neither can't keep the loop from reading.
   */
  refuse(callback: Callback | undefined): void {
    if (this.#refused === undefined) {
      this.#refused = [];
      setImmediate(() => this.#answer());
    }
    if (callback !== undefined) this.#refused.push(callback);
  }

  /** The stream is destroyed. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#isHeld = false;
  }

  #answer(): void {
    const refused = this.#refused ?? [];
    this.#refused = undefined;
    for (const callback of refused) callback(this.#error);
    if (this.#isHeld) this.#stream.emit("drain");
  }

  /** All has been read that came before the failure, the end perhaps not. */
  #release(): void {
    const tell = () => this.#stream.destroy(this.#error);
    if (this.#hasEnded && !this.#stream.readableEnded) this.#stream.once("end", tell);
    else process.nextTick(tell);
  }
}
