import { channel } from "node:diagnostics_channel";
import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Input that is read into one piece of memory that all connections share, and used before the next is read: no
 * allocation and no stream's queue for each read, and four times as much in one. A third less CPU for a receiver of
 * plain TCP.
 */
const length = 262_144;
let memory: Buffer | undefined;

/**
 * So much is read in small pieces first: more than comes in a handshake, of which a server holds what it may not open
 * yet, and that is to be little (LM-003).
 */
const beginning = 131_072;
const small = 65_536;

type Take = (bytes: Uint8Array) => void;

/**
 * Where the input of such a socket goes, on the socket itself: what a WeakMap has for it would stay, and the connection with
 * it, until V8's next full collection.
 */
const inletOf = Symbol("where input goes");

interface Direct {
  [inletOf]?: { take: Take };
}

/** A socket that is made to read so. It is paused, and emits no `'data'`. */
export function withDirectInput(make: (onread: OnReadOpts) => Socket): Socket {
  memory ??= Buffer.allocUnsafeSlow(length);
  const all = memory;
  const start = all.subarray(0, small);
  let left = beginning;
  const inlet: { take: Take } = { take: () => undefined };
  // Asked for before each read.
  const buffer = () => (left > 0 ? start : all);
  const callback = (read: number): boolean => {
    left -= read;
    inlet.take(new Uint8Array(all.buffer, 0, read));
    return true;
  };
  const socket = make({ buffer, callback }).pause();
  return Object.defineProperty(socket, inletOf, { value: inlet });
}

/**
 * Has a stream's input handed to `take`, which may use it until it returns, if the stream reads directly: whether it
 * does.
 */
export function takeDirectInput(stream: Duplex, take: Take): boolean {
  const { [inletOf]: inlet } = stream as Direct;
  if (inlet !== undefined) inlet.take = take;
  return inlet !== undefined;
}

/** What `net.Socket` and `net.Server` have beside what they show. */
interface Accepted {
  _handle: { readonly useUserBuffer?: unknown } | null | undefined;
  _server: Tcp | null | undefined;
}

/** What a server sets for the sockets that it accepts. The time is in seconds. */
interface Tcp {
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
}

/** Node's own report of each accepted socket. */
const reports = channel("net.server.socket");

/**
 * A socket that a `net.Server` has accepted, over again: the server makes it without asking how it is to read. What
 * was handed in has lost its connection to the one that comes back. It comes back itself, and reads as ever, where
 * Node has not what this takes, or where somebody is about to be told of it.
 */
export function acceptedWithDirectInput(accepted: Socket): Socket {
  const old = accepted as unknown as Accepted;
  const { _handle: handle, _server: server } = old;
  const isKnown = typeof handle?.useUserBuffer === "function" && typeof server?.noDelay === "boolean";
  if (!isKnown || reports.hasSubscribers) return accepted;
  const { noDelay, keepAlive, keepAliveInitialDelay = 0 } = server;
  // The handle has been told already; a socket tells it what changes.
  const told = { noDelay, keepAlive, keepAliveInitialDelay: 1_000 * keepAliveInitialDelay };
  const socket = withDirectInput((onread) => {
    const options = { ...told, handle, allowHalfOpen: true, manualStart: true, onread };
    return new Socket(options as SocketConstructorOpts);
  });
  // The server counts its connections, and ends when there is none.
  (socket as unknown as Accepted)._server = server;
  old._server = null;
  old._handle = null;
  return socket;
}
