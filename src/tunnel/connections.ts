import { performance } from "node:perf_hooks";
import { failureOf } from "./failures.ts";
import type { Observe, TunnelPeer } from "./observer.ts";
import type { ConnectionStatus } from "./operable.ts";

/** A connection of a tunnel, from the moment its client is let in until both of its sides are closed. */
export interface Connection {
  readonly number: number;
  readonly peer: TunnelPeer;
  /** It is over: with nothing if each direction came to its end, else with why not. */
  close(failure: Error | undefined): void;
}

/** Where a connection's bytes are counted: its socket, or what another process says of it. */
export interface Counted {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

interface Open extends Connection {
  readonly backend: string;
  readonly socket: Counted;
  readonly openedAt: number;
}

/** The connections of an end of a tunnel: told to the observer as they come and go, and counted. */
export class Connections {
  readonly #observe: Observe;
  readonly #open = new Set<Open>();
  readonly #perKey = new Map<string, number>();
  readonly #perAddress = new Map<string, number>();
  #last = 0;
  #whenNone: (() => void)[] = [];

  constructor(observe: Observe) {
    this.#observe = observe;
  }

  get size(): number {
    return this.#open.size;
  }

  ofKey(publicKey: string): number {
    return this.#perKey.get(publicKey) ?? 0;
  }

  /** @param host an address without its port */
  ofAddress(host: string): number {
    return this.#perAddress.get(host) ?? 0;
  }

  open(peer: TunnelPeer, host: string | undefined, backend: string, socket: Counted): Connection {
    this.#last += 1;
    const number = this.#last;
    const connection: Open = {
      number,
      peer,
      backend,
      socket,
      openedAt: performance.now(),
      close: (failure) => {
        if (!this.#open.delete(connection)) return;
        this.#count(peer.publicKey, host, -1);
        const { milliseconds, bytesIn, bytesOut } = statusOf(connection);
        this.#observe({
          ...{ type: "connectionClosed", connection: number, peer, backend, bytesIn, bytesOut, milliseconds },
          failure: failure && failureOf(failure),
        });
        if (this.#open.size > 0) return;
        for (const call of this.#whenNone.splice(0)) call();
      },
    };
    this.#open.add(connection);
    this.#count(peer.publicKey, host, 1);
    this.#observe({ type: "connectionOpened", connection: number, peer, backend });
    return connection;
  }

  /** One of another process, which counts for the limits: it is there, or there no more. */
  countElsewhere(publicKey: string, host: string | undefined, more: 1 | -1): void {
    this.#count(publicKey, host, more);
  }

  /** Those that are open, the oldest first. */
  status(): ConnectionStatus[] {
    return [...this.#open].map(statusOf);
  }

  /** Resolves when there is none. */
  none(): Promise<void> {
    return this.#open.size === 0 ? Promise.resolve() : new Promise((done) => this.#whenNone.push(done));
  }

  #count(publicKey: string, host: string | undefined, more: 1 | -1): void {
    add(this.#perKey, publicKey, more);
    if (host !== undefined) add(this.#perAddress, host, more);
  }
}

function add(counts: Map<string, number>, name: string, more: 1 | -1): void {
  const count = (counts.get(name) ?? 0) + more;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}

function statusOf({ number, peer, backend, socket, openedAt }: Open): ConnectionStatus {
  return {
    connection: number,
    ...peer,
    backend,
    milliseconds: performance.now() - openedAt,
    bytesIn: socket.bytesRead,
    bytesOut: socket.bytesWritten,
  };
}
