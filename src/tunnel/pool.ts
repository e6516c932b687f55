import { performance } from "node:perf_hooks";
import type { HawserSocket } from "../net/index.ts";
import { ended, failureOf } from "./failures.ts";
import type { Observe } from "./observer.ts";
import { ReadyConnection, type ReadyOptions } from "./ready.ts";

export interface PoolOptions extends Partial<ReadyOptions> {
  /** How many connections stand ready. */
  readonly size: number;
}

/** How long to wait before connections are made again after one failed, in milliseconds: doubled each time, up to the last. */
const backoff = { first: 250, last: 30_000 } as const;

/**
 * Connections that are made ahead, so that a local program need not wait for a handshake. One that is taken or lost is
 * replaced; while that fails, it is tried ever more rarely.
 */
export class Pool {
  readonly #connect: () => HawserSocket;
  readonly #size: number;
  readonly #options: ReadyOptions;
  readonly #observe: Observe;
  readonly #ready = new Set<ReadyConnection>();
  readonly #underWay = new Set<HawserSocket>();
  #wait: number = backoff.first;
  #waiting: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(connect: () => HawserSocket, options: PoolOptions, observe: Observe) {
    const { size, pingInterval = 10_000, pingTimeout = 5_000 } = options;
    this.#connect = connect;
    this.#size = size;
    this.#options = { pingInterval, pingTimeout };
    this.#observe = observe;
  }

  /** Makes what is missing. */
  fill(): void {
    while (
      !this.#isClosed &&
      this.#waiting === undefined &&
      this.#ready.size + this.#underWay.size < this.#size
    ) {
      this.#add();
    }
  }

  /** The connection that has been ready longest; `undefined` where there is none. */
  take(): ReadyConnection | undefined {
    for (const ready of this.#ready) {
      this.#ready.delete(ready);
      const isGood = ready.take();
      this.#changed();
      if (isGood) {
        this.#wait = backoff.first;
        this.fill();
        return ready;
      }
    }
    return undefined;
  }

  /** Ends all that are ready, and begins anew: they were made with what holds no more. */
  renew(): void {
    for (const socket of this.#underWay) socket.destroy();
    for (const ready of this.#ready) ready.close();
    this.#ready.clear();
    this.#retryNow();
    this.fill();
  }

  close(): void {
    this.#isClosed = true;
    this.renew();
  }

  #add(): void {
    const socket = this.#connect();
    this.#underWay.add(socket);
    const onClose = () => {
      this.#underWay.delete(socket);
      this.#failed(socket.errored ?? undefined);
    };
    socket.on("error", () => undefined);
    socket.once("close", onClose);
    socket.once("ready", () => {
      socket.off("close", onClose);
      this.#underWay.delete(socket);
      this.#stand(socket);
    });
  }

  #stand(socket: HawserSocket): void {
    const since = performance.now();
    const ready = new ReadyConnection(socket, this.#options, (failure) => {
      this.#ready.delete(ready);
      this.#changed();
      // One that stood for long was good: the service, or the path, has its limits.
      if (performance.now() - since > backoff.last) this.#wait = backoff.first;
      this.#failed(failure);
    });
    this.#ready.add(ready);
    this.#changed();
  }

  #failed(failure: Error | undefined): void {
    if (this.#isClosed || this.#waiting !== undefined) return;
    const retryIn = this.#wait;
    this.#wait = Math.min(2 * this.#wait, backoff.last);
    this.#waiting = setTimeout(() => {
      this.#waiting = undefined;
      this.fill();
    }, retryIn);
    this.#observe({
      ...{ type: "connectFailed", address: undefined, retryIn },
      failure: failureOf(failure ?? ended()),
    });
  }

  #retryNow(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#wait = backoff.first;
  }

  #changed(): void {
    this.#observe({ type: "poolChanged", ready: this.#ready.size, wanted: this.#size });
  }
}
