import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { pingLength } from "../protocol/limits.ts";
import { UsageError } from "../protocol/usage-error.ts";

interface Waiting {
  body: Uint8Array | undefined;
  sentAt: number;
  readonly resolve: (milliseconds: number) => void;
  readonly reject: (error: Error) => void;
}

/** What of the connection a Ping needs. */
export interface PingSender {
  /** @throws UsageError while another Ping is outstanding */
  send(body: Uint8Array): void;
  /** Whether a refused Ping may be tried again after the next Pong: liveness sends Pings of its own. */
  mayTryAgain(): boolean;
}

/** The application's Pings, one after the other (RC-038). */
export class Pings {
  readonly #sender: PingSender;
  #waiting: Waiting[] = [];

  constructor(sender: PingSender) {
    this.#sender = sender;
  }

  /** The time from the Ping to its Pong, in milliseconds. */
  ping(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ body: undefined, sentAt: 0, resolve, reject });
      this.#sendNext();
    });
  }

  /** A Pong: of one of these, or of liveness. */
  pong(bytes: Uint8Array): void {
    const [first] = this.#waiting;
    if (first?.body !== undefined && Buffer.compare(first.body, bytes) === 0) {
      this.#waiting.shift();
      first.resolve(performance.now() - first.sentAt);
    }
    this.#sendNext();
  }

  /** There will be no more Pongs. */
  fail(why: () => Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(why());
  }

  #sendNext(): void {
    const [first] = this.#waiting;
    if (first === undefined || first.body !== undefined) return;
    const body = randomBytes(pingLength);
    try {
      this.#sender.send(body);
      first.body = body;
      first.sentAt = performance.now();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      if (this.#sender.mayTryAgain()) return;
      this.#waiting.shift();
      first.reject(error);
      this.#sendNext();
    }
  }
}
