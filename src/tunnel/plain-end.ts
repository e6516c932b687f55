import type { Socket } from "node:net";
import { Transport, type TransportEvents } from "../net/transport.ts";
import { defaultDrainBytes, defaultDrainTimeout } from "../protocol/limits.ts";
import { confirmEnd } from "./true-end.ts";

type Callback = (error?: Error | null) => void;

/**
 * The plain side of a tunnel's connection: a TCP or unix socket as the channel's own transports are, so that what has
 * arrived is read on after a write has failed, and the end is told after everything before it.
 */
export class PlainEnd {
  readonly #socket: Socket;
  readonly #transport: Transport;
  /** The system has been told of the end of what is written. */
  #endTold = false;
  /** The peer's end is one. */
  #endConfirmed = false;
  #finish: (() => void) | undefined;
  #cutting: NodeJS.Timeout | undefined;

  constructor(socket: Socket, events: TransportEvents) {
    this.#socket = socket;
    const patience = { timeout: defaultDrainTimeout, bytes: defaultDrainBytes };
    this.#transport = new Transport(socket, patience, {
      ...events,
      ended: () =>
        confirmEnd(socket, () => {
          this.#endConfirmed = true;
          events.ended();
          this.#finish?.();
        }),
      wrote: () => {
        if (this.#cutting !== undefined) this.#cutWhenFlushed();
        else events.wrote();
      },
    });
    this.#delayFinish();
  }

  /** Begins to read. */
  start(): void {
    this.#transport.start();
  }

  /** Bytes that have been written and not been handed over; after a failed write, without end. */
  get pending(): number {
    return this.#transport.pending;
  }

  /** Something that differs once any byte of what is pending has been taken. */
  get progress(): string {
    return this.#transport.progress;
  }

  set wantsInput(wanted: boolean) {
    this.#transport.wantsInput = wanted;
  }

  write(bytes: Uint8Array): void {
    this.#transport.write(bytes);
  }

  /** The end of what is written, once that is handed over. */
  end(): void {
    this.#transport.end();
  }

  /**
   * Breaks the connection off, so that what was written can't be taken for all there was: by a reset, after what is
   * here has been handed over, if that does not take too long. Unix sockets know no reset: there it is the end alone.
   */
  reset(): void {
    if (this.#cutting !== undefined || this.#socket.destroyed) return;
    this.#transport.wantsInput = false;
    this.#cutting = setTimeout(() => this.#cut(), defaultDrainTimeout);
    this.#cutWhenFlushed();
  }

  /** A socket that is done with both directions destroys itself, and could not be asked any more what its end was. */
  #delayFinish(): void {
    const socket = this.#socket;
    const { _final } = socket;
    const final = (callback: Callback) => {
      _final.call(socket, (error) => {
        this.#endTold = true;
        const finish = () => callback(error);
        if (this.#endConfirmed) finish();
        else this.#finish = finish;
      });
    };
    socket._final = final;
  }

  #cutWhenFlushed(): void {
    const { pending } = this.#transport;
    const isShutting = this.#socket.writableEnded && !this.#endTold;
    const waits = pending > 0 && pending < Number.POSITIVE_INFINITY;
    // A reset would fail while the system is being told of the end.
    if (!waits && !isShutting) this.#cut();
  }

  #cut(): void {
    clearTimeout(this.#cutting);
    if (!this.#socket.destroyed && this.#socket.remoteFamily !== undefined) this.#socket.resetAndDestroy();
    this.#transport.destroy();
  }
}
