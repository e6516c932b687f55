/** What goes from an acceptor to a worker, and from an admin to an acceptor: frames, some with a descriptor. */
import type { Handle } from "../net/handoff-handle.ts";

/** The first two are of a hand-over (TR-041). */
export const frameTypes = {
  Offer: 1,
  Go: 2,
  /** End a connection with `not_authorized`: its key has been taken out of the authorized keys. */
  End: 8,
  /** Is it there? */
  Ask: 9,
  /** The descriptor of a connection that another worker gives (TR-059): whether it is to end (1 or 0), and whose session it is. */
  Hand: 10,
  /** From the admin: a new worker's pipes, in this order. Its body is JSON. */
  Link: 16,
  Credit: 17,
  /** A worker's process has ended. */
  Exited: 18,
  /** Take no more connections, and end when those under way have been passed on. */
  Retire: 19,
  /** From the admin to a worker: a way to another worker, or from it. Its body is JSON. */
  Lane: 24,
  /** What the admin's program has to say to the acceptor's, as JSON. */
  Message: 20,
} as const;
export type FrameType = keyof typeof frameTypes;

export interface Frame {
  readonly type: FrameType;
  readonly id: number;
  readonly body: Uint8Array;
  /** With `Go` and `Hand` of an acceptor (TR-053), and of the admin with all pipes. */
  readonly handle: Handle | undefined;
}

const headerLength = 9;
/** A blob (TR-015), and what is said besides. */
const maxBodyLength = 16_777_216 + 65_536;
const withHandle: ReadonlySet<FrameType> = new Set(["Go", "Hand", "Link", "Credit", "Lane"]);
const nameOf = new Map(Object.entries(frameTypes).map(([name, type]) => [type as number, name as FrameType]));

/** One byte of type, four each of the connection's or worker's number and the body's length, big-endian; then the body. */
export function frame(type: FrameType, id: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(headerLength + length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, frameTypes[type]);
  view.setUint32(1, id);
  view.setUint32(5, length);
  let at = headerLength;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What a reader takes of a sender that is not trusted: no descriptors, no more than that, and nothing before the last was answered. */
export interface FrameLimits {
  readonly types: readonly FrameType[];
  /** In bytes: as much memory as a sender may take. */
  readonly maxBodyLength: number;
}

/** Puts frames together again, each with its descriptor. What it has taken apart it overwrites: blobs are among it. */
export class FrameReader {
  readonly #take: (frame: Frame) => void;
  readonly #types: ReadonlySet<FrameType>;
  readonly #withHandle: ReadonlySet<FrameType>;
  readonly #maxBodyLength: number;
  readonly #isAnswered: boolean;
  readonly #handles: Handle[] = [];
  readonly #header = new Uint8Array(headerLength);
  #headerFilled = 0;
  #body: Uint8Array | undefined;
  #bodyFilled = 0;

  constructor(take: (frame: Frame) => void, limits?: FrameLimits) {
    this.#take = take;
    this.#types = new Set(limits?.types ?? nameOf.values());
    this.#withHandle = limits === undefined ? withHandle : new Set();
    this.#maxBodyLength = limits?.maxBodyLength ?? maxBodyLength;
    this.#isAnswered = limits !== undefined;
  }

  handle(handle: Handle): void {
    this.#handles.push(handle);
  }

  /** @throws Error for what is no frame: the sender is not this program, or no more */
  bytes(bytes: Uint8Array): void {
    let rest = bytes;
    try {
      while (rest.length > 0 || this.#isWhole) {
        if (this.#body === undefined) rest = this.#readHeader(rest);
        else {
          const part = rest.subarray(0, this.#body.length - this.#bodyFilled);
          this.#body.set(part, this.#bodyFilled);
          this.#bodyFilled += part.length;
          rest = rest.subarray(part.length);
        }
        if (!this.#isWhole) continue;
        if (this.#isAnswered && rest.length > 0) throw new Error("it is not waited for an answer");
        this.#finish();
      }
    } finally {
      bytes.fill(0);
    }
  }

  /** Nothing more will come: what there is of a frame may be most of a blob. */
  end(): void {
    this.#body?.fill(0);
    this.#body = undefined;
    this.#headerFilled = 0;
  }

  get #isWhole(): boolean {
    return this.#body !== undefined && this.#bodyFilled === this.#body.length;
  }

  #readHeader(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, headerLength - this.#headerFilled);
    this.#header.set(part, this.#headerFilled);
    this.#headerFilled += part.length;
    if (this.#headerFilled === headerLength) {
      const length = this.#view.getUint32(5);
      const type = nameOf.get(this.#view.getUint8(0));
      if (type === undefined || !this.#types.has(type) || length > this.#maxBodyLength) {
        throw new Error("this is no frame");
      }
      this.#body = new Uint8Array(length);
      this.#bodyFilled = 0;
    }
    return bytes.subarray(part.length);
  }

  #finish(): void {
    const type = nameOf.get(this.#view.getUint8(0)) as FrameType;
    const id = this.#view.getUint32(1);
    const body = this.#body as Uint8Array;
    this.#body = undefined;
    this.#headerFilled = 0;
    const handle = this.#withHandle.has(type) ? this.#handles.shift() : undefined;
    if (this.#withHandle.has(type) && handle === undefined)
      throw new Error("a frame came without its descriptor");
    this.#take({ type, id, body, handle });
  }

  get #view(): DataView {
    return new DataView(this.#header.buffer);
  }
}
