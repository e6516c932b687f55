import type { Handle } from "../net/handoff-handle.ts";
import type { ImportOptions } from "../protocol/index.ts";
import { endAt, receiveDescriptors } from "./descriptor-pipe.ts";
import { type Frame, FrameReader } from "./frames.ts";
import { type GivingEvents, GivingLane } from "./giving-lane.ts";
import type { LaneAtStart, LaneToCome } from "./lane.ts";
import { type TakingEvents, TakingLane } from "./taking-lane.ts";

/** What a worker's lanes tell it, and want of it. */
export type LanesEvents = GivingEvents & TakingEvents;

/** The descriptors that a worker has besides its own two, where workers pass connections on to each other. */
export const laneDescriptors = { control: 5, first: 6 } as const;

/** All ways from one worker to others and back. The admin makes them, and tells it who has ended. */
export class Lanes {
  readonly #taking: ImportOptions;
  readonly #events: LanesEvents;
  readonly #given = new Map<number, GivingLane>();
  readonly #taken = new Map<number, TakingLane>();
  /** A lane's pipe for bytes, until the other is there. */
  readonly #halves = new Map<string, Handle>();
  readonly #stopControl: () => void;
  #turn = 0;
  #isClosed = false;

  /** @param atStart the lanes that the process was started with */
  constructor(atStart: readonly LaneAtStart[], taking: ImportOptions, events: LanesEvents) {
    this.#taking = taking;
    this.#events = {
      ...events,
      closed: (lane) => {
        if (this.#taken.get(lane.worker) === lane) this.#taken.delete(lane.worker);
        events.closed(lane);
      },
    };
    atStart.forEach(([worker, slot, gives], i) => {
      const fd = laneDescriptors.first + 2 * i;
      this.#open(worker, { slot, gives }, endAt(fd), endAt(fd + 1));
    });
    const frames = new FrameReader((frame) => this.#told(frame));
    this.#stopControl = receiveDescriptors(laneDescriptors.control, {
      bytes: (bytes) => frames.bytes(bytes),
      handle: (handle) => frames.handle(handle),
      end: () => undefined, // What it would say is said by lanes, later.
    });
  }

  /** How many sessions are held for others, until their Go. */
  get holding(): number {
    return [...this.#taken.values()].filter(({ isHolding }) => isHolding).length;
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
    } else if (handle !== undefined && (type === "LaneBytes" || type === "LaneDescriptors")) {
      const lane: LaneToCome = JSON.parse(new TextDecoder().decode(body));
      const name = `${id} ${lane.gives}`;
      const bytes = this.#halves.get(name);
      if (type === "LaneBytes" || bytes === undefined) this.#halves.set(name, handle);
      else {
        this.#halves.delete(name);
        this.#open(id, lane, bytes, handle);
      }
    }
  }

  #open(worker: number, { slot, gives }: LaneToCome, bytes: Handle, descriptors: Handle): void {
    if (this.#isClosed) {
      bytes.close();
      descriptors.close();
    } else if (gives) {
      this.#given.set(worker, new GivingLane(worker, slot, bytes, descriptors, this.#events));
    } else {
      this.#taken.set(worker, new TakingLane(worker, bytes, descriptors, this.#taking, this.#events));
    }
  }
}
