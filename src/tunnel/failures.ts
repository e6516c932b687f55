import { AlertError, HawserError } from "../net/index.ts";
import { type AlertName, escapeMessage } from "../protocol/index.ts";
import type { TunnelFailure } from "./observer.ts";

/** The errors that a tunnel has besides those of its channel, by code: the alert that the other end gets, and when. */
export const TUNNEL_ERRORS = {
  ERR_HAWSER_TUNNEL_UNREACHABLE: {
    alert: "unreachable",
    when: "the service behind the tunnel can't be reached; the system's error is named",
  },
  ERR_HAWSER_TUNNEL_RESET: {
    alert: "cancelled",
    when: "the service, or the local program, broke its connection off; the system's error is named",
  },
  ERR_HAWSER_TUNNEL_IDLE: {
    alert: "timeout",
    when: "nothing has passed in either direction for as long as `--idle-timeout` allows",
  },
  ERR_HAWSER_TUNNEL_LIMIT: {
    alert: "busy",
    when: "there are as many connections as a limit allows of a key, or from an address",
  },
  ERR_HAWSER_TUNNEL_ORIGIN: {
    alert: "not_authorized",
    when: "the client's key may not come from the address it came from",
  },
  ERR_HAWSER_TUNNEL_ENDED: {
    alert: "going_away",
    when: "this end ended the connection: the tunnel was closed (forward says `cancelled`), or the client's key is authorized no more (`not_authorized`)",
  },
  ERR_HAWSER_TUNNEL_WORKER: {
    alert: "busy",
    when: "with `--workers`: there was no worker for the connection; or it ended with its worker, and the other end sees it broken off",
  },
} as const satisfies Record<string, { readonly alert: AlertName; readonly when: string }>;

export type TunnelErrorCode = keyof typeof TUNNEL_ERRORS;

/**
 * What ends a connection on the plain side of a tunnel, or by its rules, and what the other end is told of it: an alert
 * with words, which name no address and no key.
 */
export class TunnelError extends Error {
  override readonly name = "TunnelError";
  readonly code: TunnelErrorCode;
  readonly alert: AlertName;
  /** For the other end. */
  readonly told: string;

  constructor(code: TunnelErrorCode, message: string, told: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.alert = TUNNEL_ERRORS[code].alert;
    this.told = told;
  }

  toAlert(): AlertError {
    return new AlertError(this.alert, this.told);
  }
}

/** Who is on the plain side. */
export type PlainSide = "service" | "local program";

/** The service can't be reached: the client gets `unreachable`. */
export function unreachable(cause: unknown): TunnelError {
  const { message } = cause as Error;
  const system = systemCode(cause) ?? systemCode((cause as Error).cause);
  const told = reasons[system ?? ""] ?? "it can't be reached";
  const code = system === undefined ? "" : ` (${system})`;
  return new TunnelError(
    "ERR_HAWSER_TUNNEL_UNREACHABLE",
    message,
    `the service behind this tunnel: ${told}${code}`,
    { cause },
  );
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOENT: "its socket is not there",
  EACCES: "the system does not allow it",
  ENOTFOUND: "there is no host of that name",
  EHOSTUNREACH: "no way leads there",
  ENETUNREACH: "no way leads there",
  ERR_HAWSER_TIMEOUT: "it did not answer in time",
  ETIMEDOUT: "it did not answer in time",
};

/** A connection of the plain side's failed: the peer gets `cancelled`, as the one that gave up is this side. */
export function brokenOff(side: PlainSide, cause: unknown): TunnelError {
  const system = systemCode(cause);
  const words = `the ${side} broke its connection off${system === undefined ? "" : ` (${system})`}`;
  return new TunnelError("ERR_HAWSER_TUNNEL_RESET", `${capital(words)}.`, words, { cause });
}

/** @param milliseconds of silence */
export function idle(milliseconds: number): TunnelError {
  const words = `nothing passed for ${milliseconds / 1_000} s`;
  return new TunnelError("ERR_HAWSER_TUNNEL_IDLE", `${capital(words)}.`, words);
}

/** @param of what there are too many of: `"of this key"`, say */
export function tooMany(of: string): TunnelError {
  const words = `there are as many connections ${of} as are allowed`;
  return new TunnelError("ERR_HAWSER_TUNNEL_LIMIT", `${capital(words)}.`, words);
}

/** The key has `from=…`, and the client is elsewhere. It is told no more than one whose key is not listed. */
export function elsewhere(): TunnelError {
  return new TunnelError("ERR_HAWSER_TUNNEL_ORIGIN", "The client's key may not come from this address.", "");
}

/** A connection that ended without an error, and without its end: this side has ended it. */
export function ended(): TunnelError {
  return new TunnelError(
    "ERR_HAWSER_TUNNEL_ENDED",
    "This end ended it: the tunnel was closed, or the key is authorized no more.",
    "",
  );
}

/** There was no worker to take the connection. */
export function withoutWorker(): TunnelError {
  return new TunnelError("ERR_HAWSER_TUNNEL_WORKER", "There was no worker to take it.", "");
}

/** The connection was a worker's, which has ended; or whoever heard of it did. */
export function lostWith(whom: "worker" | "acceptor"): TunnelError {
  const words =
    whom === "worker"
      ? "Its worker has ended, and the connection with it."
      : "The acceptor has ended, and how its worker goes on with the connection is not known.";
  return new TunnelError("ERR_HAWSER_TUNNEL_WORKER", words, "");
}

/** The system's code behind an error of the plain side. */
export function systemCodeBehind({ cause }: Error): string | undefined {
  return systemCode(cause) ?? systemCode((cause as Error | undefined)?.cause);
}

/** Any error, as events tell it. */
export function failureOf(error: Error): TunnelFailure {
  const code =
    error instanceof HawserError || error instanceof TunnelError
      ? error.code
      : ((error as NodeJS.ErrnoException).code ?? "ERR_HAWSER_INTERNAL");
  return { code, words: escapeMessage(error.message) };
}

function systemCode(error: unknown): string | undefined {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const code = (first as NodeJS.ErrnoException | undefined)?.code;
  return code === "ERR_HAWSER_CONNECT" ? undefined : code;
}

function capital(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
