import { performance } from "node:perf_hooks";
import type { HawserSocket } from "../net/index.ts";
import { UsageError } from "../protocol/index.ts";

/** Where a connection goes. */
export interface Picked {
  /** Which worker, from 0 on; one that is full is passed over. Whoever has least to do where there is no number. */
  readonly worker?: number | undefined;
  /** What the worker is told of it, up to 65,000 bytes. */
  readonly note?: string | undefined;
  readonly watcher?: Watcher | undefined;
}

/** Is told what becomes of a connection. */
export interface Watcher {
  /**
   * The worker reports of it: up to 16 whole numbers below 2^32, for the last time or not. `false` is for what it can't have
   * to say, and ends the worker. Without this function any report does, and with it more than 20 a second, after the first 64.
   */
  reported?(numbers: readonly number[], isLast: boolean): boolean;
  /**
   * It is over: a worker was done with it, or ended with it; none had room; or it ended before one had it. This is the last
   * call, and there is one for each connection that was chosen for.
   */
  over?(how: "done" | "lost" | "busy" | "broken"): void;
}

/** How the acceptor chooses a worker. */
export interface Choice {
  /** How many of the first bytes to wait for, up to 65,536; 0, for none, unless given. */
  readonly bytes?: number;
  /** How long to wait for them, in milliseconds; 1,000 unless given. What is there then is what there is. */
  readonly timeout?: number;
  /** Whether these are enough, though they are fewer. */
  readonly isEnough?: (head: Uint8Array) => boolean;
  /**
   * Chooses, from what has come and who it is. The worker reads those bytes as it reads what follows. An AlertError that it
   * throws is what the client is told; of anything else, it hears `internal_error`.
   */
  readonly pick: (head: Uint8Array, socket: HawserSocket) => Picked;
}

/** @throws UsageError for one that makes no sense */
export function requireChoice(choice: Choice): Choice {
  const { bytes = 0, timeout = 1_000, pick } = choice;
  if (!(Number.isInteger(bytes) && bytes >= 0 && bytes <= 65_536)) {
    throw new UsageError("choose.bytes is a number from 0 to 65536");
  }
  if (!(timeout > 0 && timeout <= 60_000))
    throw new UsageError("choose.timeout is milliseconds, up to 60000");
  if (typeof pick !== "function") throw new UsageError("choose.pick is a function");
  return choice;
}

/** The first bytes of a connection, which are still to be read when this resolves: as many as there are by then. */
export async function headOf(socket: HawserSocket, choice: Choice): Promise<Uint8Array> {
  const { bytes = 0, timeout = 1_000, isEnough = () => false } = choice;
  if (bytes === 0) return new Uint8Array(0);
  const until = performance.now() + timeout;
  if (socket.readableLength === 0) await firstOf(socket, timeout);
  let head = peek(socket);
  while (head.length < bytes && !(head.length > 0 && isEnough(head))) {
    if (hasEnded(socket) || performance.now() >= until) break;
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (socket.readableLength > head.length) head = peek(socket);
  }
  return head.subarray(0, bytes);
}

/** Milliseconds. A stream that was given back what it had tells at once that it has that, and of no more. */
const pause = 5;

/** Until there is something to read, or nothing will be. */
function firstOf(socket: HawserSocket, timeout: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      socket.off("readable", settle).off("close", settle);
      resolve();
    };
    const timer = setTimeout(settle, timeout);
    socket.on("readable", settle).on("close", settle);
  });
}

/** What could be read, in the tick in which it is put back: behind the last of it comes no end before that. */
function peek(socket: HawserSocket): Buffer {
  if (socket.readableLength === 0 || socket.destroyed) return Buffer.alloc(0);
  const bytes: Buffer = socket.read();
  socket.unshift(bytes);
  return bytes;
}

function hasEnded(socket: HawserSocket): boolean {
  const { _readableState: state } = socket as unknown as { _readableState: { ended: boolean } };
  return socket.destroyed || state.ended;
}
