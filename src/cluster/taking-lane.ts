import type { Socket } from "node:net";
import type { Handle } from "../net/handoff-handle.ts";
import { type ImportOptions, Taker, type TakerOutput } from "../protocol/index.ts";
import { whoseSession } from "../protocol/transfer/blob.ts";
import { SeenBlobs } from "../protocol/transfer/seen.ts";
import { type CreditType, credit } from "./credits.ts";
import { type Frame, FrameReader } from "./frames.ts";
import { maxLaneBlobLength, openLane } from "./lane.ts";
import { readOffer } from "./offer.ts";

/** A session that another worker has given, and the descriptor that the acceptor has sent. */
export interface Given {
  /** The acceptor's number of it. */
  readonly id: number;
  readonly session: Extract<TakerOutput, { type: "session" }>;
  readonly handle: Handle;
  readonly note: string;
  /** Its key is let in no more. */
  readonly isUnwanted: boolean;
}

/** What a lane wants of its worker. */
export interface TakingEvents {
  /** Whether there is room for one more, of that number. */
  hasRoom(lane: TakingLane, id: number): boolean;
  /** It is this worker's from now on. */
  taken(given: Given, lane: TakingLane): void;
  /** Of this one there is a descriptor, and nothing to go with it. */
  lost(id: number): void;
  /** It holds nothing any more, nor ever will. */
  closed(lane: TakingLane): void;
  /** The other said what it can't have to say. */
  doubt(worker: number): void;
}

/** How long a session waits for its Go and its descriptor, in milliseconds. */
const goTimeout = 5_000;
/** How long no more Offers are read after one that there was no room for, in milliseconds. */
const fullPause = 10;

interface Held {
  readonly id: number;
  readonly note: string;
  readonly taker: Taker;
  /** As its giver says. */
  readonly whose: Uint8Array;
  hasGo: boolean;
  handle: Handle | undefined;
  isUnwanted: boolean;
}

/**
 * A worker's side of another that gives it connections, and that is not trusted: nothing of what it may say has an effect on
 * other lanes, nor holds more than one session and one blob's memory (TR-056).
 */
export class TakingLane {
  /** The other worker's number. */
  readonly worker: number;
  readonly #taking: ImportOptions;
  readonly #events: TakingEvents;
  readonly #lane: Socket;
  readonly #frames: FrameReader;
  /** TR-036. */
  readonly #seen = new SeenBlobs(1);
  #held: Held | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(worker: number, end: Handle, taking: ImportOptions, events: TakingEvents) {
    this.worker = worker;
    this.#taking = taking;
    this.#events = events;
    this.#frames = new FrameReader((frame) => this.#take(frame), {
      types: ["Offer", "Go"],
      maxBodyLength: maxLaneBlobLength + 65_536, // TR-057
    });
    this.#lane = openLane(end);
    this.#lane.on("data", (said: Uint8Array) => {
      if (this.#isClosed) return;
      try {
        this.#frames.bytes(said);
      } catch {
        this.#fault();
      }
    });
    this.#lane.on("close", () => this.#ended());
  }

  /** Which session is here, and not yet this worker's. */
  get held(): number | undefined {
    return this.#held?.id;
  }

  /**
   * The descriptor of what is held.
   *
   * @param whose whose session it is, as the acceptor knows (TR-061)
   */
  handed(handle: Handle, whose: Uint8Array): void {
    if (this.#held === undefined || this.#held.handle !== undefined) throw new Error("it has a descriptor");
    this.#held.handle = handle;
    if (Buffer.compare(whose, this.#held.whose) === 0) this.#runIfThere(this.#held);
    else this.#fault();
  }

  /** The key of what is held is let in no more. */
  endUnwanted(): void {
    if (this.#held !== undefined) this.#held.isUnwanted = true;
  }

  /** Takes nothing more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lane.destroy();
    this.#frames.end();
    this.#release();
    this.#events.closed(this);
  }

  #take(frame: Frame): void {
    const held = this.#held;
    if (this.#lane.writableLength > 0) throw new Error("it has not read the last answer");
    if (frame.type === "Offer") this.#offered(frame);
    else {
      if (held?.id !== frame.id || held.hasGo || frame.body.length > 0) throw new Error("Go out of turn");
      held.hasGo = true;
      this.#runIfThere(held);
    }
  }

  #offered({ id, body }: Frame): void {
    if (this.#held !== undefined) throw new Error("a second Offer before the first one's Go");
    const { note, blob } = readOffer(body);
    const whose = whoseSession(blob); // Which is wiped now.
    const taker = new Taker(this.#taking, this.#seen);
    for (const output of taker.offered(blob, this.#events.hasRoom(this, id))) {
      if (output.type === "refused") throw output.error;
      if (output.type !== "send") continue;
      this.#say(output.message, id);
      if (output.message !== "Ack") this.#rest();
      else {
        this.#held = { id, note, taker, whose, hasGo: false, handle: undefined, isUnwanted: false };
        this.#timer = setTimeout(() => this.#fault(), goTimeout);
      }
    }
  }

  #runIfThere({ id, note, taker, hasGo, handle, isUnwanted }: Held): void {
    if (!hasGo || handle === undefined) return;
    clearTimeout(this.#timer);
    this.#held = undefined;
    for (const output of taker.go()) {
      if (output.type === "session")
        this.#events.taken({ id, note, handle, isUnwanted, session: output }, this);
    }
    // TR-060
    for (const output of taker.done()) if (output.type === "send") this.#say(output.message, id);
    if (this.#lane.destroyed) this.close();
  }

  /** So that who asks again and again has no more of this process than its turn. */
  #rest(): void {
    this.#lane.pause();
    setTimeout(() => this.#lane.resume(), fullPause);
  }

  #say(type: CreditType, id: number): void {
    this.#lane.write(credit(type, id));
  }

  /** TR-058. */
  #fault(): void {
    if (this.#isClosed) return;
    this.close();
    this.#events.doubt(this.worker);
  }

  /** The other has closed it, or ended. What it gave with its last word is to have its descriptor still; else TR-048. */
  #ended(): void {
    if (this.#held?.hasGo !== true) this.close();
  }

  #release(): void {
    clearTimeout(this.#timer);
    const held = this.#held;
    this.#held = undefined;
    held?.taker.giverGone();
    if (held?.handle === undefined) return;
    held.handle.close();
    this.#events.lost(held.id);
  }
}
