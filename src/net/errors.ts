import { formatPublicKey } from "../keys/portable.ts";
import { explainFailure } from "../protocol/explain.ts";
import type { Failure, FailureCode } from "../protocol/failure.ts";
import { alertName, escapeMessage } from "../protocol/record/alert.ts";
import { type AlertName, alertCodes, applicationCodes } from "../protocol/record/alert-codes.ts";
import { UsageError } from "../protocol/usage-error.ts";

/** The errors that sockets have besides the protocol's failures, by code, with what they mean. */
export const SOCKET_ERRORS = {
  ERR_HAWSER_CONNECT: "there is no connection to speak Hawser over; the system's error is the cause",
  ERR_HAWSER_CLOSED:
    "the connection is over, cleanly or before it began, and what was asked of it can't be done",
  ERR_HAWSER_LIMIT: "a server had too many handshakes under way, and this one gave way, without an answer",
  ERR_HAWSER_INTERNAL:
    "something handed in (a padding function, a random generator) failed; its error is the cause",
} as const;

/** The stable code of a {@link HawserError}: `ERR_HAWSER_` and the protocol failure's code in capitals, or a socket's own. */
export type HawserErrorCode = `ERR_HAWSER_${Uppercase<FailureCode>}` | keyof typeof SOCKET_ERRORS;

/** What a {@link HawserError} carries besides its words. */
export interface HawserErrorOptions {
  /** The system's, the key holder's or the application's error that is behind it. */
  readonly cause?: unknown;
  readonly failure?: Failure;
}

/**
 * A connection that did not come to be, or did not end as it should. Programs branch on `code`, never on the message:
 * that is for people, has nothing secret in it, and what a peer said is escaped there.
 */
export class HawserError extends Error {
  override readonly name: string = "HawserError";
  readonly code: HawserErrorCode;
  /** What the protocol knows of it: who is at fault, the requirement, the keys. Absent where the protocol had no part. */
  readonly failure: Failure | undefined;

  constructor(code: HawserErrorCode, message: string, options: HawserErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.failure = options.failure;
  }
}

/**
 * The reason that one end gave the other: the peer's, as the error of a socket; or, made by an application and handed
 * to `socket.destroy()`, the reason that the peer is to get.
 */
export class AlertError extends HawserError {
  override readonly name = "AlertError";
  /** The code, 1 to 65,535; from 0x8000 on it is the application's own. */
  readonly alert: number;
  /** The words, as they were sent: escape them where they are shown. Never to be compared. */
  readonly words: string;

  /**
   * @param alert a name or number of the registry, or an application's own, 0x8000 to 0xFFFF
   * @param words at most 1,024 bytes of UTF-8 are sent
   * @throws UsageError for a code that nobody may send
   */
  constructor(alert: number | AlertName, words?: string);
  /** @internal */
  constructor(alert: number, words: string, received: Received);
  constructor(alert: number | AlertName, words = "", received?: Received) {
    const code = received === undefined ? sendable(alert) : Number(alert);
    if (typeof words !== "string") throw new UsageError("an alert's words are a string");
    super(
      received?.code ?? "ERR_HAWSER_CANCELLED",
      received?.message ??
        `This side gives up: ${shown(code)}${words === "" ? "" : `, "${escapeMessage(words)}"`}.`,
      received === undefined ? {} : { failure: received.failure },
    );
    this.alert = code;
    this.words = words;
  }

  /** `"application"` from 0x8000 on; `undefined` for a code that this version does not know. */
  get alertName(): AlertName | "application" | undefined {
    return alertName(this.alert);
  }
}

interface Received {
  readonly code: HawserErrorCode;
  readonly message: string;
  readonly failure: Failure;
}

/**
 * The error that a protocol failure is to an application.
 *
 * @param behind what led to it on this side, where the failure has no cause of its own
 */
export function errorOf(failure: Failure, behind?: unknown): HawserError {
  const { happened, expected, advice } = explainFailure(failure, formatPublicKey);
  const message = `${happened} Expected: ${expected} ${advice}`;
  const code = codeOf(failure.code);
  const { reason } = failure;
  if (reason.code === "alert_received") {
    return new AlertError(reason.alert, reason.message, { code, message, failure });
  }
  if (reason.code === "refused") return new AlertError(reason.alert, "", { code, message, failure });
  const cause = "cause" in reason ? reason.cause : behind;
  return new HawserError(code, message, { failure, cause });
}

/** There is no connection: the system's error is the cause. */
export function connectError(where: string, cause: unknown): HawserError {
  return new HawserError("ERR_HAWSER_CONNECT", `There is no connection to ${where}: ${wordsOf(cause)}.`, {
    cause,
  });
}

/** What was asked can't be done any more, and there is no failure that would say why. */
export function closedError(message: string): HawserError {
  return new HawserError("ERR_HAWSER_CLOSED", message);
}

/** A server closed a connection, without an answer, to keep within its limits. */
export function limitError(message: string): HawserError {
  return new HawserError("ERR_HAWSER_LIMIT", message);
}

/** Something that was handed in threw where nothing may. */
export function internalError(cause: unknown): HawserError {
  const message = `Something that this connection was given to work with failed: ${wordsOf(cause)}.`;
  return new HawserError("ERR_HAWSER_INTERNAL", message, { cause });
}

/** What the peer is told about an error: an alert as it is, anything else without its text. */
export function lastWords(error: Error | null): { alert: number | AlertName; words: string } {
  // What Node destroys an abandoned stream with, and what signals give, is giving up as well.
  if (error === null || error.name === "AbortError") return { alert: "cancelled", words: "" };
  // A code that was received and is in no registry can't be passed on.
  const canBeSent = error instanceof AlertError && alertName(error.alert) !== undefined;
  return canBeSent ? { alert: error.alert, words: error.words } : { alert: "internal_error", words: "" };
}

/** The code that a protocol failure has as an error. */
export function codeOf(code: FailureCode): HawserErrorCode {
  return `ERR_HAWSER_${code.toUpperCase() as Uppercase<FailureCode>}`;
}

function sendable(alert: number | AlertName): number {
  const code = typeof alert === "string" ? alertCodes[alert] : alert;
  if (Number.isInteger(code) && alertName(code) !== undefined) return code;
  const { from, to } = applicationCodes;
  throw new UsageError(
    `an alert code is one of the registry's or an application's own, 0x${from.toString(16)} to 0x${to.toString(16)}`,
  );
}

function shown(code: number): string {
  const name = alertName(code);
  return name === undefined || name === "application" ? `alert 0x${code.toString(16)}` : name;
}

/** Several addresses may have been tried, each with an error of its own. */
function wordsOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === "") return cause.errors.map(wordsOf).join("; ");
  return cause instanceof Error ? escapeMessage(cause.message) : "unknown reason";
}
