import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { ClientChannel } from "../protocol/channel/client-channel.ts";
import type { DrainLimits } from "../protocol/channel/options.ts";
import type { Failure } from "../protocol/failure.ts";
import { defaultDrainTimeout } from "../protocol/limits.ts";
import type { AlertName } from "../protocol/record/alert-codes.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { type Decision, Driver } from "./driver.ts";
import { AlertError, closedError, errorOf, type HawserError, internalError, lastWords } from "./errors.ts";
import { type Detached, leave, requireMovable } from "./handoff-leave.ts";
import { IdleTimer } from "./idle-timer.ts";
import { LateFailure } from "./late-failure.ts";
import { NetSurface } from "./net-surface.ts";
import { defaultHighWaterMark, recordSizes, type SocketOptions } from "./options.ts";
import type { Origin } from "./origin.ts";
import { Pings } from "./pings.ts";
import { Sending } from "./sending.ts";

export { defaultHighWaterMark, defaultRecordSizes } from "./options.ts";

type Callback = (error?: Error | null) => void;

/**
 * One end of a Hawser connection, as `net.Socket` is one of TCP's: a Duplex of bytes. {@link connect},
 * {@link createConnection}, {@link accept} and a server make them.
 *
 * - `end()` ends the own direction, and says so to the peer in a way that nobody between can forge; the peer's goes on.
 * - `destroy()`, or with an AbortError, tells the peer `cancelled`, `destroy(error)` tells it `internal_error` without the error's text, and
 *   `destroy(new AlertError(…))` tells it that alert. What Node still holds of what was written is dropped.
 * - An `'error'` comes after the data that came before it has been read; writes fail at once.
 * - `'ready'`, and `'connect'` before it, are emitted when the handshake is over, `'timeout'` as by `net.Socket`.
 */
export class HawserSocket extends NetSurface {
  /** Resolves when the handshake is over; rejects when that was not to be. */
  readonly ready: Promise<void>;
  /** Data that was received, in bytes: what the application wrote at the other end, without what Hawser adds. */
  bytesRead = 0;
  /** Data that was written and has been taken on, in bytes. */
  bytesWritten = 0;
  readonly #origin: Origin;
  readonly #drain: DrainLimits;
  /** While there is no transport, and somebody may give up waiting for one. */
  #opening: AbortController | undefined;
  readonly #sending: Sending;
  readonly #late: LateFailure;
  readonly #pings: Pings;
  /** What a server ends idle connections with; the application's own time-out is another. */
  readonly #idleEnd = new IdleTimer(() => this.dismiss(new AlertError("timeout", "idle")));
  /** Promises that are to be rejected when the socket is destroyed. */
  #waiters: Set<(error: Error) => void> | undefined;
  #driver: Driver | undefined;
  #constructed: Callback | undefined;
  #settleReady: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #isOpen = false;
  /** The connection's clean end has been told. */
  #isClosed = false;
  /** The end of the own direction, where it waits for the handshake. */
  #ending: Callback | undefined;
  #refusedBecause: unknown;
  /** What `alert()` says. */
  #farewell: AlertError | undefined;

