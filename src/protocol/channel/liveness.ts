/** When to ping, and when to give a silent peer up, in milliseconds of silence. */
export interface LivenessPolicy {
  readonly pingAfter: number;
  readonly timeout: number;
}

/** The part of a session that is about Pings. */
export interface LivenessState {
  /** A Ping was sent in the present silence. */
  readonly pinged: boolean;
  /** The 8 bytes of the Ping that awaits its Pong. */
  readonly outstanding: Uint8Array | undefined;
  readonly pongOwed: boolean;
  /** Since the last record was opened, in milliseconds. */
  readonly silence: number;
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

  /** What has to be known elsewhere for the silence to go on there, in milliseconds of this clock. */
  leave(now: number): LivenessState {
    const silence = Math.max(0, now - this.#lastHeard);
    return {
      pinged: this.#pinged,
      outstanding: this.#outstanding,
      pongOwed: this.pongOwed,
      silence,
    };
  }

  /** Goes on where another left; the time between the two does not count (TR-026). */
  resume({ pinged, outstanding, pongOwed, silence }: LivenessState, now: number): void {
    this.#pinged = pinged;
    this.#outstanding = outstanding;
    this.pongOwed = pongOwed;
    this.#lastHeard = now - silence;
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
