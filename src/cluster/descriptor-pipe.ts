/**
 * A pipe that carries bytes and descriptors one way. Node's own, of `child_process.fork`, has to be read by who sends over
 * it, and takes what comes for Node's: a process that is taken over can crash the other with it. Here who sends never reads.
 *
 * It is made of the handle that Node's is made of, which Node shows to nobody who does not look below `net.Socket`
 * (`docs/decisions/0013-the-server-in-three.md`).
 */
import { Socket } from "node:net";
import type { Handle } from "../net/handoff-handle.ts";

/** What libuv's pipes have, as Node wraps them. */
interface PipeHandle extends Handle {
  onread: ((bytes: ArrayBuffer | undefined) => void) | undefined;
  pendingHandle?: Handle | undefined;
  readonly writeQueueSize: number;
  open(fd: number): number;
  readStart(): number;
  writeBuffer(request: WriteRequest | null, bytes: Uint8Array, handle?: Handle): number;
  ref(): void;
  unref(): void;
}

interface WriteRequest {
  oncomplete?: (status: number) => void;
  /** Kept alive until then. */
  held?: unknown;
}

type PipeClass = new (kind: number) => PipeHandle;
type RequestClass = new () => WriteRequest;
interface WithHandle {
  _handle: PipeHandle | null;
}

const carriesDescriptors = 2;

/** The pipe's end that sends. */
export class DescriptorSender {
  readonly #pipe: PipeHandle;
  readonly #request: RequestClass;
  #isClosed = false;

  /** @param end of a pipe, which is this object's from now on */
  constructor(end: Handle) {
    const kind = classOf(end);
    this.#request = requestClass(kind);
    this.#pipe = reopened(kind, end.fd);
  }

  /**
   * Sends all of the bytes, with a descriptor or without. `done` is called once, when the system has them, or will never
   * have them as the other end is gone; then both may be wiped and closed.
   *
   * @returns whether that is so already, and `done` about to be called
   */
  send(bytes: Uint8Array, handle?: Handle, done: () => void = () => undefined): boolean {
    let isDone = false;
    const once = () => {
      if (isDone) return;
      isDone = true;
      done();
    };
    if (this.#isClosed) {
      process.nextTick(once);
      return true;
    }
    const request = new this.#request();
    request.oncomplete = once;
    request.held = [bytes, handle];
    const status = this.#pipe.writeBuffer(request, bytes, handle);
    // Without a descriptor what can be written at once is, and nothing is called back.
    const isTaken = status !== 0 || this.#pipe.writeQueueSize === 0;
    if (status !== 0 || (handle === undefined && isTaken)) process.nextTick(once);
    return isTaken;
  }

  /** The other end sees its end of file behind what was sent before, unless that waits still. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pipe.close();
  }
}

/** What comes out of the other end. */
export interface Received {
  bytes(bytes: Uint8Array): void;
  /** A descriptor; it comes before the last of the bytes that it was sent with. */
  handle(handle: Handle): void;
  end(): void;
}

/**
 * Reads what a {@link DescriptorSender} sends, from a descriptor that nothing else uses. Who sends is trusted: a descriptor of
 * a file, say, ends this process, as Node takes it for a fault of its own.
 *
 * @returns what stops that
 */
export function receiveDescriptors(fd: number, received: Received): () => void {
  const pipe = reopened(classOf(endAt(fd)), fd);
  pipe.onread = (buffer) => {
    const handle = pipe.pendingHandle;
    pipe.pendingHandle = undefined;
    if (handle !== undefined && handle !== null) received.handle(handle);
    if (buffer !== undefined) {
      if (buffer.byteLength > 0) received.bytes(new Uint8Array(buffer));
      return;
    }
    pipe.readStop();
    received.end();
  };
  if (pipe.readStart() !== 0) throw new Error(`descriptor ${fd} can't be read`);
  return () => void pipe.readStop();
}

/** A descriptor of this process as the end of a pipe, of which nothing has been read. */
export function endAt(fd: number): Handle {
  const { _handle: end } = new Socket({ fd, manualStart: true } as never) as unknown as WithHandle;
  if (end === null) throw new Error(`descriptor ${fd} is not open`);
  return end;
}

/** A child's end of a pipe of its `stdio`, of which nothing has been read. To be called in the tick of the spawn. */
export function endOf(stream: unknown): Handle {
  const owner = stream as WithHandle;
  const handle = owner._handle;
  if (!handle) throw new Error("the process has not started");
  handle.readStop();
  handle.reading = false;
  owner._handle = null;
  return handle;
}

function classOf(handle: Handle): PipeClass {
  return (handle as unknown as { constructor: PipeClass }).constructor;
}

/** The descriptor, as a pipe that carries others. The handle before is left alone and never closed: this one does that. */
function reopened(kind: PipeClass, fd: number | undefined): PipeHandle {
  const pipe = new kind(carriesDescriptors);
  if (fd === undefined || pipe.open(fd) !== 0) throw new Error("descriptors can't be passed on here");
  return pipe;
}

let known: RequestClass | undefined;

/** What Node makes a write with: it is seen at a write that goes nowhere. */
function requestClass(kind: PipeClass): RequestClass {
  if (known !== undefined) return known;
  const pipe = new kind(0) as PipeHandle & Record<string, unknown>;
  let request: object | null | undefined;
  const seen = (given: object | null): number => {
    request = given;
    return -1;
  };
  for (const name of ["writeBuffer", "writeUtf8String", "writeLatin1String"]) {
    Object.defineProperty(pipe, name, { value: seen });
  }
  const socket = new Socket({ handle: pipe, manualStart: true } as never);
  socket.on("error", () => undefined);
  socket.write("x");
  socket.destroy();
  if (request === null) request = madeByNode(kind);
  if (!request) throw new Error("descriptors can't be passed on by this version of Node");
  known = request.constructor as RequestClass;
  return known;
}

/** From Node 26 on a write may come without a request: for one with a descriptor Node makes it, even if the pipe is not open. */
function madeByNode(kind: PipeClass): object | undefined {
  const [pipe, handle] = [new kind(carriesDescriptors), new kind(0)];
  const made: unknown = pipe.writeBuffer(null, new Uint8Array(1), handle);
  pipe.close();
  handle.close();
  return typeof made === "object" && made !== null ? made : undefined;
}
