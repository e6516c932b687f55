/**
 * A lane goes from one worker to another, which takes connections over it: Offers and Go one way, credits back. It is read with
 * `read(2)`, which lets no descriptor in: those come from the acceptor. Neither end trusts the other
 * (`docs/decisions/0016-worker-to-worker.md`).
 */
import { Socket } from "node:net";
import type { Handle } from "../net/handoff-handle.ts";

/** How long a blob may be that one worker gives another, in bytes: what each other worker may have the taker hold. */
export const maxLaneBlobLength = 1_048_576;

/** How many workers there may be where they pass connections on: each pair of them has two lanes. */
export const maxWorkersWithLanes = 32;

/** The descriptors that a worker has besides its own two, where workers pass connections on to each other. */
export const laneDescriptors = { control: 5, first: 6 } as const;

/** A lane that a worker has at its start, in its environment: the other's number, its slot, whether this one gives. */
export type LaneAtStart = readonly [worker: number, slot: number, gives: boolean];

/** What is said of a lane that comes later. */
export interface LaneToCome {
  readonly slot: number;
  readonly gives: boolean;
}

/** An end of a lane. */
export function openLane(handle: Handle): Socket {
  const socket = new Socket({ handle, readable: true, writable: true } as never);
  socket.on("error", () => undefined); // What ends it is told by 'close'.
  return socket;
}
