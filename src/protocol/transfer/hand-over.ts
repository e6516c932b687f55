import type { Primitives } from "../../crypto/primitives.ts";
import { known } from "../known.ts";
import { UsageError } from "../usage-error.ts";
import { SessionBlobError } from "./blob-error.ts";
import {
  type GiverEvent,
  type GiverState,
  giverTable,
  type HandOverAction,
  type HandOverCell,
  type TakerEvent,
  type TakerState,
  takerTable,
} from "./hand-over-table.ts";
import {
  type HeldSession,
  holdSession,
  type ImportedSession,
  type ImportOptions,
  seenHere,
} from "./import.ts";
import type { SeenBlobs } from "./seen.ts";

/** The messages between the two, and the byte that each is told by (TR-041). `Offer` carries the blob. */
export const handOverMessages = { Offer: 1, Go: 2, Ack: 3, Refuse: 4, Done: 5 } as const;
export type HandOverMessage = keyof typeof handOverMessages;

/** What the giver's end of a hand-over wants done, or tells, in order. */
export type GiverOutput =
  /** To the taker. The blob is there to be copied: it is wiped once the taker has acknowledged it. */
  | { readonly type: "send"; readonly message: "Offer"; readonly blob: Uint8Array }
  | { readonly type: "send"; readonly message: "Go" }
  /** The session is here again, and may be offered to another, kept or dropped. */
  | { readonly type: "returned" }
  /** The taker died and the session with it: its connection is to be closed, and that to be said. */
  | { readonly type: "lost" }
  /** The other end said what it can't have to say: it, or the link to it, is to be ended. */
  | { readonly type: "fault"; readonly message: HandOverMessage };

/**
 * The giver's end of one hand-over (TR-040 to TR-047): offer, acknowledgement, go. It seals nothing and sends nothing by
 * itself; messages and the taker's death go in, and what is to be sent comes out.
 */
export class Giver {
  readonly #primitives: Primitives;
  #state: GiverState = "Holding";
  #blob: Uint8Array;

  /** @param blob what `exportSession` gave; it is this object's from now on, and wiped by it */
  constructor(primitives: Primitives, blob: Uint8Array) {
    this.#primitives = primitives;
    this.#blob = blob;
  }

  get state(): GiverState {
    return this.#state;
  }

  /** Offers the session to a taker. What the messages of any other taker say is not to be handed in any more. */
  offer(): GiverOutput[] {
    return this.#step("offer");
  }

  /** A message of the taker to whom the session was offered last. */
  receive(message: "Ack" | "Refuse" | "Done"): GiverOutput[] {
    return this.#step(message);
  }

  /** That taker is no more: its process has ended, and nothing it said is still to come. No less will do (TR-044). */
  takerDied(): GiverOutput[] {
    return this.#step("died");
  }

  /** Does not give the session away after all: the blob, for `importSession`. */
  keep(): Uint8Array {
    this.#step("keep");
    const blob = this.#blob;
    this.#blob = nothing;
    return blob;
  }

  /**
   * Gives the session up. Its connection is to be closed; and so is, before, the link to who was offered it and has not
   * answered (TR-055): it is lost then.
   */
  drop(): void {
    this.#step("drop");
  }

  #step(event: GiverEvent): GiverOutput[] {
    const cell = take(giverTable[this.#state][event], event, this.#state);
    this.#state = cell.to;
    return cell.outputs.flatMap((action): GiverOutput[] => {
      switch (action) {
        case "send.Offer":
          return [{ type: "send", message: "Offer", blob: this.#blob }];
        case "send.Go":
          return [{ type: "send", message: "Go" }];
        case "wipe":
          this.#primitives.wipe(this.#blob);
          this.#blob = nothing;
          return [];
        case "returned":
        case "lost":
          return [{ type: action }];
        case "fault":
          return [{ type: "fault", message: event as HandOverMessage }];
        default:
          return []; // `back`: the caller has it.
      }
    });
  }
}

/** What the taker's end of a hand-over wants done, or tells, in order. */
export type TakerOutput =
  | { readonly type: "send"; readonly message: "Ack" | "Refuse" | "Done" }
  /** Why the session was refused, unless there was no room for it. */
  | { readonly type: "refused"; readonly error: SessionBlobError }
  /** The session goes on here: its transport may be read and written from now on. */
  | ({ readonly type: "session" } & ImportedSession)
  /** The giver is gone without having given the session: its transport is to be closed, without a word over it. */
  | { readonly type: "abandoned" }
  | { readonly type: "fault"; readonly message: HandOverMessage };

/**
 * The taker's end of one hand-over. Before Go it opens and seals nothing, and its driver neither reads the transport nor
 * writes to it (TR-043).
 */
export class Taker {
  readonly #options: ImportOptions;
  readonly #seen: SeenBlobs;
  #state: TakerState = "Waiting";
  #held: HeldSession | undefined;

  /** @param seen what the process has imported; only a test has more than one process in it */
  constructor(options: ImportOptions, seen: SeenBlobs = seenHere) {
    this.#options = options;
    this.#seen = seen;
  }

  get state(): TakerState {
    return this.#state;
  }

  /**
   * An Offer has come. The blob is wiped.
   *
   * @param hasRoom whether the session can be taken at all
   * @throws UsageError for options that make no sense
   */
  offered(blob: Uint8Array, hasRoom = true): TakerOutput[] {
    if (this.#state !== "Waiting") return this.#discard(blob, "Offer");
    if (!hasRoom) return this.#discard(blob, "Offer.full");
    try {
      this.#held = holdSession(blob, this.#options, this.#seen);
    } catch (error) {
      if (!(error instanceof SessionBlobError)) throw error;
      return [...this.#step("Offer.bad"), { type: "refused", error }];
    }
    return this.#step("Offer");
  }

  /** Go has come. */
  go(): TakerOutput[] {
    return this.#step("Go");
  }

  /** The giver is gone, or the link to it (TR-048). */
  giverGone(): TakerOutput[] {
    return this.#step("gone");
  }

  /** The session that was taken is over here, or has been given on. */
  done(): TakerOutput[] {
    return this.#step("done");
  }

  #discard(blob: Uint8Array, event: "Offer" | "Offer.full"): TakerOutput[] {
    this.#options.primitives.wipe(blob);
    return this.#step(event);
  }

  #step(event: TakerEvent): TakerOutput[] {
    const cell = take(takerTable[this.#state][event], event, this.#state);
    this.#state = cell.to;
    return cell.outputs.flatMap((action): TakerOutput[] => {
      switch (action) {
        case "send.Ack":
          return [{ type: "send", message: "Ack" }];
        case "send.Refuse":
          return [{ type: "send", message: "Refuse" }];
        case "send.Done":
          return [{ type: "send", message: "Done" }];
        case "run":
          return this.#run();
        case "abandoned":
          return [{ type: "abandoned" }];
        case "wipe":
          this.#held?.drop();
          this.#held = undefined;
          return [];
        case "fault":
          return [{ type: "fault", message: event === "Go" ? "Go" : "Offer" }];
        default:
          return [];
      }
    });
  }

  #run(): TakerOutput[] {
    const held = known(this.#held, "the session held");
    this.#held = undefined;
    return [{ type: "session", ...held.goOn() }];
  }
}

const nothing = new Uint8Array(0);

/** TR-040: misuse is told to the caller and changes nothing. */
function take<S>(cell: HandOverCell<S>, event: string, state: string): HandOverCell<S> {
  const first: HandOverAction | undefined = cell.outputs[0];
  if (first === "misuse") throw new UsageError(`not in state ${state} of a hand-over: ${event}`);
  return cell;
}
