import type { Observe, TunnelFailure } from "./observer.ts";

/** What the last reload gave. */
export interface LastReload {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Absent where all was good. */
  readonly failure?: TunnelFailure;
}

/** What has happened since the start, in numbers, for whoever asks how the tunnel does. */
export class Tally {
  /** A server's connection string, once it listens. */
  url: string | undefined;
  /** Where it listens. */
  address: string | undefined;
  isClosing = false;
  connections = 0;
  bytesIn = 0;
  bytesOut = 0;
  lastReload: LastReload | undefined;
  /** Handshakes by their outcome. */
  readonly handshakes: Record<string, number> = {};
  /** What went wrong, by code: connections, services and servers that could not be reached. */
  readonly failures: Record<string, number> = {};
  readonly limits: Record<string, number> = {};
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  readonly observe: Observe = (event) => {
    switch (event.type) {
      case "listening":
        this.url = event.url;
        this.address = event.address;
        return;
      case "handshakeDone":
        count(this.handshakes, event.outcome);
        return;
      case "connectionOpened":
        this.connections++;
        return;
      case "connectionClosed":
        this.bytesIn += event.bytesIn;
        this.bytesOut += event.bytesOut;
        // That the service could not be reached was told before, by itself.
        if (event.failure !== undefined) count(this.failures, event.failure.code);
        return;
      case "connectFailed":
      case "serverError":
        count(this.failures, event.failure.code);
        return;
      case "limitReached":
        count(this.limits, event.limit);
        return;
      case "reloaded":
        this.lastReload = { at: this.#now() };
        return;
      case "reloadFailed":
        this.lastReload = { at: this.#now(), failure: event.failure };
        return;
      case "closing":
        this.isClosing = true;
        return;
      default:
        return;
    }
  };
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
