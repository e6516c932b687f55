import { requireContext } from "../keys/context.ts";
import {
  type ConnectionTarget,
  type Endpoint,
  formatConnectionString,
  formatPublicKey,
  parseConnectionString,
} from "../keys/index.ts";
import { AlertError, type ConnectTargetOptions, connect, HawserError } from "../net/index.ts";
import { alertCodes } from "../protocol/index.ts";
import { configFolder } from "./config-folder.ts";
import { AdvisedError, usageError } from "./errors.ts";
import { meet } from "./first-contact.ts";
import { cancelled, join } from "./join.ts";
import { readOwnKey } from "./keys.ts";
import { type KnownServer, KnownServers, placeOf } from "./known-servers.ts";
import type { Log } from "./log.ts";
import type { ConnectCommandOptions } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/** Probes by the system, so that a peer whose cable was cut is missed at last. Milliseconds of silence before them. */
export const keepAliveDelay = 60_000;

/** `hawser connect`. */
export async function connectCommand(
  url: string,
  options: ConnectCommandOptions,
  surroundings: Surroundings,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const target = parseConnectionString(url);
  const { endpoint, via } = target;
  const context = contextOf(target.context, options.context);
  const named = context === undefined ? {} : { context };
  const handshakeTimeout = millisecondsOf(options.timeout ?? "10");
  const keyPair = await readOwnKey(options.key, { handshakeTimeout });
  try {
    const place: ConnectTargetOptions = {
      keyPair,
      ...(endpoint.transport === "tcp"
        ? { host: endpoint.host, port: endpoint.port }
        : { path: endpoint.path }),
      ...named,
      handshakeTimeout,
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelay,
      signal,
    };
    log.info({ event: "connecting", fields: { url, publicKey: keyPair.publicKeyText } });
    const servers = new KnownServers(configFolder(surroundings));
    const known = target.serverKey === undefined ? await servers.lookup(endpoint) : undefined;
    const serverKey =
      target.serverKey ??
      known?.publicKey ??
      (await meet({ ...target, ...named }, place, surroundings, servers, signal, log));
    const socket = await connect({ ...place, serverKey, ...(via === undefined ? {} : { via }) }).catch(
      (error) => {
        throw known === undefined ? error : orChangedKey(error, endpoint, known, servers);
      },
    );
    log.info({ event: "connected", fields: { serverKey: formatPublicKey(serverKey) } });
    await join(socket, surroundings, { isLast: true, signal, farewell: cancelled });
    log.info({
      event: "closed",
      fields: { bytesRead: socket.bytesRead, bytesWritten: socket.bytesWritten },
    });
  } catch (error) {
    throw withAdvice(error, keyPair.publicKeyText, target);
  } finally {
    keyPair.wipe();
    surroundings.stdin.destroy();
  }
}

/** What this end can do about it, where the library's words can't know. */
function withAdvice(error: unknown, publicKey: string, { endpoint, serverKey }: ConnectionTarget): unknown {
  const isOwn = serverKey !== undefined && formatPublicKey(serverKey) === publicKey;
  if (error instanceof AlertError && error.alert === alertCodes.not_authorized) {
    const advice = isOwn
      ? "--key is the server's own key pair, whose public key is in the URL. A client has one of its own: hawser keygen -o my.key"
      : `This client's public key, for the server's owner to let in: ${publicKey}`;
    return new AdvisedError(error, advice, { publicKey });
  }
  const hint =
    systemHints[endpoint.transport][systemCode(error) ?? ""] ??
    (isOwn && code(error) === "ERR_HAWSER_SERVER_KEY_MISMATCH" ? ownKeyInUrl : undefined) ??
    (error instanceof AlertError && error.alert === alertCodes.wrong_context ? contextHint : undefined);
  return hint === undefined ? error : new AdvisedError(error, hint);
}

const ownKeyInUrl =
  "The key in the URL is the one of --key, this client's own: the server's belongs there, as listen prints it.";
const contextHint =
  "The URL that listen prints names its context, behind ?context=; --context does so for a URL that names none.";

const systemHints: Readonly<Record<Endpoint["transport"], Readonly<Record<string, string>>>> = {
  tcp: {
    ECONNREFUSED: "Nothing listens there: is the server running, and is this its port?",
    ENOTFOUND: "There is no host of that name.",
  },
  unix: {
    ECONNREFUSED: "No server listens at that path: is it running?",
    ENOENT: "There is no socket at that path: is the server running?",
  },
};

function code(error: unknown): string | undefined {
  return error instanceof HawserError ? error.code : undefined;
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof HawserError) || error.code !== "ERR_HAWSER_CONNECT") return undefined;
  return (error.cause as NodeJS.ErrnoException | undefined)?.code;
}

function millisecondsOf(text: string): number {
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds === 0) throw usageError("--timeout takes a number of seconds above 0, such as 30 or 2.5.");
  return seconds * 1_000;
}

/** The one context of the URL and of `--context`. */
export function contextOf(inUrl: string | undefined, given: string | undefined): string | undefined {
  if (given !== undefined) requireContext(given);
  if (inUrl !== undefined && given !== undefined && inUrl !== given) {
    throw usageError("--context names another context than the URL does: leave one of the two out.");
  }
  return inUrl ?? (given === "" ? undefined : given);
}

function orChangedKey(
  error: unknown,
  endpoint: Endpoint,
  known: KnownServer,
  servers: KnownServers,
): unknown {
  if (!(error instanceof HawserError) || error.failure?.reason.code !== "server_key_mismatch") return error;
  const { received } = error.failure.reason;
  const newUrl = formatConnectionString({ endpoint, serverKey: received });
  return new HawserError(
    "ERR_HAWSER_SERVER_KEY_MISMATCH",
    `THE SERVER'S KEY HAS CHANGED. The server at ${placeOf(endpoint)} was trusted with the key ` +
      `${formatPublicKey(known.publicKey)}, and now has ${formatPublicKey(received)}. This may be an impostor: nothing about ` +
      "this client was shown to it. Ask the server's owner, by a way you trust, whether the key was changed. If it was, " +
      `replace line ${known.line} of ${servers.shownPath} by ${newUrl}`,
    { failure: error.failure },
  );
}
