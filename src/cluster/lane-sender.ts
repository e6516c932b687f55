import type { Handle } from "../net/handoff-handle.ts";
import { DescriptorSender } from "./descriptor-pipe.ts";
import { frame } from "./frames.ts";
import type { LaneAtStart, LaneToCome } from "./lane.ts";
import type { WorkerProgram } from "./programs.ts";

/** The ways that a new worker has to and from those that are there; `undefined` where workers pass nothing on. */
export function lanesFor(
  { passOn = false }: WorkerProgram,
  slot: number,
  others: Iterable<{ readonly number: number; readonly slot: number }>,
): LaneAtStart[] | undefined {
  if (passOn === false) return undefined;
  const may = (from: number, to: number) => passOn === true || passOn(from, to) === true;
  return [...others].flatMap((other) => {
    const lanes: LaneAtStart[] = [];
    if (may(slot, other.slot)) lanes.push([other.number, other.slot, true]);
    if (may(other.slot, slot)) lanes.push([other.number, other.slot, false]);
    return lanes;
  });
}

/** How much may wait for a worker that does not read it. */
const maxUnsent = 1_024;

/** The admin's way to a worker, for what it has to know of others. Nothing is read from it. */
export class LaneSender {
  readonly #sender: DescriptorSender;
  readonly #stuck: () => void;
  #unsent = 0;

  /** @param stuck the worker reads no more */
  constructor(control: Handle, stuck: () => void) {
    this.#sender = new DescriptorSender(control);
    this.#stuck = stuck;
  }

  /** @param end of the lane, which is this object's from now on */
  open(worker: number, lane: LaneToCome, end: Handle): void {
    this.#send(frame("Lane", worker, new TextEncoder().encode(JSON.stringify(lane))), end);
  }

  exited(worker: number): void {
    this.#send(frame("Exited", worker));
  }

  close(): void {
    this.#sender.close();
  }

  #send(bytes: Uint8Array, handle?: Handle): void {
    if (++this.#unsent > maxUnsent) this.#stuck();
    this.#sender.send(bytes, handle, () => {
      this.#unsent--;
      handle?.close();
    });
  }
}
