import { exportSession } from "../protocol/index.ts";
import { maxBlobLength } from "../protocol/transfer/blob.ts";
import { UsageError } from "../protocol/usage-error.ts";
import type { Driver } from "./driver.ts";
import type { Handle } from "./handoff-handle.ts";
import type { HawserSocket } from "./socket.ts";

/**
 * A connection that has left its socket: the session, as secret as its keys, and libuv's handle of the descriptor, which
 * stays open until its `close()` is called. `subprocess.send(message, handle)` carries it to a process that reads nothing of
 * it by itself, other than one that is sent the `net.Socket`.
 */
export interface Detached {
  readonly blob: Uint8Array;
  readonly handle: Handle;
}

/** Room in a blob for all that is not plaintext, amply. */
const besides = 1_048_576;
const movable: ReadonlySet<string> = new Set(["Open", "HalfClosedLocal", "HalfClosedRemote"]);

/** @throws UsageError for a connection that can't go on elsewhere; nothing has changed */
export function requireMovable(socket: HawserSocket, { channel, transport }: Driver): void {
  if (!movable.has(channel.state)) throw new UsageError("the connection is over, as both ends have ended it");
  if (!transport.canLeave) throw new UsageError("a connection is handed over with a net.Socket below it");
  if (socket.readableEncoding !== null)
    throw new UsageError("a socket with setEncoding() may hold half a character, and is not handed over");
  if (socket.readableLength > maxBlobLength - besides)
    throw new UsageError(`there is too much that nobody has read: ${socket.readableLength} bytes`);
}

/** The last tick of a socket whose connection goes on elsewhere (TR-050, TR-051). Its driver is its own no more. */
export function leave(socket: HawserSocket, driver: Driver): Detached {
  const { handle, unused } = driver.leave();
  socket.unpipe();
  socket.removeAllListeners("data").removeAllListeners("readable");
  const chunks: Buffer[] = [];
  for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) chunks.push(chunk);
  const blob = exportSession(driver.channel, { unopened: unused, unread: Buffer.concat(chunks) });
  socket.destroy();
  return { blob, handle };
}
