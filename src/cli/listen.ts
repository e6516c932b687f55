import { requireContext } from "../keys/context.ts";
import {
  type AuthorizedKeys,
  formatPublicKey,
  KeyError,
  openAuthorizedKeys,
  parsePublicKey,
} from "../keys/index.ts";
import {
  AlertError,
  type Authorize,
  createServer,
  type HandshakeInfo,
  type HawserError,
  type HawserServer,
  type HawserSocket,
} from "../net/index.ts";
import { UsageError } from "../protocol/index.ts";
import { type ListenAddress, parseListenAddress } from "./address.ts";
import { keepAliveDelay } from "./connect.ts";
import { CommandError, Interruption, usageError } from "./errors.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { cancelled, join } from "./join.ts";
import { readOwnKey } from "./keys.ts";
import { listenError } from "./listen-error.ts";
import type { Log } from "./log.ts";
import type { ListenOptions } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/** `hawser listen`. */
export async function listen(
  given: string | undefined,
  options: ListenOptions,
  surroundings: Surroundings,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const { address: text, allow } = splitAllowed(given, options.allow);
  if (text === undefined) {
    throw usageError(
      "The address to listen at is missing: [HOST:]PORT, such as 127.0.0.1:4100, or unix:PATH.",
    );
  }
  const address = parseListenAddress(text);
  const { context = "", once = false, stealth = false } = options;
  requireContext(context);
  const authorize = await authorizer(options, allow);
  const keyPair = await readOwnKey(options.key);
  signal.throwIfAborted();
  const server = createServer({
    keyPair,
    authorize,
    contexts: [context],
    stealth,
    limits: { connections: 1 },
    allowHalfOpen: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveDelay,
  });
  try {
    await listening(server, address);
    announce(server, address, options, log);
    await new Service(server, authorize, once, surroundings, signal, log).run();
  } finally {
    keyPair.wipe();
    surroundings.stdin.destroy();
  }
}

/** Serves one peer after the other. */
class Service {
  readonly #server: HawserServer;
  readonly #authorize: Authorize | AuthorizedKeys;
  readonly #once: boolean;
  readonly #surroundings: Surroundings;
  readonly #signal: AbortSignal;
  readonly #log: Log;
  #isBusy = false;
  #closing: Promise<void> | undefined;
  #done: (reason?: unknown) => void = () => undefined;

  constructor(
    server: HawserServer,
    authorize: Authorize | AuthorizedKeys,
    once: boolean,
    surroundings: Surroundings,
    signal: AbortSignal,
    log: Log,
  ) {
    this.#server = server;
    this.#authorize = authorize;
    this.#once = once;
    this.#surroundings = surroundings;
    this.#signal = signal;
    this.#log = log;
  }

  /** Until the one peer, or a signal, or standard output ends it. */
  async run(): Promise<void> {
    const over = new Promise<unknown>((resolve) => {
      this.#done = resolve;
    });
    const onAbort = () => {
      if (!this.#isBusy) this.#done(this.#signal.reason);
    };
    this.#signal.addEventListener("abort", onAbort, { once: true });
    this.#server.on("connection", (socket) => void this.#serve(socket));
    this.#server.on("handshakeError", (error, info) => this.#refused(error, info));
    this.#server.on("error", (error) => {
      this.#log.warn({ event: "server_error", words: error.message, code: "ERR_HAWSER_LISTEN" });
    });
    if (this.#signal.aborted) onAbort();
    const reason = await over;
    this.#signal.removeEventListener("abort", onAbort);
    // A peer that was told something gets the time to hear it.
    await this.#close(reason === undefined ? longest : 0);
    if (reason !== undefined) throw reason;
  }

