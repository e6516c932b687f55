import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { Duplex } from "node:stream";
import { UsageError } from "../protocol/usage-error.ts";
import { longestTimeout } from "./alarm.ts";
import { takeDirectInput } from "./direct-input.ts";
import { type DetachedHandle, detachHandle, hasHandle } from "./handoff-handle.ts";
import { release } from "./memory.ts";

/** What a transport tells. */
export interface TransportEvents {
  data(bytes: Uint8Array): void;
  /** The peer's end of file; nothing comes after it. */
  ended(): void;
  /** Some of what was written, or the end, has been handed over. */
  wrote(): void;
  /** A write has failed. What has arrived is read on; `failed` comes after it. */
  writeFailed(cause: unknown): void;
  /** It has failed or was closed, and all that it had received has been told. */
  failed(cause: unknown): void;
}

/** What bounds the reading after a write has failed. */
export interface Patience {
  /** Milliseconds without a byte. */
  readonly timeout: number;
  /** How much is read whatever the application can take. */
  readonly bytes: number;
}

type Callback = (error?: Error | null) => void;
type Write = (this: Duplex, chunk: unknown, encoding: BufferEncoding, callback: Callback) => void;
type Writev = (
  this: Duplex,
  chunks: { chunk: unknown; encoding: BufferEncoding }[],
  callback: Callback,
) => void;

/** What of a Duplex is put over to keep its write errors from ending it. */
interface Writing {
  _write: Write;
  _writev?: Writev | null;
  _final: (this: Duplex, callback: Callback) => void;
}

/**
 * Takes on a stream that was handed in. Until something reads it, an error of it is to wait in it: without a listener
 * it would end the process.
 *
 * @throws UsageError for a stream that does not carry bytes, which is left alone
 */
export function takeOn(stream: Duplex): void {
  if (!methods.every((method) => typeof stream?.[method] === "function")) {
    throw new UsageError("the stream is a Duplex");
  }
  if (stream.readableObjectMode || stream.writableObjectMode || stream.readableEncoding) {
    throw new UsageError("the stream carries bytes: not in object mode, and without setEncoding()");
  }
  stream.on("error", () => undefined);
}

const methods = ["on", "read", "write", "destroy"] as const;

/**
 * A Duplex as the driver wants it: bytes in, bytes out, and an end that is told only after everything before it.
 *
 * A stream of Node's whose write fails destroys itself, and what it had received and not read is lost, the peer's
 * reason for hanging up among it. So the stream here never learns of a failed write: the error is noted, nothing more
 * is written, and what has arrived is read on, to the end of file or the error that the reading meets (AL-020).
 */
export class Transport {
  readonly stream: Duplex;
  readonly #events: TransportEvents;
  readonly #patience: Patience;
  #writeError: Error | undefined;
  #bytesAfter = 0;
  #lastByteAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #wantsInput = true;
  #isTelling = false;
  #isEnded = false;
  #isOver = false;

