import type { Socket } from "node:net";

/** What a socket's handle has beside what Node shows. */
interface Handle {
  onread: ((...args: unknown[]) => unknown) | null;
  readStart(): number;
}

/**
 * Whether the end of file that a socket has just emitted is one. Where data and the peer's reset arrive together, the
 * event loop of Node (libuv 1.x, `uv__stream_io`: a hang-up after a partial read) reports the data and then an
 * end of file, without asking the system, which would say ECONNRESET: half a file would look whole. So the system is asked
 * once more. A reset is then the socket's `'error'`, as it would have been; for an end `confirmed` is called.
 *
 * To be called from a listener of `'end'`, of a socket that does not destroy itself after it.
 */
export function confirmEnd(socket: Socket, confirmed: () => void): void {
  const handle = (socket as unknown as { _handle: Handle | null })._handle;
  const onread = handle?.onread;
  if (!handle || typeof onread !== "function") {
    confirmed();
    return;
  }
  const answered = function (this: unknown, ...args: unknown[]) {
    handle.onread = onread;
    // Of an end of file a stream that has emitted 'end' takes no notice; of an error it does.
    const answer = onread.apply(this, args);
    if (!socket.destroyed) confirmed();
    return answer;
  };
  handle.onread = answered;
  if (handle.readStart() === 0) return;
  handle.onread = onread;
  confirmed();
}
