import { connect, type LookupFunction, type NetConnectOpts, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { UNIX_PATH_MAX_BYTES } from "../keys/portable.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { Alarm } from "./alarm.ts";
import { report, wordFor } from "./diagnostics.ts";
import { withDirectInput } from "./direct-input.ts";
import { connectError, HawserError } from "./errors.ts";

/** What a connecting socket of `node:net` may be told; its documentation says what they do. */
export interface DialOptions {
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly family?: number;
  readonly hints?: number;
  readonly lookup?: LookupFunction;
  /** `true` unless given: what is written in one tick goes out at once, and need not wait for more. */
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
  readonly autoSelectFamily?: boolean;
  readonly autoSelectFamilyAttemptTimeout?: number;
}

/** The names of {@link DialOptions}. */
export const dialNames = {
  localAddress: true,
  localPort: true,
  family: true,
  hints: true,
  lookup: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: true,
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: true,
} satisfies Record<keyof DialOptions, true>;

/** Where to. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };

/** How long to wait before a server whose backlog is full is asked again, in milliseconds: doubled each time, up to the last. */
const backoff = { first: 5, last: 200 } as const;

/**
 * A connection of `node:net`, its error as the cause of ours. A unix socket's server that is too busy to take one more
 * gives EAGAIN at once: it is asked again until the deadline.
 *
 * @param deadline on `performance.now()`
 * @throws HawserError ERR_HAWSER_CONNECT, or ERR_HAWSER_TIMEOUT at the deadline; the signal's reason
 */
export async function dial(
  place: Place,
  options: DialOptions,
  deadline: number,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const to = nameOf(place);
  report("hawser:dial:begun", () => ({ to }));
  for (let wait: number = backoff.first; ; wait = Math.min(2 * wait, backoff.last)) {
    try {
      return await attempt(place, options, deadline, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof HawserError || (error as NodeJS.ErrnoException).code !== "EAGAIN") {
        report("hawser:dial:failed", () => ({ to, cause: wordFor(error) }));
        throw error instanceof HawserError ? error : connectError(to, error);
      }
    }
    if (performance.now() >= deadline) throw deadlineError(place);
    report("hawser:dial:busy", () => ({ to, wait }));
    await sleep(wait, signal);
  }
}

/** Refuses a path that the system would cut short, or mistake for another. */
export function requireSocketPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (length > 0 && length <= UNIX_PATH_MAX_BYTES && !path.includes("\0")) return;
  throw new UsageError(
    `a unix socket's path has 1 to ${UNIX_PATH_MAX_BYTES} bytes and no NUL; this one has ${length}: use a shorter one`,
  );
}

/** A place as it is shown. */
export function nameOf(place: Place): string {
  if ("path" in place) return place.path;
  return place.host.includes(":") ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`;
}

function attempt(place: Place, options: DialOptions, deadline: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = withDirectInput((onread) =>
      connect({ ...netOptions(options), ...place, allowHalfOpen: true, onread } as NetConnectOpts),
    );
    const alarm = new Alarm(onDeadline);
    if (deadline !== Number.POSITIVE_INFINITY) alarm.set(deadline);
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
    socket.once("error", (error) => {
      settle();
      reject(error);
    });

    function settle(): void {
      alarm.set(undefined);
      signal.removeEventListener("abort", onAbort);
      // Between here and whoever takes the socket on, an error is to wait in it.
      socket.on("error", () => undefined);
    }
    function giveUp(reason: unknown): void {
      settle();
      socket.destroy();
      reject(reason);
    }
    function onAbort(): void {
      giveUp(signal.reason);
    }
    function onDeadline(): void {
      giveUp(deadlineError(place));
    }
  });
}

function deadlineError(place: Place): HawserError {
  return new HawserError(
    "ERR_HAWSER_TIMEOUT",
    `There was no connection to ${nameOf(place)} by the handshake's deadline.`,
  );
}

/** Only what is listed: a `signal`, say, would end a connection that is open. */
function netOptions(options: DialOptions): DialOptions {
  const given: Record<string, unknown> = { noDelay: true };
  for (const name of dialNameList) if (options[name] !== undefined) given[name] = options[name];
  return given;
}

const dialNameList = Object.keys(dialNames) as (keyof DialOptions)[];

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
