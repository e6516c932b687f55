import { Socket } from "node:net";
import type { Handle } from "../net/handoff-handle.ts";
import type { Removable } from "../net/removals.ts";
import type { GiverOutput } from "../protocol/index.ts";
import { CreditReader, type CreditType, maxCounts } from "./credits.ts";
import { DescriptorSender } from "./descriptor-pipe.ts";
import { frame } from "./frames.ts";
import { offerFrame } from "./offer.ts";
import type { Passage } from "./passage.ts";
import { isWithinRate } from "./report-rate.ts";

/** What a link tells the acceptor. */
export interface LinkEvents {
  ready(link: Link): void;
  /** The connection is not with the worker: another may be asked. */
  returned(passage: Passage): void;
  /** It was with the worker, and ended with it. */
  lost(passage: Passage, link: Link): void;
  /** The worker has given it to the one of that short number: whether there is one. */
  passed(passage: Passage, to: number, link: Link): boolean;
  /** The worker doubts that one: whether there is one. */
  doubted(worker: number, link: Link): boolean;
  /** One is under way no more, or with the worker no more. */
  settled(): void;
  /** Its process has ended, and all that it said is read: there is nothing with it any more. */
  over(link: Link): void;
  /** The worker said what it can't have to say, or nothing where it had to: it is to be ended. */
  fault(link: Link, why: string): void;
}

/** How long a worker may take to answer an offer, or that it is there, in milliseconds. */
const answerTimeout = 5_000;
/** How long one may take to end a connection, in milliseconds: longer than a drain does. */
const endTimeout = 15_000;
/** How long after a worker's end its pipe may stay open without having said more, in milliseconds. */
const lastCredits = 1_000;
/** How long a worker may be there without its pipe, in milliseconds: longer than one that ends takes to. */
const lastWords = 7_000;

/** What the admin says of a worker, besides its number. */
export interface LinkStart {
  /** Which of the workers it is: one that replaces another has its slot. */
  readonly slot: number;
  /** Whether workers pass connections on to each other. */
  readonly passesOn: boolean;
}

/** An acceptor's side of a worker: what it was offered and given, and what it says of that. */
export class Link {
  readonly worker: number;
  readonly slot: number;
  readonly #passesOn: boolean;
  readonly #events: LinkEvents;
  readonly #sender: DescriptorSender;
  readonly #credits: Socket;
  readonly #reader = new CreditReader();
  readonly #passages = new Map<number, Passage>();
  /** Workers that it has doubted, which it can do once each. */
  readonly #doubted = new Set<number>();
  /** Until it has said that it is there. */
  #asked: NodeJS.Timeout | undefined;
  /** Of the report that comes. */
  #counts: number[] = [];
  #unsent = 0;
  #isStarted = false;
  #isFaulty = false;
  #hasExited = false;
  #hasEnded = false;

