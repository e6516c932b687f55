/** When to ping, and when to give a silent peer up, in milliseconds of silence. */
export interface LivenessPolicy {
  readonly pingAfter: number;
  readonly timeout: number;
}

/** What a channel knows of Pings: the Pong it owes, the Ping it awaits an answer to, and how long the peer has been silent. */
export class Liveness {
  readonly #policy: LivenessPolicy | undefined;
  #outstanding: Uint8Array | undefined;
  #pinged = false;
  #lastHeard = 0;
  /** A Ping was opened whose Pong has not been handed to the transport. */
  pongOwed = false;

  constructor(policy: LivenessPolicy | undefined) {
    this.#policy = policy;
  }

  /** The 8 bytes of the Ping that awaits its Pong. */
  get outstanding(): Uint8Array | undefined {
    return this.#outstanding;
  }

  /** A Ping was sent in the present silence, or one from before it is unanswered. */
  get hasPinged(): boolean {
    return this.#pinged || this.#outstanding !== undefined;
  }

  /** When the silence is to be broken by a Ping, or ends the connection. */
  get deadline(): number | undefined {
    if (this.#policy === undefined) return undefined;
    return this.#lastHeard + (this.hasPinged ? this.#policy.timeout : this.#policy.pingAfter);
  }

  /** A record has been opened: the silence begins anew. */
  heard(now: number): void {
    this.#lastHeard = now;
    this.#pinged = false;
  }

  pingSent(body: Uint8Array): void {
    this.#outstanding = body;
    this.#pinged = true;
  }

  /** The Ping was answered, or never will be. */
  forgetPing(): void {
    this.#outstanding = undefined;
  }
}
