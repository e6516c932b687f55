import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { freeMemory } from "../crypto/free-memory.ts";
import type { RecordMemory } from "../protocol/record/memory.ts";

/** Room for a full record and then some. */
const slabLength = 131_072;
/** Slabs that are kept for what is sealed next. */
const spareSlabs = 8;

/** A piece of memory that records of any connections are sealed into, one behind the other. */
class Slab {
  readonly bytes = Buffer.allocUnsafeSlow(slabLength);
  /** Where the next record begins. */
  used = 0;
  /** Pieces given out and not come back: themselves, as one that came back twice would be another's by then. */
  readonly lent = new Set<Uint8Array>();
}

/** Each slab by its memory. One whose pieces are lost, as their stream was destroyed, goes with them. */
const slabs = new WeakMap<ArrayBufferLike, Slab>();
const spare: Slab[] = [];
let current: Slab | undefined;

/**
 * Memory that is used over and over (a fresh array for each write halves the throughput). All connections share it, so
 * that an idle one holds none. What is in it is sealed, or about to be.
 */
const pooled: RecordMemory = {
  forRecords(length) {
    if (length > slabLength) return Buffer.allocUnsafeSlow(length);
    if (current === undefined || current.used + length > slabLength) current = spare.pop() ?? newSlab();
    const start = current.used;
    current.used += length;
    const piece = current.bytes.subarray(start, current.used);
    current.lent.add(piece);
    return piece;
  },
  // Not of Node's pool, where a few bytes that somebody keeps would keep up to 64 KiB of others' with them.
  forData: (length) => Buffer.allocUnsafeSlow(length),
};

/** Whoever a stream is that keeps what it is given, such as a pass-through, shares no memory with others. */
const unpooled: RecordMemory = {
  forRecords: (length) => Buffer.allocUnsafeSlow(length),
  forData: pooled.forData,
};

/** For the records of a connection over this stream. `net.Socket` is known to be done with bytes once it calls back. */
export function memoryFor(stream: Duplex): RecordMemory {
  return Object.getPrototypeOf(stream) === Socket.prototype ? pooled : unpooled;
}

/** Data of records that nobody has use for once a transport has taken it. */
const spent = new WeakSet<Uint8Array>();
/** The shortest such data, in bytes, whose memory it is worth the call to give back. */
const leastSpent = 8_192;
/** What is in that memory besides, in bytes: the record's head. */
const mostBesides = 16;

/**
 * Data as a socket emits it, whose only listener writes it to a `net.Socket` alone: its memory is given back after that. Nobody else may
 * have it, or a view of it, and it is not to be put back.
 */
export function spendOnWrite(data: Uint8Array): Uint8Array {
  if (data.length >= leastSpent) spent.add(data);
  return data;
}

/** These bytes have been handed over: their memory, if it is pooled, may be used anew, and if it is spent, is given back. */
export function release(bytes: Uint8Array): void {
  if (spent.delete(bytes)) freeMemory(bytes, mostBesides);
  const slab = slabs.get(bytes.buffer);
  if (slab === undefined || !slab.lent.delete(bytes) || slab.lent.size > 0) return;
  slab.used = 0;
  if (slab !== current && spare.length < spareSlabs) spare.push(slab);
}

function newSlab(): Slab {
  const slab = new Slab();
  slabs.set(slab.bytes.buffer, slab);
  return slab;
}
