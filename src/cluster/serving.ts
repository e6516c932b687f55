import { closedError } from "../net/errors.ts";
import type { Handle } from "../net/handoff-handle.ts";
import { AlertError, type AttachOptions, attach, detach, type HawserSocket } from "../net/index.ts";
import { Giver, type Primitives, UsageError } from "../protocol/index.ts";
import { type CreditType, isCount, maxCounts } from "./credits.ts";
import type { GivingLane, Handing, Outcome } from "./giving-lane.ts";
import { maxLaneBlobLength } from "./lane.ts";
import { noteBytes, type PassOn, PassOnError, type PassOnOptions, requirePassOn } from "./pass-on.ts";
import type { TakingLane } from "./taking-lane.ts";

/**
 * Serves a connection, which is over once it is closed and what this returns, where that is a promise, has settled.
 *
 * @param note what the acceptor has said of it, or the worker that passed it on; `""` for nothing
 * @param report tells the acceptor's watcher of it: up to 16 whole numbers below 2^32, no text; it throws a UsageError for
 * anything else. A list of such numbers that this resolves with is the last report
 * @param passOn passes it on to another worker, where the cluster's `worker.passOn` says that this one may
 */
export type Serve = (
  socket: HawserSocket,
  note: string,
  report: (numbers: readonly number[]) => void,
  passOn: PassOn,
) => unknown;

/** What a worker's connections want of it. */
export interface ServingHost {
  readonly serve: Serve;
  readonly options: AttachOptions;
  readonly primitives: Primitives;
  tell(type: CreditType, id: number): void;
  /** Who can be asked to take one: of a slot, or all. */
  lanes(slot: number | undefined): readonly GivingLane[];
  /** Whether connections are to end. */
  isEnding(): boolean;
  /** There is one less. */
  left(): void;
}

/** A session that has been given, and its descriptor. */
export interface Beginning {
  /** The acceptor's number of it. */
  readonly id: number;
  readonly session: Parameters<typeof attach>[0];
  readonly handle: Handle;
  readonly note: string;
  /** Who gave it, where that is another worker. */
  readonly lane?: TakingLane;
  readonly isUnwanted?: boolean;
}

interface Served {
  readonly id: number;
  readonly lane: TakingLane | undefined;
  /** None while it is being attached, or passed on. */
  socket: HawserSocket | undefined;
  /** What the program says of it at last. */
  last: unknown;
  /** Its key is let in no more. */
  isUnwanted: boolean;
  /** It may leave its socket at any moment. */
  isMoving: boolean;
  /** Over which another worker is asked to take it. */
  asked: GivingLane | undefined;
  /** It is another worker's, which has not said so yet. */
  isGiven: boolean;
}

/** The connections that are with a worker. */
export class Serving {
  readonly #host: ServingHost;
  readonly #all = new Map<number, Served>();
  readonly #bySocket = new WeakMap<HawserSocket, Served>();

  constructor(host: ServingHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#all.size;
  }

