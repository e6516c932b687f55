import type { Writable } from "node:stream";
import { AlertError, HawserError, type HawserSocket } from "../net/index.ts";
import { CommandError, Interruption, outputError } from "./errors.ts";
import { flushed } from "./output.ts";
import type { Surroundings } from "./surroundings.ts";

export interface JoinOptions {
  /** Nothing comes after this peer: its end is the end of standard output. */
  readonly isLast: boolean;
  /** Ends the connection. */
  readonly signal: AbortSignal;
  /** What the peer is told about a signal. */
  readonly farewell: (interruption: Interruption) => AlertError;
}

/**
 * Joins a peer to standard input and output. Each direction ends by itself, and pushes back by itself. Resolves when
 * both ends have closed as they should and all that came has been written; rejects with why not.
 */
export async function join(
  socket: HawserSocket,
  surroundings: Surroundings,
  options: JoinOptions,
): Promise<void> {
  const { stdin, stdout } = surroundings;
  const { isLast, signal, farewell } = options;
  let reason: unknown;
  let ended: Promise<void> | undefined;
  const giveUp = (because: unknown, told: Error | undefined) => {
    reason ??= because;
    socket.destroy(told);
  };
  const onInputError = (error: Error) => {
    const message = `Standard input could not be read: ${error.message}.`;
    giveUp(new CommandError("ERR_HAWSER_STDIN", message, { cause: error }), error);
  };
  const onOutputError = (error: Error) => giveUp(outputError(error), undefined);
  const onAbort = () => giveUp(signal.reason, farewell(signal.reason));

  stdin.on("error", onInputError);
  stdout.on("error", onOutputError);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await new Promise<void>((resolve) => {
      socket.on("error", (error) => {
        reason ??= error;
      });
      socket.once("close", resolve);
      if (isLast) {
        socket.once("end", () => {
          ended = end(stdout).then(() => surroundings.releaseOutput());
        });
      }
      socket.pipe(stdout, { end: false });
      if (stdin.readableEnded || stdin.destroyed) socket.end();
      else stdin.pipe(socket);
      // What has happened before.
      if (stdin.errored) onInputError(stdin.errored);
      if (stdout.errored) onOutputError(stdout.errored);
      if (signal.aborted) onAbort();
      if (socket.closed) resolve();
    });
    stdin.unpipe(socket);
    reason ??= socket.errored ?? unlessDone(socket);
    if (!stdout.destroyed && !(reason instanceof Interruption)) {
      await unlessAborted(ended ?? flushed(stdout), signal).catch((error) => {
        reason ??= error;
      });
    }
    if (reason instanceof Interruption) stdout.destroy(); // Whoever gives up does not wait for a reader.
  } finally {
    stdin.off("error", onInputError);
    stdout.off("error", onOutputError);
    signal.removeEventListener("abort", onAbort);
  }
  if (reason !== undefined) throw reason;
}

/** A connection that is over without an error, and without both ends: its key was taken from the authorized ones. */
function unlessDone(socket: HawserSocket): HawserError | undefined {
  if (socket.readableEnded && socket.writableFinished) return undefined;
  return new HawserError(
    "ERR_HAWSER_DENIED",
    "The peer's key is no longer among the authorized keys: the connection was ended.",
  );
}

function end(stdout: Writable): Promise<void> {
  return new Promise((resolve) => stdout.end(() => resolve())); // An error comes to its listener.
}

function unlessAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    done.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** What a peer is told when a person gives up. */
export function cancelled(): AlertError {
  return new AlertError("cancelled");
}