  /** @internal */
  constructor(origin: Origin, options: SocketOptions = {}) {
    const { highWaterMark = defaultHighWaterMark } = options;
    super({ allowHalfOpen: options.allowHalfOpen ?? false, highWaterMark });
    this.#origin = origin;
    this.#drain = options.drain ?? {};
    this.#sending = new Sending(recordSizes(options), highWaterMark);
    this.#late = new LateFailure(this, options.drain?.timeout ?? defaultDrainTimeout);
    this.#pings = new Pings({
      send: (body) => this.#openDriver("a ping").ping(body),
      mayTryAgain: () => this.#driver?.channel.deadline !== undefined,
    });
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    // Who does not ask is told by 'error'.
    this.ready.catch(() => undefined);
  }

  /** The handshake is under way, or what comes before it. */
  get connecting(): boolean {
    return !this.#isOpen && !this.destroyed;
  }

  /** The peer's long-term public key, 32 bytes, once it has proved that it is its own. */
  get remotePublicKey(): Uint8Array | undefined {
    return this.#driver?.channel.remotePublicKey;
  }

  /** What the client wants the connection for; `undefined` for nothing in particular, and at a client. */
  get context(): string | undefined {
    const channel = this.#driver?.channel;
    return channel instanceof ClientChannel ? undefined : channel?.context;
  }

  /** 64 bytes that are the same at both ends and in no other connection; no secret. `undefined` before `'ready'`. */
  get channelBinding(): Uint8Array | undefined {
    return this.#driver?.channel.channelBinding;
  }

  /**
   * `length` secret bytes (1 to 64) bound to this connection, a label and a context; the same at both ends.
   *
   * @throws UsageError before `'ready'`
   */
  exportKeyingMaterial(label: string, length: number, context?: Uint8Array): Uint8Array {
    return this.#openDriver("an export").channel.exportKeyingMaterial(label, length, context);
  }

  /** Why the connection failed. It is there before `'error'` is, which waits for the data before it to be read. */
  get failure(): HawserError | undefined {
    return this.#late.error;
  }

  /** Resolves once all that was written before has been handed to the transport. */
  flush(): Promise<void> {
    return this.#waitFor((resolve) => {
      if (this.writableFinished) resolve();
      else if (this.writableEnded) this.once("finish", resolve);
      else this.write(this.#sending.marker(), (error) => error ?? resolve());
    });
  }

  /**
   * Gives up, with a reason for the peer, after all that was written before has been handed to the transport. The
   * socket is then closed, without an `'error'`; that the reason arrives is seen to behind it.
   *
   * @throws UsageError for a code that nobody may send
   */
  async alert(code: number | AlertName, words = ""): Promise<void> {
    const farewell = new AlertError(code, words);
    await this.flush();
    if (this.destroyed || this.#isClosed)
      throw this.failure ?? closedError("The connection is over already.");
    this.dismiss(farewell);
  }

  /**
   * Ends the connection on purpose: the peer is told why, and there is no `'error'` on this side.
   *
   * @internal
   */
  dismiss(farewell: AlertError): void {
    this.#farewell = farewell;
    this.destroy();
  }

  /**
   * Ends the connection, with `timeout`, after so many milliseconds without data; 0 for never.
   *
   * @internal
   */
  endWhenIdle(milliseconds: number): void {
    this.#idleEnd.set(milliseconds);
  }

  /** The time that a Ping and its answer take, in milliseconds. A peer whose application does not read can't answer. */
  async ping(): Promise<number> {
    await this.ready;
    if (this.destroyed || this.failure !== undefined) throw this.#over();
    return this.#pings.ping();
  }

  /**
   * Takes the connection away, for it to go on elsewhere, unless something that was written still waits here: then
   * `undefined`.
   *
   * @throws UsageError where there is nothing that could go on
   * @internal
   */
  leave(): Detached | undefined {
    const driver = this.#openDriver("a hand-over");
    if (this.destroyed || this.failure !== undefined) throw this.#over();
    requireMovable(this, driver);
    if (this.writableLength > 0 || this.#sending.isWaiting || !driver.isQuiet) return undefined;
    this.#driver = undefined;
    return leave(this, driver);
  }

  protected override get transport(): Partial<Socket> | undefined {
    return this.#driver?.transport.stream as Partial<Socket> | undefined;
  }

  protected override setRef(isRef: boolean): void {
    super.setRef(isRef);
    if (this.#driver !== undefined) this.#driver.isRef = isRef;
  }

  /** Destroys the socket unless it has come to its end, and waits until it is closed. */
  override async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.closed
      ? undefined
      : new Promise<void>((resolve) => this.once("close", () => resolve()));
    if (!this.destroyed) this.destroy();
    await closed;
  }

  // --- Duplex

  override _construct(callback: Callback): void {
    if (this.destroyed) {
      this.#origin.abandon();
      callback();
      return;
    }
    this.#constructed = callback;
    this.#begin().then(
      () => this.#finishConstruction(),
      (error) => {
        this.#origin.abandon();
        this.#finishConstruction(error);
      },
    );
  }

  override write(chunk: unknown, callback?: Callback): boolean;
  override write(chunk: unknown, encoding: BufferEncoding, callback?: Callback): boolean;
  override write(chunk: unknown, encodingOrCallback?: BufferEncoding | Callback, last?: Callback): boolean {
    if (encodingOrCallback === undefined && last === undefined && this.#writeAtOnce(chunk)) return true;
    const callback = typeof encodingOrCallback === "function" ? encodingOrCallback : last;
    if (this.#late.isHeld) {
      this.#late.refuse(callback);
      return false;
    }
    const encoding = typeof encodingOrCallback === "string" ? encodingOrCallback : "utf8";
    const told = callback && ((error?: Error | null) => callback(this.failure ?? error));
    return super.write(chunk, encoding, told);
  }

  /**
   * Writes bytes that are their writer's again when this returns. They are copied only where they have to wait.
   *
   * @internal
   */
  writeBorrowed(bytes: Uint8Array): boolean {
    const isTaken = this.#takesWrites && this.#constructed === undefined && this.#sending.takesWhole(bytes);
    return this.write(isTaken ? bytes : Buffer.from(bytes));
  }

  /**
   * The short way of bytes that nobody wants called back for, while nothing waits: Node's way takes longer than all the
   * rest that is done about a short message.
   */
  #writeAtOnce(chunk: unknown): boolean {
    if (!this.#takesWrites || !(chunk instanceof Uint8Array) || chunk.length === 0) return false;
    if (!this.#sending.takeAtOnce(chunk)) return false;
    this.bytesWritten += chunk.length;
    this.#notIdle();
    return true;
  }

  /** Whether nothing is queued before what is written now. */
  get #takesWrites(): boolean {
    if (!this.#isOpen || this.writableLength > 0 || this.writableCorked > 0 || this.writableNeedDrain)
      return false;
    return !this.writableEnded && !this.destroyed && this.failure === undefined;
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    if (this.failure !== undefined) {
      callback();
      return;
    }
    const taken = this.#sending.write(chunk, callback);
    this.bytesWritten += taken;
    if (taken > 0) this.#notIdle();
  }

  override _final(callback: Callback): void {
    if (this.failure !== undefined) return; // The socket is about to be destroyed.
    if (!this.#isOpen) this.#ending = callback;
    else {
      this.#sending.end(callback);
      if (this.#isClosed) this.#sending.release();
    }
  }

  override _read(): void {
    if (this.#driver !== undefined) this.#driver.applicationIsFull = false;
  }

  override read(size?: number): ReturnType<Duplex["read"]> {
    const chunk: unknown = super.read(size);
    this.#late.afterRead();
    return chunk;
  }

  override destroy(error?: Error): this {
    super.destroy(error);
    this.#opening?.abort();
    this.#finishConstruction();
    return this;
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#late.clear();
    this.idle.clear();
    this.#idleEnd.clear();
    const driver = this.#driver;
    if (driver !== undefined && !driver.isOver) {
      this.#sending.seal();
      const { alert, words } = lastWords(this.#farewell ?? error);
      driver.alert(alert, words);
    }
    this.#sending.discard();
    // Mostly nobody waits, and an error takes its time to make.
    const why = () => error ?? this.#farewell ?? this.#over();
    this.#settleReady?.reject(why());
    this.#pings.fail(why);
    for (const reject of this.#waiters ?? []) reject(why());
    this.#waiters = undefined;
    callback(error);
    this.#sending.release(why);
  }

  // --- The connection

  async #begin(): Promise<void> {
    const gaveUp = () => {
      this.#opening = new AbortController();
      if (this.destroyed) this.#opening.abort();
      return this.#opening.signal;
    };
    const { stream, channel, head, outputs } = await this.#origin.begin(gaveUp);
    this.#opening = undefined;
    if (this.destroyed) {
      stream.destroy();
      return;
    }
    this.#driver = new Driver(channel, stream, this.#drain, {
      peerKey: (publicKey, context) => void this.#judge(publicKey, context),
      open: () => this.#onOpen(),
      data: (bytes) => this.#onData(bytes),
      end: () => this.#onEnd(),
      pong: (bytes) => this.#pings.pong(bytes),
      closed: () => this.#onClosed(),
      failed: (failure) => this.#onFailed(failure),
      broken: (cause) => this.#tell(internalError(cause)),
      wrote: () => this.#onWrote(),
    });
    this.#sending.attach(this.#driver);
    if (!this.isRef) this.setRef(false);
    this.#driver.start(head, outputs);
  }

  #finishConstruction(error?: Error): void {
    const callback = this.#constructed;
    this.#constructed = undefined;
    callback?.(error);
  }

  async #judge(publicKey: Uint8Array, context: string | undefined): Promise<void> {
    let decision: Decision;
    try {
      decision = await this.#origin.decide(publicKey, context);
    } catch (error) {
      this.destroy(error instanceof Error ? error : internalError(error));
      return;
    }
    if (decision.verdict === "refuse") this.#refusedBecause = decision.cause;
    // What a listener of 'ready' or 'connection' throws from here is not the connection's: nobody catches it.
    this.#driver?.decide(decision);
  }

  #onOpen(): void {
    this.#isOpen = true;
    this.#settleReady?.resolve();
    this.#settleReady = undefined;
    const ending = this.#ending;
    this.#ending = undefined;
    if (ending !== undefined) this._final(ending);
    this.emit("connect");
    this.emit("ready");
  }

  #onData(bytes: Uint8Array): boolean {
    if (this.destroyed) return true;
    this.bytesRead += bytes.length;
    this.#notIdle();
    return this.push(bytes);
  }

  #onEnd(): void {
    if (this.destroyed) return;
    this.#late.peerEnded();
    this.push(null);
  }

  #onClosed(): void {
    this.#isClosed = true;
    if (this.#isOpen) this.#sending.release();
    else this.destroy(); // A client that came and went without a word.
  }

  #onFailed(failure: Failure): void {
    if (!this.destroyed) this.#tell(errorOf(failure, this.#refusedBecause));
  }

  /** A failure is told once the data that came before it has been read; the writer is told at once. */
  #tell(error: HawserError): void {
    if (this.destroyed || this.failure !== undefined) return;
    this.#sending.discard();
    this.#late.tell(error, this.isRef);
    this.#sending.release();
  }

  #notIdle(): void {
    this.idle.refresh();
    this.#idleEnd.refresh();
  }

  #onWrote(): void {
    if (this.writableLength > 0) this.#notIdle(); // A slow peer takes its time, and is not idle.
    this.#sending.makeRoom();
  }

  #waitFor(start: (resolve: () => void) => void): Promise<void> {
    if (this.destroyed || this.failure !== undefined) return Promise.reject(this.#over());
    return new Promise((resolve, reject) => {
      this.#waiters ??= new Set();
      this.#waiters.add(reject);
      start(() => {
        this.#waiters?.delete(reject);
        resolve();
      });
    });
  }

  #over(): Error {
    return this.failure ?? this.errored ?? closedError("The connection is over.");
  }

  #openDriver(what: string): Driver {
    if (this.#driver === undefined || !this.#isOpen)
      throw new UsageError(`${what} is for an open connection`);
    return this.#driver;
  }
}
