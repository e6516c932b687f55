import type { Socket } from "node:net";
import type { Handle } from "../net/handoff-handle.ts";
import type { Giver, GiverOutput } from "../protocol/index.ts";
import { CreditReader, type CreditType } from "./credits.ts";
import { frame } from "./frames.ts";
import { openLane } from "./lane.ts";
import { offerFrame } from "./offer.ts";

/** A connection that is to go to another worker. */
export interface Handing {
  /** The acceptor's number of it. */
  readonly id: number;
  readonly giver: Giver;
  readonly handle: Handle;
  readonly note: Uint8Array;
}

/** What has come of one. It is here still where it was refused, and gone where it was taken or lost. */
export type Outcome = "taken" | "refused" | "lost";

/** What a lane tells its worker. */
export interface GivingEvents {
  /** This connection is the other worker's from now on. */
  passing(id: number, worker: number): void;
  /** The other said what it can't have to say, or nothing where it had to. */
  doubt(worker: number): void;
}

/** How long the other may take to answer, in milliseconds. */
const answerTimeout = 5_000;
/** How long one that does not is waited for to end, in milliseconds: longer than its acceptor takes to see to that. */
const deathTimeout = 15_000;
/** How long after its end its pipe may stay open without having said more, in milliseconds. */
const lastCredits = 1_000;

interface Waiting extends Handing {
  settle(outcome: Outcome): void;
  /** It is to end. */
  isHastened?: boolean;
}

/**
 * A worker's way to give connections to another, one after the other: it says no more than one Offer, or Go, before that is
 * answered. So the other holds no more than one, and there is nothing unread when it ends (TR-044).
 */
export class GivingLane {
  /** The other worker's number and slot. */
  readonly worker: number;
  readonly slot: number;
  readonly #events: GivingEvents;
  readonly #lane: Socket;
  readonly #reader = new CreditReader();
  readonly #queue: Waiting[] = [];
  #current: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBroken = false;
  #hasExited = false;
  #hasEnded = false;

  constructor(worker: number, slot: number, end: Handle, events: GivingEvents) {
    this.worker = worker;
    this.slot = slot;
    this.#events = events;
    this.#lane = openLane(end);
    this.#lane.on("data", (said: Uint8Array) => {
      const isGood = this.#isBroken || this.#reader.read(said, (type, id) => this.#heard(type, id));
      if (!isGood) this.#fault();
    });
    this.#lane.on("close", () => {
      this.#hasEnded = true;
      this.#break();
      this.#settleIfOver();
    });
  }

  /** Whether the other can be asked. */
  get isOpen(): boolean {
    return !this.#isBroken && !this.#hasExited;
  }

  give(handing: Handing): Promise<Outcome> {
    return new Promise((settle) => {
      this.#queue.push({ ...handing, settle });
      this.#next();
    });
  }

  /**
   * This connection is to end: what nobody was asked for comes back, and for the rest an answer, or the other's death, is not
   * waited for as long. So a worker that gives none can't have this one end too late.
   */
  hasten(id: number): void {
    const at = this.#queue.findIndex((waiting) => waiting.id === id);
    for (const { settle } of at === -1 ? [] : this.#queue.splice(at, 1)) settle("refused");
    if (this.#current?.id !== id) return;
    this.#current.isHastened = true;
    if (this.#isBroken) this.#awaitDeath(this.#current);
  }

  /** The other's process has ended. What it said before is read first (TR-044). */
  exited(): void {
    this.#hasExited = true;
    this.#settleIfOver();
    setTimeout(() => this.#lane.destroy(), lastCredits).unref();
  }

  /** Nothing more is to be given. */
  close(): void {
    this.#lane.destroy();
  }

  #next(): void {
    if (!this.isOpen) {
      for (const { settle } of this.#queue.splice(0)) settle("refused");
      return;
    }
    if (this.#current !== undefined) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#current = next;
    this.#carryOut(next, next.giver.offer());
  }

  #heard(type: CreditType, id: number): boolean {
    const current = this.#current;
    if (current?.id !== id || (type !== "Ack" && type !== "Refuse" && type !== "Done")) return false;
    const outputs = current.giver.receive(type);
    if (outputs.some((output) => output.type === "fault")) return false;
    this.#carryOut(current, outputs);
    if (type === "Done") this.#settle("taken");
    return true;
  }

  #carryOut(current: Waiting, outputs: readonly GiverOutput[]): void {
    const { id, handle, note } = current;
    for (const output of outputs) {
      if (output.type === "returned") this.#settle("refused");
      else if (output.type === "lost") this.#settle("lost");
      else if (output.type === "send" && output.message === "Offer") {
        const bytes = offerFrame(id, note, output.blob);
        this.#lane.write(bytes, () => bytes.fill(0));
        this.#await();
      } else if (output.type === "send") {
        this.#events.passing(id, this.worker);
        this.#lane.write(frame("Go", id));
        handle.close(); // TR-052
        this.#await();
      }
    }
  }

  #await(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fault(), answerTimeout);
  }

  #settle(outcome: Outcome): void {
    clearTimeout(this.#timer);
    const current = this.#current;
    this.#current = undefined;
    current?.settle(outcome);
    this.#next();
  }

  #fault(): void {
    if (this.#isBroken) return;
    if (!this.#hasExited) this.#events.doubt(this.worker);
    this.#break();
  }

  /** Nothing goes this way any more. What was not answered for waits for the other's end (TR-049), but not for ever. */
  #break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#lane.destroy();
    clearTimeout(this.#timer);
    for (const { settle } of this.#queue.splice(0)) settle("refused");
    if (this.#current !== undefined) this.#awaitDeath(this.#current);
  }

  #awaitDeath({ isHastened = false }: Waiting): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#giveUp(), isHastened ? answerTimeout : deathTimeout);
  }

  /** TR-055. */
  #giveUp(): void {
    const current = this.#current;
    if (current === undefined) return;
    if (current.giver.state === "Offered") {
      current.giver.drop();
      current.handle.close();
    }
    this.#settle("lost");
  }

  #settleIfOver(): void {
    const current = this.#current;
    if (this.#hasExited && this.#hasEnded && current !== undefined) {
      this.#carryOut(current, current.giver.takerDied());
    }
  }
}