  constructor(stream: Duplex, patience: Patience, events: TransportEvents) {
    this.stream = stream;
    this.#events = events;
    this.#patience = patience;
    // A direction of Hawser's ends by a record of its own: that of the stream's stays until both have.
    stream.allowHalfOpen = true;
    this.#guardWrites(stream as unknown as Writing);
    stream.on("error", this.#onError);
    stream.on("close", this.#onClose);
    stream.on("end", this.#onEnd);
  }

  /** Begins to read. What has happened to the stream before is told now. */
  start(): void {
    if (!takeDirectInput(this.stream, this.#onData)) this.stream.on("data", this.#onData);
    if (this.#wantsInput) this.stream.resume();
    if (this.stream.destroyed) process.nextTick(this.#onClose);
    else if (this.stream.readableEnded || !this.stream.readable) process.nextTick(this.#onEnd);
  }

  /**
   * Bytes that have been written and not been handed over. After a failed write nothing ever is: a writer that were told
   * of room would write on and on, and the reason to stop would never be read.
   */
  get pending(): number {
    return this.#writeError === undefined ? this.stream.writableLength : Number.POSITIVE_INFINITY;
  }

  /** Something that differs once any byte of what is pending has been taken. */
  get progress(): string {
    const { _handle: handle } = this.stream as { _handle?: { writeQueueSize?: unknown } | null };
    return `${this.stream.writableLength} ${String(handle?.writeQueueSize)}`;
  }

  write(bytes: Uint8Array): void {
    if (this.#canWrite) this.stream.write(bytes);
  }

  /** Bytes written between the two go out together. */
  cork(): void {
    this.stream.cork();
  }

  uncork(): void {
    this.stream.uncork();
  }

  /** Half-closes once all is handed over. */
  end(): void {
    if (this.#canWrite) this.stream.end();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#isOver = true;
    this.stream.destroy();
  }

  /** Whether the stream's descriptor can be taken from it. */
  get canLeave(): boolean {
    return !this.#isOver && this.#writeError === undefined && hasHandle(this.stream);
  }

  /** Stops reading for good, and takes the stream's descriptor from it. The stream ends, and nothing of it is told. */
  leave(): DetachedHandle {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.stream.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
    return detachHandle(this.stream as Socket);
  }

  /** Whether more input is wanted. */
  set wantsInput(wanted: boolean) {
    this.#wantsInput = wanted;
    this.#flow();
  }

  get wantsInput(): boolean {
    return this.#wantsInput;
  }

  get #canWrite(): boolean {
    return this.#writeError === undefined && !this.stream.destroyed && !this.stream.writableEnded;
  }

  #flow(): void {
    if (this.#isOver || this.#isEnded) return;
    const ahead = this.#writeError !== undefined && this.#bytesAfter < this.#patience.bytes;
    if (this.#wantsInput || ahead) this.stream.resume();
    else this.stream.pause();
  }

  /**
   * The functions have names first: one that is written right where it is assigned to a property, V8 makes among what only full
   * collections look at, and all of the connection would wait for one with it.
   */
  #guardWrites(stream: Writing): void {
    const { _write, _writev, _final } = stream;
    // While a stream is still connecting it calls these once more later: what is put over then is there already.
    const write: Write = (chunk, encoding, callback) => {
      if (this.#writeError !== undefined) callback();
      else _write.call(this.stream, chunk, encoding, this.#guarded(callback, chunk));
    };
    const final = (callback: Callback) => {
      if (this.#writeError !== undefined) callback();
      else if (typeof _final === "function") _final.call(this.stream, this.#guarded(callback));
      else callback();
    };
    stream._write = write;
    stream._final = final;
    if (typeof _writev !== "function") return;
    const writev: Writev = (chunks, callback) => {
      if (this.#writeError !== undefined) callback();
      else {
        const written = chunks.map(({ chunk }) => chunk);
        _writev.call(this.stream, chunks, this.#guarded(callback, undefined, written));
      }
    };
    stream._writev = writev;
  }

  #guarded(callback: Callback, one?: unknown, several: readonly unknown[] = []): Callback {
    return (error) => {
      if (one !== undefined) release(one as Uint8Array);
      for (const chunk of several) release(chunk as Uint8Array);
      if (error != null && !this.stream.destroyed) this.#writeFailed(error);
      callback();
      this.#tellWrote();
    };
  }

  /**
   * In the next tick, which comes before any more input: a stream that is told of a write at once is in the middle of
   * emptying its buffer, and would lose what is written to it then.
   */
  #tellWrote(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    process.nextTick(this.#tell);
  }

  readonly #tell = (): void => {
    this.#isTelling = false;
    this.#events.wrote();
  };

  #writeFailed(error: Error): void {
    if (this.#writeError !== undefined) return;
    this.#writeError = error;
    if (this.#isOver) return;
    this.#events.writeFailed(error);
    if (this.#isEnded) {
      process.nextTick(() => this.#fail(error));
      return;
    }
    this.#lastByteAt = performance.now();
    this.#watch();
    this.#flow();
  }

  /** After a failed write silence is not waited for for ever. */
  #watch(): void {
    const left = this.#lastByteAt + this.#patience.timeout - performance.now();
    if (left <= 0) this.#fail(this.#writeError);
    else this.#timer = setTimeout(() => this.#watch(), Math.min(left, longestTimeout));
  }

  readonly #onData = (bytes: Uint8Array): void => {
    if (this.#isOver) return;
    if (this.#writeError !== undefined) {
      this.#lastByteAt = performance.now();
      this.#bytesAfter += bytes.length;
    }
    this.#events.data(bytes);
    if (this.#writeError !== undefined) this.#flow();
  };

  readonly #onEnd = (): void => {
    if (this.#isOver || this.#isEnded) return;
    this.#isEnded = true;
    if (this.#writeError === undefined) this.#events.ended();
    else this.#fail(this.#writeError);
  };

  readonly #onError = (error: unknown): void => this.#fail(this.#writeError ?? error);

  readonly #onClose = (): void => this.#fail(this.#writeError ?? this.stream.errored ?? undefined);

  /** A stream that was destroyed still has what it had read (AL-019). */
  #fail(cause: unknown): void {
    if (this.#isOver) return;
    this.stream.off("data", this.#onData);
    while (!this.#isEnded && !this.#isOver) {
      const bytes: Uint8Array | null = this.stream.read();
      if (bytes === null) break;
      this.#events.data(bytes);
    }
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#events.failed(cause);
  }
}