  /** How many a worker has passed on. */
  sizeOf(lane: TakingLane): number {
    return [...this.#all.values()].filter((served) => served.lane === lane).length;
  }

  /** Whether a connection is with this worker, and not on its way to another. */
  has(id: number): boolean {
    return this.#all.get(id)?.isGiven === false;
  }

  async begin({ id, session, handle, note, lane, isUnwanted = false }: Beginning): Promise<void> {
    const states = { isUnwanted, isMoving: false, isGiven: false };
    const served: Served = { id, lane, socket: undefined, last: undefined, asked: undefined, ...states };
    this.#all.set(id, served);
    const socket = await this.#attach(served, session, handle);
    if (socket === undefined) return;
    const report = (numbers: readonly number[]) => {
      if (!isReport(numbers)) {
        throw new UsageError(`a report has at most ${maxCounts} whole numbers from 0 to 4294967295`);
      }
      this.#report(served, numbers, "Report");
    };
    served.last = this.#host.serve(socket, note, report, (moving, options) => this.#passOn(moving, options));
  }

  /** Its key is let in no more. */
  endUnwanted(id: number): void {
    const served = this.#all.get(id);
    if (served === undefined) return;
    served.isUnwanted = true;
    served.socket?.dismiss(new AlertError("not_authorized"));
    served.asked?.hasten(id);
  }

  endAll(): void {
    for (const { socket } of this.#all.values()) socket?.dismiss(new AlertError("going_away"));
  }

  /** It is another worker's from now on: what is said of it is said by that one. */
  given(id: number): void {
    const served = this.#all.get(id);
    if (served !== undefined) served.isGiven = true;
  }

  /** Gives none of a connection that has ended meanwhile, or is to end. */
  async #attach(
    served: Served,
    session: Beginning["session"],
    handle: Handle,
  ): Promise<HawserSocket | undefined> {
    let socket: HawserSocket | undefined;
    try {
      socket = await attach(session, handle, this.#host.options);
    } catch {
      // It ended while it was on its way, which its peer knows as well as anybody.
    }
    if (socket === undefined || socket.destroyed) {
      this.#over(served);
      return undefined;
    }
    const own = socket;
    served.socket = own;
    this.#bySocket.set(own, served);
    own.on("error", () => undefined);
    own.once("close", () => {
      if (!served.isMoving) this.#closed(served);
    });
    if (served.isUnwanted) own.dismiss(new AlertError("not_authorized"));
    else if (this.#host.isEnding()) own.dismiss(new AlertError("going_away"));
    return own.destroyed ? undefined : own;
  }

  async #passOn(socket: HawserSocket, options: PassOnOptions = {}): Promise<void> {
    requirePassOn(options);
    const note = noteBytes(options.note);
    const served = this.#bySocket.get(socket);
    if (served?.socket === socket && socket.destroyed) {
      throw closedError("The connection has ended before it was to be passed on.");
    }
    if (served?.socket !== socket || served.isMoving) {
      throw new UsageError("passOn() is for a connection that this worker serves, and called once at a time");
    }
    const lanes = this.#host.lanes(options.worker);
    if (lanes.length === 0) throw new PassOnError("ERR_HAWSER_PASS_ON_REFUSED", socket);
    const { blob, handle } = await this.#leave(served, socket, options.signal);
    const giver = new Giver(this.#host.primitives, blob);
    const isShort = blob.length <= maxLaneBlobLength;
    const outcome = await give(served, isShort ? lanes : [], { id: served.id, giver, handle, note });
    if (outcome === "refused") {
      served.isMoving = false;
      const back = await this.#attach(served, giver.keep(), handle);
      if (back === undefined) throw closedError("The connection has ended while it was to be passed on.");
      throw new PassOnError("ERR_HAWSER_PASS_ON_REFUSED", back);
    }
    if (served.isGiven) this.#forget(served);
    else this.#over(served);
    if (outcome === "lost") throw new PassOnError("ERR_HAWSER_PASS_ON_LOST");
  }

  async #leave(
    served: Served,
    socket: HawserSocket,
    signal: AbortSignal | undefined,
  ): ReturnType<typeof detach> {
    served.isMoving = true;
    try {
      const detached = await detach(socket, signal === undefined ? {} : { signal });
      served.socket = undefined;
      return detached;
    } catch (error) {
      served.isMoving = false;
      if (socket.closed) this.#closed(served);
      throw error;
    }
  }

  /** The connection is over once the program is done with it too. */
  #closed(served: Served): void {
    void Promise.resolve(served.last).then((numbers) => {
      if (isReport(numbers)) this.#report(served, numbers);
      this.#over(served);
    });
  }

  /** @param type none where what comes next is of the numbers */
  #report(served: Served, numbers: readonly number[], type?: CreditType): void {
    if (served.isGiven || this.#all.get(served.id) !== served) return;
    for (const number of numbers) this.#host.tell("Count", number);
    if (type !== undefined) this.#host.tell(type, served.id);
  }

  #over(served: Served): void {
    if (this.#all.get(served.id) !== served) return;
    this.#host.tell("Done", served.id);
    this.#forget(served);
  }

  #forget(served: Served): void {
    // It may have come back meanwhile.
    if (this.#all.get(served.id) === served) this.#all.delete(served.id);
    this.#host.left();
  }
}

/** Asks one after the other, until one takes it, or loses it, or it is to end. */
async function give(served: Served, lanes: readonly GivingLane[], handing: Handing): Promise<Outcome> {
  for (const lane of lanes) {
    if (served.isUnwanted) break;
    served.asked = lane;
    const outcome = await lane.give(handing);
    served.asked = undefined;
    if (outcome !== "refused") return outcome;
  }
  return "refused";
}

function isReport(numbers: unknown): numbers is readonly number[] {
  return Array.isArray(numbers) && numbers.length <= maxCounts && [...numbers].every(isCount);
}