  constructor(worker: number, start: LinkStart, link: Handle, credits: Handle, events: LinkEvents) {
    this.worker = worker;
    this.slot = start.slot;
    this.#passesOn = start.passesOn;
    this.#events = events;
    this.#sender = new DescriptorSender(link);
    this.#credits = new Socket({ handle: credits, readable: true, writable: false } as never);
    this.#credits.on("data", (bytes) => this.#heard(bytes));
    this.#credits.on("error", () => undefined);
    this.#credits.on("close", () => {
      this.#hasEnded = true;
      if (!this.#isOver()) setTimeout(() => this.#fault("it has closed its pipe"), lastWords).unref();
    });
  }

  /** Whether it can be asked. */
  get isReady(): boolean {
    return this.#isStarted && !this.#isFaulty && !this.#hasExited && !this.#hasEnded;
  }

  /** How many connections are with it, or offered to it. */
  get load(): number {
    return this.#passages.size;
  }

  /** Whether there is nothing that it was offered, or given, and has not done with. */
  get isIdle(): boolean {
    return this.#passages.size === 0 && this.#unsent === 0;
  }

  /** Whether a connection of that number is with it. */
  has(id: number): boolean {
    return this.#passages.has(id);
  }

  /** The connections that are with it. */
  get given(): readonly Removable[] {
    const given = [...this.#passages.values()].filter(({ giver }) => giver.state === "Given");
    return given.map((passage) => ({
      remotePublicKey: passage.publicKey,
      destroyed: passage.isEnding,
      dismiss: () => passage.holder?.end(passage),
    }));
  }

  offer(passage: Passage): void {
    this.#take(passage);
    passage.timer = setTimeout(() => this.#fault("it has not answered"), answerTimeout);
    this.#carryOut(passage, passage.giver.offer());
  }

  /** Another worker gives it a connection: it has the session, or will have, and lacks the descriptor (TR-059). */
  hand(passage: Passage): void {
    this.#take(passage);
    if (this.#hasExited) {
      this.#carryOut(passage, passage.giver.takerDied());
      return;
    }
    const isEnding = Uint8Array.of(passage.isEnding ? 1 : 0);
    const bytes = frame("Hand", passage.id, isEnding, passage.whose);
    passage.isHanded = passage.descriptor.send(this.#sender, bytes, () => {
      if (passage.holder === this) passage.isHanded = true;
    });
    if (passage.isEnding) this.#awaitEnd(passage);
  }

  /** Asks whether it is there, unless it has ended: `false` where it has. */
  ask(): boolean {
    if (this.#hasExited) return false;
    if (this.#asked !== undefined || this.#isFaulty) return true;
    this.#asked = setTimeout(() => this.#fault("it has not answered"), answerTimeout);
    this.#sender.send(frame("Ask", 0));
    return true;
  }

  /** The worker's process has ended. What it said before is read first (TR-044). */
  exited(): void {
    this.#hasExited = true;
    if (!this.#isOver()) setTimeout(() => this.#credits.destroy(), lastCredits).unref();
  }

  #take(passage: Passage): void {
    this.#passages.set(passage.id, passage);
    passage.holder = this;
  }

  /** Where the worker does not, all of its connections end with it. What it is done with meanwhile has ended. */
  end(passage: Passage): void {
    if (this.#passages.get(passage.id) !== passage || passage.isEnding) return;
    passage.isEnding = true;
    this.#awaitEnd(passage);
    this.#sender.send(frame("End", passage.id));
  }

  #awaitEnd(passage: Passage): void {
    passage.timer = setTimeout(() => this.#fault("it has not ended a connection"), endTimeout);
  }

  #heard(bytes: Uint8Array): void {
    if (!this.#isFaulty && !this.#reader.read(bytes, (type, id, to) => this.#credit(type, id, to))) {
      this.#fault("it has said what it can't have to say");
    }
  }

  #credit(type: CreditType, id: number, to: number): boolean {
    if (type === "Ready") {
      if (this.#isStarted || id !== 0) return false;
      this.#isStarted = true;
      this.#events.ready(this);
      return true;
    }
    if (type === "Here") {
      const wasAsked = this.#asked !== undefined && id === 0;
      clearTimeout(this.#asked);
      this.#asked = undefined;
      return wasAsked;
    }
    if (type === "Doubt") {
      if (!this.#passesOn || this.#doubted.has(id) || !isWithinRate(this)) return false;
      if (this.#events.doubted(id, this)) this.#doubted.add(id);
      return true;
    }
    if (type === "Count") return this.#counts.push(id) <= maxCounts;
    const counts = this.#counts;
    this.#counts = [];
    const passage = this.#passages.get(id);
    // Of what it has not been handed it can't know anything.
    if (passage === undefined || !passage.isHanded || !mayReport(passage, type, counts)) return false;
    if (type === "Report") return true;
    if (type === "Pass" || type === "Lost") return this.#gone(passage, type === "Pass" ? to : undefined);
    if (type !== "Ack" && type !== "Refuse" && type !== "Done") return false;
    const outputs = passage.giver.receive(type);
    if (outputs.some((output) => output.type === "fault")) return false;
    if (type === "Refuse") passage.refusedBy.add(this);
    this.#carryOut(passage, outputs);
    if (type === "Done") {
      clearTimeout(passage.timer);
      this.#passages.delete(id);
      if (this.#passesOn) passage.descriptor.close();
      passage.watcher?.over?.("done");
      this.#events.settled();
    }
    return true;
  }

  /** It has given a connection to another worker, or has nothing of one that it was given. */
  #gone(passage: Passage, to: number | undefined): boolean {
    if (!this.#passesOn || passage.giver.state !== "Given") return false;
    if (to !== undefined && passage.wasEnding) return false;
    passage.wasEnding = passage.isEnding; // A Pass may cross an End; whoever has it next is told with the descriptor.
    clearTimeout(passage.timer);
    this.#passages.delete(passage.id);
    const isPassed = to !== undefined && this.#events.passed(passage, to, this);
    if (!isPassed) this.#carryOut(passage, passage.giver.takerDied());
    this.#events.settled();
    return true;
  }

  #carryOut(passage: Passage, outputs: readonly GiverOutput[]): void {
    const { id, descriptor, note } = passage;
    for (const output of outputs) {
      if (output.type === "send" && output.message === "Offer") {
        const bytes = offerFrame(id, note, output.blob);
        this.#sender.send(bytes, undefined, () => bytes.fill(0));
      } else if (output.type === "send") {
        clearTimeout(passage.timer);
        this.#unsent++;
        // TR-053
        descriptor.send(this.#sender, frame("Go", id), () => {
          if (!this.#passesOn) descriptor.close(); // TR-052, TR-059
          this.#unsent--;
          this.#events.settled();
        });
      } else if (output.type === "returned") {
        clearTimeout(passage.timer);
        this.#passages.delete(id);
        this.#events.returned(passage);
      } else if (output.type === "lost") {
        clearTimeout(passage.timer);
        this.#passages.delete(id);
        if (this.#passesOn) descriptor.shutDown();
        this.#events.lost(passage, this);
      }
    }
  }

  #fault(why: string): void {
    if (this.#isFaulty || this.#hasExited) return;
    this.#isFaulty = true;
    this.#credits.pause();
    this.#events.fault(this, why);
  }

  /** Both its process and what it said have come to their end. */
  #isOver(): boolean {
    if (!this.#hasExited || !(this.#hasEnded || this.#isFaulty)) return false;
    this.#credits.destroy();
    this.#sender.close();
    clearTimeout(this.#asked);
    for (const passage of [...this.#passages.values()]) this.#carryOut(passage, passage.giver.takerDied());
    this.#events.over(this);
    return true;
  }
}

/** A report is of a connection that is with the worker, and somebody wants it. */
function mayReport(passage: Passage, type: CreditType, counts: readonly number[]): boolean {
  const { giver, watcher } = passage;
  if (type !== "Report" && type !== "Done") return counts.length === 0;
  if (giver.state !== "Given" || (type === "Report" && !isWithinRate(passage))) return false;
  const reported = watcher?.reported?.(counts, type === "Done");
  return reported ?? (type === "Done" && counts.length === 0);
}
