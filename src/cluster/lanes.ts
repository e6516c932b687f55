import type { Handle } from "../net/handoff-handle.ts";
import type { ImportOptions } from "../protocol/index.ts";
import { endAt, receiveDescriptors } from "./descriptor-pipe.ts";
import { type Frame, FrameReader } from "./frames.ts";
import { type GivingEvents, GivingLane } from "./giving-lane.ts";
import { type LaneAtStart, type LaneToCome, laneDescriptors } from "./lane.ts";
import { type TakingEvents, TakingLane } from "./taking-lane.ts";

/** What a worker's lanes tell it, and want of it. */
export type LanesEvents = GivingEvents & TakingEvents;

/** All lanes from one worker to others and back. The admin makes them, and tells it who has ended. */
export class Lanes {
  readonly #taking: ImportOptions;
  readonly #events: LanesEvents;
  readonly #given = new Map<number, GivingLane>();
  readonly #taken = new Map<number, TakingLane>();
  /** Who has not ended, as far as is known here. */
  readonly #others = new Set<number>();
  /** Of those, who was doubted: it is said once of each. */
  readonly #doubted = new Set<number>();
  readonly #stopControl: () => void;
  #turn = 0;
  #isClosed = false;

  /** @param atStart the lanes that the process was started with */
  constructor(atStart: readonly LaneAtStart[], taking: ImportOptions, events: LanesEvents) {
    this.#taking = taking;
    this.#events = {
      ...events,
      doubt: (worker) => {
        // Of one that has ended there may be something left to find wrong, and nobody to ask.
        if (!this.#others.has(worker) || this.#doubted.has(worker)) return;
        events.doubt(worker);
        this.#doubted.add(worker);
      },
      closed: (lane) => {
        if (this.#taken.get(lane.worker) === lane) this.#taken.delete(lane.worker);
        events.closed(lane);
      },
    };
    atStart.forEach(([worker, slot, gives], i) => {
      this.#open(worker, { slot, gives }, endAt(laneDescriptors.first + i));
    });
    const frames = new FrameReader((frame) => this.#told(frame));
    this.#stopControl = receiveDescriptors(laneDescriptors.control, {
      bytes: (bytes) => frames.bytes(bytes),
      handle: (handle) => frames.handle(handle),
      end: () => undefined, // What it would say is said by lanes, later.
    });
  }

  /** How many sessions are held for others. */
  get holding(): number {
    return [...this.#taken.values()].filter(({ held }) => held !== undefined).length;
  }

  /** Who gives a session that is held. */
  holderOf(id: number): TakingLane | undefined {
    return [...this.#taken.values()].find(({ held }) => held === id);
  }

  /** Who can be asked, in the order to do so: one of a slot, or all, each time another first. */
  open(slot: number | undefined): GivingLane[] {
    const open = [...this.#given.values()].filter((lane) => lane.isOpen);
    if (slot !== undefined) return open.filter((lane) => lane.slot === slot).reverse(); // The newest first.
    const first = this.#turn++ % Math.max(open.length, 1);
    return [...open.slice(first), ...open.slice(0, first)];
  }

  /** Gives nothing and takes nothing from now on. */
  close(): void {
    this.#isClosed = true;
    this.#stopControl();
    for (const lane of [...this.#taken.values(), ...this.#given.values()]) lane.close();
  }

  #told({ type, id, body, handle }: Frame): void {
    if (type === "Exited") {
      this.#given.get(id)?.exited();
      this.#given.delete(id);
      this.#others.delete(id);
      this.#doubted.delete(id);
    } else if (type === "Lane" && handle !== undefined) {
      this.#open(id, JSON.parse(new TextDecoder().decode(body)), handle);
    }
  }

  #open(worker: number, { slot, gives }: LaneToCome, end: Handle): void {
    this.#others.add(worker);
    if (this.#isClosed) end.close();
    else if (gives) this.#given.set(worker, new GivingLane(worker, slot, end, this.#events));
    else this.#taken.set(worker, new TakingLane(worker, end, this.#taking, this.#events));
  }
}
