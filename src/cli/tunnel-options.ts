import { KeyError, parseServiceAddress, type ServiceAddress } from "../keys/index.ts";
import type { ListenPlace } from "../tunnel/serve.ts";
import { activatedSocket, isActivation } from "./activation.ts";
import { parseListenAddress } from "./address.ts";
import { type CommandError, usageError } from "./errors.ts";
import { listenError } from "./listen-error.ts";

/** A number of seconds, at most a day, as milliseconds. @throws CommandError ERR_HAWSER_USAGE */
export function millisecondsOf(name: string, seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  const value = /^\d{1,5}(?:\.\d{1,3})?$/.test(seconds) ? Number(seconds) : Number.NaN;
  if (value > 0 && value <= 86_400) return value * 1_000;
  throw usageError(`${name} takes a number of seconds above 0, such as 30 or 2.5; at most 86400, a day.`);
}

/** A whole number, `most` at most where that is given. @throws CommandError ERR_HAWSER_USAGE */
export function numberOf(
  name: string,
  text: string | undefined,
  least: 0 | 1,
  most?: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= (most ?? value)) return value;
  throw usageError(
    `${name} takes a whole number, ${least} ${most === undefined ? "or more" : `to ${most}`}.`,
  );
}

/** An object without what was not given. */
export function given<T extends object>(
  options: {
    readonly [K in keyof T]: T[K] | undefined;
  },
): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** The service that `--to` names. @throws CommandError ERR_HAWSER_USAGE */
export function serviceOf(text: string | undefined): ServiceAddress {
  if (text === undefined) {
    throw usageError("--to is missing: the service, as HOST:PORT (127.0.0.1:5432) or unix:/PATH.");
  }
  try {
    return parseServiceAddress(text);
  } catch (error) {
    throw error instanceof KeyError ? usageError(`--to: ${error.reason}.`) : error;
  }
}

/** Where to listen: an address, or a socket that the service manager has passed. */
export interface Listened {
  readonly place: ListenPlace;
  /** What it is, in words, where it can't be listened at. */
  failed(error: Error): Promise<CommandError> | Error;
}

/**
 * @param host where a port alone is
 * @throws CommandError ERR_HAWSER_USAGE, ERR_HAWSER_LISTEN
 */
export function listenedAt(text: string, host?: string): Listened {
  if (isActivation(text)) {
    const { fd, path } = activatedSocket(text);
    return { place: path === undefined ? { fd } : { fd, path }, failed: (error) => error };
  }
  const said = parseListenAddress(text);
  const address = "path" in said || host === undefined ? said : { host, ...said };
  return {
    place: address,
    failed: (error: NodeJS.ErrnoException) =>
      error.syscall === undefined ? error : listenError(address, error),
  };
}
