import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What `net.Socket` has beside what it shows: libuv's descriptor. */
export interface Handle {
  reading?: boolean;
  readStop(): number;
  close(): void;
  /** The number of the descriptor; negative once it is closed, and always where the system has no such numbers. */
  readonly fd?: number;
  readonly useUserBuffer?: unknown;
}

interface WithHandle {
  _handle: Handle | null | undefined;
}

/** A descriptor without its socket, and what had been read from it and not used. */
export interface DetachedHandle {
  readonly handle: Handle;
  readonly unused: Uint8Array;
}

/** Whether a stream is a `net.Socket` and nothing that was made of one, with a descriptor that can be had. */
export function hasHandle(stream: Duplex): boolean {
  const { _handle: handle } = stream as unknown as WithHandle;
  return Object.getPrototypeOf(stream) === Socket.prototype && typeof handle?.readStop === "function";
}

/**
 * Takes a socket's descriptor from it, in one tick: nothing is read any more, and what was read comes along. The socket is
 * destroyed, and emits 'close', without a word over the connection (TR-052).
 *
 * The order counts. A socket that is paused reads on until its handle is stopped, and one whose buffer is emptied would
 * start its handle again, if it still had one.
 */
export function detachHandle(socket: Socket): DetachedHandle {
  const owner = socket as unknown as WithHandle;
  const handle = owner._handle;
  if (!handle) throw new Error("the socket has no descriptor any more");
  socket.removeAllListeners("data").removeAllListeners("readable");
  handle.readStop();
  handle.reading = false;
  owner._handle = null;
  socket.pause();
  const chunks: Buffer[] = [];
  for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) chunks.push(chunk);
  socket.destroy();
  return { handle, unused: Buffer.concat(chunks) };
}
