import type { HawserSocket } from "../net/index.ts";

/** How much a service may say before anybody is there to hear it, in bytes, until it has to wait. */
const mostHead = 65_536;

export interface ReadyOptions {
  /** How often the other end is asked for a sign of life, in milliseconds. */
  readonly pingInterval: number;
  /** How long the answer may take. */
  readonly pingTimeout: number;
}

/**
 * A connection that was made ahead and stands ready. What the service says first is kept for whoever gets it; when it
 * ends, fails, or gives no sign of life, it is ready no more.
 */
export class ReadyConnection {
  readonly socket: HawserSocket;
  /** What came out of the channel so far. */
  readonly head: Uint8Array[] = [];
  readonly #options: ReadyOptions;
  readonly #isLost: (failure: Error | undefined) => void;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param isLost called once, unless the connection is taken before */
  constructor(socket: HawserSocket, options: ReadyOptions, isLost: (failure: Error | undefined) => void) {
    this.socket = socket;
    this.#options = options;
    this.#isLost = isLost;
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onEnd);
    this.#schedule();
  }

  /** Hands the connection over: from now on it is the taker's. `false` where it has just failed. */
  take(): boolean {
    // What is behind the data that was not read yet may be a failure.
    if (this.#isOver || this.socket.destroyed || this.socket.failure !== undefined) return false;
    this.#leave();
    this.socket.pause();
    return true;
  }

  /** Ends it, unused. */
  close(): void {
    if (this.#isOver) return;
    this.#leave();
    this.socket.on("error", () => undefined).resume();
    this.socket.end();
    setTimeout(() => this.socket.destroy(), this.#options.pingTimeout).unref();
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      // An answer would wait behind what is not read.
      if (this.socket.isPaused()) this.#schedule();
      else void this.#ping();
    }, this.#options.pingInterval);
  }

  async #ping(): Promise<void> {
    const late = setTimeout(() => {
      // It may have been asked just before the service said too much.
      if (!this.#isOver && !this.socket.isPaused()) this.socket.destroy();
    }, this.#options.pingTimeout);
    try {
      await this.socket.ping();
      if (!this.#isOver) this.#schedule();
    } catch {
      // It is closed, and has said so.
    } finally {
      clearTimeout(late);
    }
  }

  readonly #onData = (bytes: Uint8Array): void => {
    this.head.push(bytes);
    const length = this.head.reduce((sum, chunk) => sum + chunk.length, 0);
    if (length >= mostHead) this.socket.pause();
  };

  readonly #onEnd = (): void => this.#lose(this.socket.failure);

  readonly #onError = (error: Error): void => this.#lose(error);

  #lose(failure: Error | undefined): void {
    if (this.#isOver) return;
    this.#leave();
    this.socket.on("error", () => undefined);
    this.socket.destroy();
    this.#isLost(failure);
  }

  #leave(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.socket.off("data", this.#onData);
    this.socket.off("end", this.#onEnd);
    this.socket.off("error", this.#onError);
    this.socket.off("close", this.#onEnd);
  }
}
