import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { ServiceAddress } from "../keys/index.ts";
import { dial } from "../net/dial.ts";
import type { HawserSocket } from "../net/index.ts";
import { type TunnelError, unreachable } from "./failures.ts";
import { splice } from "./splice.ts";

/** Probes by the system, so that an end whose cable was cut is missed at last. Milliseconds of silence before them. */
export const keepAliveDelay = 60_000;

/** How clients are joined to the service. Times are milliseconds. */
export interface ServiceOptions {
  /** 5,000 unless given. */
  readonly connectTimeout?: number;
  /** 0, for never, unless given. */
  readonly idleTimeout?: number;
  /** Breaks both sides off; its reason is the alert that the client gets. */
  readonly signal: AbortSignal;
  /** The service can't be reached, which the client is about to hear. */
  readonly onUnreachable?: (failure: TunnelError) => void;
}

/**
 * Joins a client that was let in to a connection of its own to the service. Resolves once both are closed: with why, where
 * that is not the end of both directions.
 */
export async function joinService(
  socket: HawserSocket,
  to: ServiceAddress,
  options: ServiceOptions,
): Promise<Error | undefined> {
  const { connectTimeout = 5_000, idleTimeout = 0, signal, onUnreachable } = options;
  let plain: Socket;
  try {
    plain = await reach(to, socket, connectTimeout);
  } catch (error) {
    if (socket.destroyed) return socket.errored ?? (error as Error);
    const failed = unreachable(error);
    onUnreachable?.(failed);
    socket.dismiss(failed.toAlert());
    return failed;
  }
  return splice(socket, plain, { side: "service", idleTimeout, signal });
}

/** A connection to the service; there is none where the client goes away first. */
async function reach(to: ServiceAddress, socket: HawserSocket, connectTimeout: number): Promise<Socket> {
  const gone = new AbortController();
  const onClose = () => gone.abort(socket.errored ?? undefined);
  socket.once("close", onClose);
  try {
    const options = { keepAlive: true, keepAliveInitialDelay: keepAliveDelay };
    return await dial(to, options, performance.now() + connectTimeout, gone.signal);
  } finally {
    socket.off("close", onClose);
  }
}
