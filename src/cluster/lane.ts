/**
 * A lane goes from one worker to another, and takes connections. It is two pipes:
 *
 * - one for bytes: Offers one way, credits back. It is read with `read(2)`, which lets no descriptor in;
 * - one for descriptors, with each Go: a byte that has one, and a byte that has none, which is how the taker knows that no
 *   more than the one came in. Go is not said on the other pipe as well.
 *
 * Neither end trusts the other (`docs/decisions/0015-worker-to-worker.md`).
 */
import { Socket } from "node:net";
import type { Handle } from "../net/handoff-handle.ts";

/** The bytes of the pipe for descriptors. The first is Go's (TR-041). */
export const laneMarks = { descriptor: 2, nothingElse: 0 } as const;

/** How long a blob may be that one worker gives another, in bytes: what each other worker may have the taker hold. */
export const maxLaneBlobLength = 1_048_576;

/** The pipe for bytes. */
export function laneBytes(handle: Handle): Socket {
  const socket = new Socket({ handle, readable: true, writable: true } as never);
  socket.on("error", () => undefined); // What ends it is told by 'close'.
  return socket;
}

/** What a worker has of a lane at its start, in its environment: the other's number, its slot, whether this one gives. */
export type LaneAtStart = readonly [worker: number, slot: number, gives: boolean];

/** How many workers there may be where they pass connections on: each pair of them has four pipes. */
export const maxWorkersWithLanes = 32;

/** What is said of a lane's pipe that comes later. */
export interface LaneToCome {
  readonly slot: number;
  readonly gives: boolean;
}
