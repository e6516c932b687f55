import type { Socket } from "node:net";
import type { Handle } from "../net/handoff-handle.ts";
import { type ImportOptions, Taker, type TakerOutput } from "../protocol/index.ts";
import { SeenBlobs } from "../protocol/transfer/seen.ts";
import { type CreditType, credit } from "./credits.ts";
import { type Receiving, receiveReads } from "./descriptor-pipe.ts";
import { type Frame, FrameReader } from "./frames.ts";
import { laneBytes, laneMarks, maxLaneBlobLength } from "./lane.ts";
import { readOffer } from "./offer.ts";

/** A session that another worker has given, with its descriptor. */
export interface Given {
  /** The acceptor's number of it, as the giver says. */
  readonly id: number;
  readonly session: Extract<TakerOutput, { type: "session" }>;
  readonly handle: Handle;
  readonly note: string;
}

/** What a lane wants of its worker. */
export interface TakingEvents {
  /** Whether there is room for one more, of that number. */
  hasRoom(lane: TakingLane, id: number): boolean;
  /** It is this worker's from now on. */
  taken(given: Given, lane: TakingLane): void;
  /** It holds nothing any more, nor ever will. */
  closed(lane: TakingLane): void;
  /** The other said what it can't have to say. */
  doubt(worker: number): void;
}

/** How long the other may keep a session waiting for its Go, in milliseconds. */
const goTimeout = 5_000;
/** How long none is offered room again after there was none, in milliseconds. */
const fullPause = 10;

interface Held {
  readonly id: number;
  readonly note: string;
  readonly taker: Taker;
  handle: Handle | undefined;
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
  readonly #bytes: Socket;
  readonly #descriptors: Receiving;
  /** TR-036. */
  readonly #seen = new SeenBlobs(1);
  #held: Held | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Pipes that have not come to their end. */
  #open = 2;

  constructor(
    worker: number,
    bytes: Handle,
    descriptors: Handle,
    taking: ImportOptions,
    events: TakingEvents,
  ) {
    this.worker = worker;
    this.#taking = taking;
    this.#events = events;
    const frames = new FrameReader((frame) => this.#offered(frame), {
      types: ["Offer"],
      maxBodyLength: maxLaneBlobLength + 65_536, // TR-057
    });
    this.#bytes = laneBytes(bytes);
    this.#bytes.on("data", (said: Uint8Array) => this.#unlessFaulty(() => frames.bytes(said)));
    this.#bytes.on("close", () => this.#ended());
    this.#descriptors = receiveReads(descriptors, {
      read: (bytes, handle) => this.#unlessFaulty(() => this.#read(bytes, handle)),
      end: () => this.#ended(),
    });
  }

  /** Whether there is a session whose Go has not come. */
  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  /** Takes nothing more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#bytes.destroy();
    this.#descriptors.close();
    this.#release();
  }

  #offered({ id, body }: Frame): void {
    if (this.#held !== undefined) throw new Error("a second Offer before the first one's Go");
    const { note, blob } = readOffer(body);
    const taker = new Taker(this.#taking, this.#seen);
    for (const output of taker.offered(blob, this.#events.hasRoom(this, id))) {
      if (output.type === "refused") throw output.error;
      if (output.type !== "send") continue;
      this.#say(output.message, id);
      if (output.message !== "Ack") this.#rest();
      else {
        this.#held = { id, note, taker, handle: undefined };
        this.#timer = setTimeout(() => this.#fault(), goTimeout);
      }
    }
  }

  /**
   * A descriptor comes with the first byte of a read. On Linux that is the only one, as what comes with descriptors is not
   * joined with what is behind it; elsewhere it may be, and how many there were is not known.
   */
  #read(bytes: Uint8Array, handle: Handle | undefined): void {
    if (handle !== undefined && bytes.length > 1 && process.platform === "linux") {
      handle.close();
      throw new Error("more than a byte with a descriptor");
    }
    bytes.forEach((byte, i) => this.#descriptor(byte, i === 0 ? handle : undefined));
  }

  /** A byte with a descriptor, then one without: that is Go. */
  #descriptor(byte: number, handle: Handle | undefined): void {
    const held = this.#held;
    const isFirst = held !== undefined && held.handle === undefined;
    if (held !== undefined && isFirst && byte === laneMarks.descriptor && isStream(handle)) {
      held.handle = handle;
      return;
    }
    handle?.close();
    if (held?.handle === undefined || byte !== laneMarks.nothingElse || handle !== undefined) {
      throw new Error("a descriptor that nobody waits for, or none where one is due");
    }
    clearTimeout(this.#timer);
    this.#held = undefined;
    for (const output of held.taker.go()) {
      if (output.type !== "session") continue;
      this.#events.taken({ id: held.id, note: held.note, handle: held.handle, session: output }, this);
    }
    // TR-060
    for (const output of held.taker.done()) if (output.type === "send") this.#say(output.message, held.id);
  }

  /** So that who asks again and again has no more of this process than its turn. */
  #rest(): void {
    this.#bytes.pause();
    setTimeout(() => this.#bytes.resume(), fullPause);
  }

  #say(type: CreditType, id: number): void {
    this.#bytes.write(credit(type, id));
  }

  #unlessFaulty(call: () => void): void {
    if (this.#isClosed) return;
    try {
      call();
    } catch {
      this.#fault();
    }
  }

  /** TR-058. */
  #fault(): void {
    this.close();
    this.#events.doubt(this.worker);
  }

  /** The other has closed it, or ended: what it held is nobody's once both pipes have been read to their ends (TR-048). */
  #ended(): void {
    if (--this.#open === 0) this.close();
  }

  #release(): void {
    clearTimeout(this.#timer);
    const held = this.#held;
    this.#held = undefined;
    held?.taker.giverGone();
    held?.handle?.close();
    this.#events.closed(this);
  }
}

/** Node makes one of a datagram socket too. */
function isStream(handle: Handle | undefined): handle is Handle {
  return typeof handle?.readStop === "function";
}
