import type { Socket } from "node:net";
import type { AlertError, HawserSocket } from "../net/index.ts";
import { spendOnWrite } from "../net/memory.ts";
import { defaultDrainTimeout } from "../protocol/limits.ts";
import { brokenOff, ended, idle, type PlainSide, type TunnelError } from "./failures.ts";
import { PlainEnd } from "./plain-end.ts";

/** How much may wait for the plain side, in bytes, before the channel is read no more. */
const highWaterMark = 262_144;

export interface SpliceOptions {
  /** Who is on the plain side, for words. */
  readonly side: PlainSide;
  /** Ends both after so many milliseconds in which nothing passed; 0 for never. */
  readonly idleTimeout: number;
  /** Breaks both off; its reason is the alert that the other end gets. */
  readonly signal: AbortSignal;
  /** What was read from the channel before. */
  readonly head?: readonly Uint8Array[];
}

/**
 * Joins the two sides of a tunnel: a channel, which may still be connecting, and a plain socket, which nobody has read
 * from. Resolves when both are closed: with nothing if each direction came to its end, else with why not.
 *
 * | one side | the other |
 * |---|---|
 * | ends its direction | hears the end after all before it; its own direction goes on |
 * | takes nothing | is read no more once `highWaterMark` waits |
 * | the plain one breaks off | the channel gets `cancelled`, after what was read |
 * | the channel fails, gets an alert, or is ended by this side | the plain one is reset, after what was read |
 * | both are silent for too long | the channel gets `timeout`, the plain one is reset |
 */
export function splice(
  socket: HawserSocket,
  plain: Socket,
  options: SpliceOptions,
): Promise<Error | undefined> {
  return new Promise((resolve) => new Splice(socket, plain, options, resolve).start());
}

class Splice {
  readonly #socket: HawserSocket;
  readonly #plain: PlainEnd;
  readonly #options: SpliceOptions;
  readonly #done: (failure: Error | undefined) => void;
  #failure: Error | undefined;
  #channelEnded = false;
  #plainEnded = false;
  #isGivenUp = false;
  /** Of the two sides. */
  #open = 2;
  /** What the plain side had taken when it was last asked. */
  #progress: string | undefined;
  /** For the plain side alone, once the channel is closed. */
  #patience: NodeJS.Timeout | undefined;

  constructor(
    socket: HawserSocket,
    plain: Socket,
    options: SpliceOptions,
    done: (failure: Error | undefined) => void,
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#done = done;
    this.#plain = new PlainEnd(plain, {
      data: (bytes) => this.#fromPlain(bytes),
      ended: () => this.#plainEnd(),
      wrote: () => this.#plainTook(),
      writeFailed: () => undefined, // What has arrived is read on, and then it has failed.
      failed: (cause) => this.#plainFailed(cause),
    });
    if (plain.closed) process.nextTick(() => this.#closed());
    else plain.once("close", () => this.#closed());
  }

  start(): void {
    const socket = this.#socket;
    const { head = [], idleTimeout, signal } = this.#options;
    for (const bytes of head) this.#plain.write(bytes);
    socket.on("data", (bytes) => this.#fromChannel(bytes));
    socket.on("end", () => this.#channelEnd());
    socket.on("drain", () => {
      this.#plain.wantsInput = true;
    });
    socket.on("timeout", () => this.#silent());
    socket.on("error", (error) => this.#channelFailed(error));
    socket.once("close", () => this.#channelClosed());
    if (socket.closed) process.nextTick(() => this.#channelClosed());
    signal.addEventListener("abort", this.#stop, { once: true });
    if (signal.aborted) this.#stop();
    socket.setTimeout(idleTimeout);
    socket.resume();
    this.#plain.start();
  }

  // --- From the channel to the plain side

  #fromChannel(bytes: Uint8Array): void {
    if (this.#isGivenUp) return;
    this.#plain.write(spendOnWrite(bytes));
    if (this.#plain.pending >= highWaterMark) this.#socket.pause();
  }

  #plainTook(): void {
    if (this.#socket.isPaused() && this.#plain.pending < highWaterMark) this.#socket.resume();
  }

  #channelEnd(): void {
    this.#channelEnded = true;
    this.#plain.end();
  }

  #channelFailed(error: Error): void {
    this.#failure ??= error;
    this.#plain.reset();
  }

  #channelClosed(): void {
    if (!this.#channelEnded || !this.#socket.writableFinished) this.#channelFailed(this.#failure ?? ended());
    else this.#watchPlain();
    this.#closed();
  }

  // --- From the plain side to the channel

  /** The bytes are the reader's memory, which is used again when this returns. */
  #fromPlain(bytes: Uint8Array): void {
    if (!this.#socket.writeBorrowed(bytes)) this.#plain.wantsInput = false;
  }

  #plainEnd(): void {
    this.#plainEnded = true;
    this.#socket.end();
  }

  #plainFailed(cause: unknown): void {
    const isOver = cause === undefined && this.#plainEnded && this.#channelEnded;
    if (!isOver) this.#fail(brokenOff(this.#options.side, cause));
  }

  // --- Both

  /** Nothing came out of the channel for as long as may be, nor went in; the plain side may still be taking something. */
  #silent(): void {
    const socket = this.#socket;
    const { pending, progress } = this.#plain;
    const { idleTimeout } = this.#options;
    const isBusy = socket.connecting || (pending > 0 && progress !== this.#progress);
    this.#progress = progress;
    if (!isBusy) this.#fail(idle(idleTimeout));
    else if (socket.destroyed) this.#watchPlain();
    else socket.setTimeout(idleTimeout);
  }

  /** The channel is closed, and the plain side has not taken all of it yet. */
  #watchPlain(): void {
    const { idleTimeout } = this.#options;
    if (idleTimeout > 0) this.#patience = setTimeout(() => this.#silent(), idleTimeout);
  }

  readonly #stop = (): void => {
    this.#failure ??= ended();
    if (!this.#socket.destroyed) this.#socket.dismiss(this.#options.signal.reason as AlertError);
    this.#plain.reset();
  };

  /** The peer is told after what was written before, if that does not take too long. */
  #fail(error: TunnelError): void {
    const socket = this.#socket;
    this.#failure ??= error;
    this.#plain.reset();
    // Nobody takes what comes now; a channel that is done in both directions still waits for it to be taken.
    this.#isGivenUp = true;
    socket.resume();
    if (socket.connecting) socket.destroy();
    if (socket.destroyed) return;
    const timer = setTimeout(() => socket.dismiss(error.toAlert()), defaultDrainTimeout);
    socket.once("close", () => clearTimeout(timer));
    socket.alert(error.alert, error.told).catch(() => undefined); // It is over already, and has said so.
  }

  #closed(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    clearTimeout(this.#patience);
    this.#options.signal.removeEventListener("abort", this.#stop);
    this.#done(this.#failure);
  }
}