  /** No more peers; those that are here get `grace` milliseconds. */
  #close(grace: number): Promise<void> {
    this.#closing ??= this.#server.close({ grace });
    return this.#closing;
  }

  async #serve(socket: HawserSocket): Promise<void> {
    socket.on("error", () => undefined);
    if (this.#isBusy) {
      // The peer before is gone, and what it sent is still being written.
      socket.destroy(new AlertError("busy"));
      return;
    }
    this.#isBusy = true;
    if (this.#once) void this.#close(longest);
    const signal = this.#signal;
    const fields = await this.#describe(socket);
    this.#log.info({ event: "connected", words: `${nameIn(fields)} is connected.`, fields });
    let reason: unknown;
    try {
      await join(socket, this.#surroundings, { isLast: this.#once, signal, farewell });
      const { bytesRead, bytesWritten } = socket;
      const ended = { ...fields, bytesRead, bytesWritten };
      this.#log.info({ event: "closed", words: `${nameIn(fields)} is done.`, fields: ended });
    } catch (error) {
      reason = error;
    }
    this.#isBusy = false;
    const isOver = this.#once || reason instanceof Interruption || reason instanceof CommandError;
    if (isOver) this.#done(reason);
    else if (signal.aborted) this.#done(signal.reason);
    else if (reason !== undefined) this.#failed(reason, fields);
  }

  async #describe(socket: HawserSocket): Promise<PeerFields> {
    const { remotePublicKey, context } = socket;
    const publicKey = remotePublicKey === undefined ? "" : formatPublicKey(remotePublicKey);
    const authorize = this.#authorize;
    const entry =
      typeof authorize === "function" || remotePublicKey === undefined
        ? undefined
        : await authorize.lookup(remotePublicKey).catch(() => undefined);
    return { publicKey, name: entry?.name, address: addressOf(socket), context };
  }

  /** A peer's end that is no end of this command. */
  #failed(error: unknown, fields: PeerFields): void {
    const { code, message } = error as HawserError;
    this.#log.warn({
      event: "failed",
      code,
      words: `${nameIn(fields)}: ${message}`,
      fields: { ...fields, exitCode: exitCodeOf(error) },
    });
  }

  #refused(error: Error, info: HandshakeInfo): void {
    const publicKey = info.remotePublicKey === undefined ? undefined : formatPublicKey(info.remotePublicKey);
    const address = addressOf(info);
    const who = [publicKey ?? "A client", ...(address === undefined ? [] : [`(${address})`])].join(" ");
    const { cause } = error;
    const fault = cause instanceof KeyError ? cause : undefined; // That of the authorized-keys file.
    this.#log.warn({
      event: "not_let_in",
      words: `${who} was not let in. ${fault?.message ?? error.message}`,
      code: fault?.code ?? (error as Partial<HawserError>).code ?? "ERR_HAWSER_INTERNAL",
      fields: { publicKey, address },
    });
  }
}

interface PeerFields {
  readonly [name: string]: string | undefined;
  readonly publicKey: string;
  /** What the authorized-keys file calls it. */
  readonly name: string | undefined;
  readonly address: string | undefined;
  readonly context: string | undefined;
}

/** As long as a timer can be: 24 days. */
const longest = 2 ** 31 - 1;

function nameIn({ publicKey, name, address }: PeerFields): string {
  return [publicKey, ...[name, address].filter((part) => part !== undefined).map((part) => `(${part})`)].join(
    " ",
  );
}

function addressOf(peer: {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}): string | undefined {
  const { remoteAddress, remotePort } = peer;
  if (remoteAddress === undefined) return undefined;
  return remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}

/** Ctrl-C is a person's giving up; the other signals are how services are stopped. */
function farewell({ signal }: Interruption): AlertError {
  return signal === "SIGINT" ? cancelled() : new AlertError("going_away");
}

/** After `--allow` every word that follows is a key, as far as the parser knows; the address may be the last of them. */
function splitAllowed(
  address: string | undefined,
  allow: readonly string[] | undefined,
): { address: string | undefined; allow: readonly string[] | undefined } {
  const last = allow?.at(-1);
  if (address !== undefined || last === undefined || /^hawser1/i.test(last)) return { address, allow };
  return { address: last, allow: allow?.slice(0, -1) };
}

async function authorizer(
  options: ListenOptions,
  allow: readonly string[] | undefined,
): Promise<Authorize | AuthorizedKeys> {
  if (options.authorizedKeys !== undefined) {
    return openAuthorizedKeys(options.authorizedKeys, { honours: ["from", "max"] });
  }
  if (options.allowAny === true) return () => true;
  if (allow === undefined) {
    throw usageError(
      "Who is let in is not said: --authorized-keys FILE, --allow KEY (what hawser pubkey prints of a client's key " +
        "pair; several are fine), or --allow-any for anyone.",
    );
  }
  const isOption = allow.some((text) => text.startsWith("-"));
  if (isOption || allow.length === 0) throw usageError("--allow takes one or more public keys (hawser1...).");
  const keys = new Set(allow.map((text) => formatPublicKey(allowedKey(text))));
  return (publicKey) => keys.has(formatPublicKey(publicKey));
}

function allowedKey(text: string): Uint8Array {
  try {
    return parsePublicKey(text);
  } catch (error) {
    throw error instanceof KeyError ? new KeyError(error.code, `--allow: ${error.reason}`) : error;
  }
}

/** @throws CommandError ERR_HAWSER_LISTEN with what the system says, UsageError for a path that no socket can have */
async function listening(server: HawserServer, address: ListenAddress): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      if (error instanceof UsageError) reject(error);
      else listenError(address, error).then(reject, reject);
    });
    server.listen(address, () => resolve());
  });
  server.removeAllListeners("error");
}

function announce(server: HawserServer, address: ListenAddress, options: ListenOptions, log: Log): void {
  const url = server.url();
  log.info({ event: "listening", words: url, isBare: true, fields: { url } });
  if (!("path" in address) && (address.host === undefined || isWildcard(address.host))) {
    log.info({
      event: "all_addresses",
      words:
        "All addresses of this machine are listened at; from another machine, put this one's name for localhost.",
    });
  }
  if (options.allowAny === true) {
    log.warn({
      event: "allow_any",
      words: "Anyone who can connect is let in (--allow-any), whoever it is.",
    });
  }
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
