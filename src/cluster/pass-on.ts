import type { HawserSocket } from "../net/index.ts";
import { UsageError } from "../protocol/index.ts";
import { maxNoteLength } from "./offer.ts";

/** Where a worker passes a connection on to. */
export interface PassOnOptions {
  /** Which worker, from 0 on, and no other; whoever has room, of those that it may pass to, unless given. */
  readonly worker?: number | undefined;
  /** What that worker is told of it, up to 65,000 bytes. */
  readonly note?: string | undefined;
  /** Gives up as long as the connection has not left its socket. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Passes a connection on to another worker, which goes on with it where it is: what was received and not read goes along, and
 * what was written is handed to the transport first. A peer that takes nothing keeps this waiting. The socket is destroyed when
 * the connection leaves it, without an `'error'`.
 *
 * Resolves once the other worker has taken it.
 *
 * @throws PassOnError where it is with nobody else; UsageError, HawserError and the signal's reason where the connection has
 * not left its socket, or is over
 */
export type PassOn = (socket: HawserSocket, options?: PassOnOptions) => Promise<void>;

/** Why a connection was not passed on, by code. */
export const PASS_ON_ERRORS = {
  ERR_HAWSER_PASS_ON_REFUSED:
    "no other worker had room for the connection, or was there: it is this worker's still",
  ERR_HAWSER_PASS_ON_LOST:
    "the worker that the connection was given to has ended, or answers no more: it is lost",
} as const;

/** The stable code of a {@link PassOnError}. */
export type PassOnErrorCode = keyof typeof PASS_ON_ERRORS;

/** A connection that was not passed on to another worker. */
export class PassOnError extends Error {
  override readonly name = "PassOnError";
  readonly code: PassOnErrorCode;
  /** The connection, to be served on; another socket where it had left the first. `undefined` where it is lost. */
  readonly socket: HawserSocket | undefined;

  constructor(code: PassOnErrorCode, socket?: HawserSocket) {
    super(PASS_ON_ERRORS[code]);
    this.code = code;
    this.socket = socket;
  }
}

/** @throws UsageError for one that is too long */
export function noteBytes(note = ""): Uint8Array {
  const bytes = new TextEncoder().encode(note);
  if (bytes.length > maxNoteLength) throw new UsageError(`a note has at most ${maxNoteLength} bytes`);
  return bytes;
}

/** @throws UsageError for options that make no sense */
export function requirePassOn({ worker }: PassOnOptions): void {
  if (worker !== undefined && !(Number.isInteger(worker) && worker >= 0)) {
    throw new UsageError("passOn: worker is a number from 0 on");
  }
}
