import type { WireRecord } from "./records.ts";
import { type EndName, peerOf, type Side } from "./trace.ts";

/** What can be read: a record, or the end of file. */
export type Item = WireRecord | EndName;

interface Half {
  /** Sent, and not read by the peer. */
  queue: Item[];
  /** The end has half-closed its transport. */
  isHalfClosed: boolean;
  /** The end has closed its transport. */
  isClosed: boolean;
  /** A reset is on its way to the end. */
  isReset: boolean;
  /** An attacker swallows what the end sends. */
  isCut: boolean;
}

/**
 * The transport of the life-cycle model (spec/model/lifecycle/transport.pml), for real bytes: a queue each way. A
 * half-close is an end of file in its place. Closing with unread input, or being written to after closing, sends a
 * reset, and a reset may be noticed before all that came has been read: that is up to who drives this.
 */
export class Transport {
  readonly #halves = { client: newHalf(), server: newHalf() };

  send(from: Side, item: Item): void {
    const own = this.#halves[from];
    const peer = this.#halves[peerOf(from)];
    if (own.isClosed || own.isHalfClosed || own.isReset || own.isCut) return;
    if (!peer.isClosed) own.queue.push(item);
    else if (!isEnd(item)) own.isReset = true;
  }

  halfClose(side: Side): void {
    this.send(side, { end: "boundary" });
    this.#halves[side].isHalfClosed = true;
  }

  /** Whether input was left unread: a reset for the peer. */
  close(side: Side): boolean {
    const own = this.#halves[side];
    const peer = this.#halves[peerOf(side)];
    const unread = peer.queue.some((item) => !isEnd(item));
    peer.queue = [];
    if (!own.isHalfClosed) this.halfClose(side);
    own.isClosed = true;
    own.isReset = false;
    if (unread && !peer.isClosed) peer.isReset = true;
    return unread;
  }

  of(side: Side): Readonly<Half> {
    return this.#halves[side];
  }

  /** What a side reads next. */
  front(side: Side): Item | undefined {
    return this.#halves[peerOf(side)].queue[0];
  }

  take(side: Side): Item | undefined {
    return this.#halves[peerOf(side)].queue.shift();
  }

  /* What only an attacker does. */

  /** Before all that is unread in what comes from a side. */
  pushFront(from: Side, item: Item): void {
    this.#halves[from].queue.unshift(item);
  }

  /** What comes from a side ends here, for good. */
  cut(from: Side, end: EndName): void {
    this.#halves[from].queue = [end];
    this.#halves[from].isCut = true;
  }

  reset(victim: Side): void {
    this.#halves[victim].isReset = true;
  }
}

function newHalf(): Half {
  return { queue: [], isHalfClosed: false, isClosed: false, isReset: false, isCut: false };
}

export function isEnd(item: Item): item is EndName {
  return "end" in item;
}
