import type { HawserSocket } from "./socket.ts";

/**
 * Resolves when the handshake is over. What goes wrong until then, the promise tells and no `'error'`, as nobody can
 * listen yet; so it does where the peer's reason came along with the end of the handshake.
 */
export async function opened(socket: HawserSocket): Promise<void> {
  const ignore = () => undefined;
  socket.on("error", ignore);
  await socket.ready;
  if (socket.errored !== null) throw socket.errored;
  socket.off("error", ignore);
}

/** Until the handshake is over a signal gives the socket up; after that it has no effect. */
export function giveUpOn(signal: AbortSignal, socket: HawserSocket): void {
  const onAbort = () => socket.destroy(signal.reason);
  const settle = () => signal.removeEventListener("abort", onAbort);
  signal.addEventListener("abort", onAbort, { once: true });
  socket.ready.then(settle, settle);
}
