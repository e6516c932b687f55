import { readU16 } from "../reference/primitives.ts";
import type { CODES } from "../reference/talk.ts";
import type { Role } from "./peer.ts";

export type Phase =
  | "start"
  | "awaitHello"
  | "openingRoute"
  | "routing"
  | "forwarded"
  | "hiding"
  | "awaitChallenge"
  | "judging"
  | "responding"
  | "awaitResponse"
  | "deciding"
  | "awaitVerdict"
  | "open"
  | "closing"
  | "closed"
  | "draining"
  | "failed";

/** What the end was made with. */
export interface Making {
  readonly role: Role;
  readonly firstUse?: boolean;
  readonly stealth?: boolean;
  readonly routes?: boolean;
  /** A server's keys, newest first, by name. */
  readonly keys?: readonly ("server" | "newer" | "other")[];
}

export type AlertName = keyof typeof CODES;

/** A Verdict under the verdict key, on the wire. */
const verdictSize = 2 + 256 + 16;

/** An end as it is known from outside, and the ways in which it ends. Each gives what comes out of it, in words. */
export class JudgedEnd {
  phase: Phase;
  /** Bytes of the peer's stream that no unit was made of. */
  held: Uint8Array = new Uint8Array(0);
  /** Records of the peer that were opened. */
  opened = 0;
  ownClosed = false;
  peerClosed = false;
  /** A Ping was opened whose Pong is not known to be handed over. */
  pongOwed = false;
  /** An own Ping has not been answered. */
  pingOut = false;
  /** It has been open. */
  isOpen = false;
  /** Something was transmitted since the last report that all is handed over. */
  unflushed = false;
  /** The peer's end of file was seen. */
  ended = false;
  /** In Closing the time runs once all is handed over (ST-036). */
  drainRuns = false;
  protected endJudgedIn: string | undefined;
  /** The Hello was the peer's own, so that it can read what answers it. */
  protected mine = true;
  protected asks = "nobody";
  /** How many keys have been asked for their DH, of those that have to be. */
  protected asked = 0;
  /** The Hello's key is a low-order point. */
  protected isZero = false;
  /** With what the Hello is to be answered, where that was said before. */
  protected refusal: AlertName | undefined;
  /** Data that waits for the handshake. */
  protected queued: readonly string[] = [];
  protected readonly making: Making;

  constructor(making: Making) {
    this.making = making;
    this.phase = making.role === "client" ? "start" : "awaitHello";
  }

  /** The state under the name that spec/states.md gives it. */
  get state(): string {
    if (this.phase === "open") {
      if (this.peerClosed) return "HalfClosedRemote";
      return this.ownClosed ? "HalfClosedLocal" : "Open";
    }
    if (this.phase === "awaitVerdict" && this.ownClosed) return "AwaitVerdictClosed";
    return `${this.phase[0]?.toUpperCase()}${this.phase.slice(1)}`;
  }

  /** ST-039: the application or a key holder is waited for, and nothing is opened. */
  get waits(): boolean {
    return ["start", "judging", "responding", "openingRoute", "routing", "deciding"].includes(this.phase);
  }

  /** Nothing that the peer sends has an effect any more (ST-006, ST-027, RT-020). */
  get isOver(): boolean {
    return ["closing", "closed", "draining", "failed", "hiding", "forwarded"].includes(this.phase);
  }

  /** HS-119, RT-022, ST-035, ST-036: some clock is running that ends this state. Liveness is off here (RC-047). */
  get isTimed(): boolean {
    if (this.phase === "closing") return this.drainRuns;
    return !["start", "open", "closed", "failed", "forwarded"].includes(this.phase);
  }

  /** How many bytes more the record needs that has begun; `undefined` between records, and in the handshake. */
  get missing(): number | undefined {
    if (this.phase !== "open" && this.phase !== "awaitVerdict") return undefined;
    return this.held.length < 2 ? undefined : 2 + readU16(this.held, 0) - this.held.length;
  }

  // The ways in which it ends.

  protected get isBeforeResponse(): boolean {
    return ["start", "awaitChallenge", "judging", "responding"].includes(this.phase);
  }

  protected bothClosed(): string[] {
    this.phase = "closing"; // RC-035, RC-036
    this.drainRuns = !this.unflushed;
    return ["closed", "endTransport"];
  }

  protected closeTransport(): string[] {
    this.phase = this.phase === "closing" ? "closed" : "failed";
    return ["closeTransport"];
  }

  /** In silence. */
  protected fail(code: string, requirement: string): string[] {
    this.phase = "failed";
    return [`failed ${code} ${requirement}`, "closeTransport"];
  }

  protected unexpected(): string[] {
    return this.sayAlert("unexpected_record", "unexpected_record", "RC-020");
  }

  protected sayAlert(alert: string, code: string, requirement: string): string[] {
    return [...this.transmit(`Alert ${alert}`), ...this.last(code, requirement)];
  }

  protected verdictAlert(alert: string, code: string, requirement: string): string[] {
    return [...this.transmit(`Verdict Alert ${alert}`, verdictSize), ...this.last(code, requirement)];
  }

  /** A last word was said: AL-017, HS-009, HS-046. */
  protected last(code: string, requirement: string): string[] {
    this.phase = "draining";
    return [`failed ${code} ${requirement}`, "endTransport"];
  }

  /** What whoever did not make the Hello can't read is known by its size. */
  protected transmit(words: string, size = 0): string[] {
    this.unflushed = true;
    return [this.mine || words === "hint" ? words : `${size} bytes`];
  }
}
