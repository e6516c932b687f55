import { performance } from "node:perf_hooks";
import type { Duplex } from "node:stream";
import { parseConnectionString } from "../keys/portable.ts";
import { ClientChannel } from "../protocol/channel/client-channel.ts";
import type { KeyHolder } from "../protocol/key-holder.ts";
import { defaultHandshakeTimeout } from "../protocol/limits.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { type DialOptions, dial, dialNames, type Place, requireSocketPath } from "./dial.ts";
import type { Decision } from "./driver.ts";
import { giveUpOn, opened } from "./opening.ts";
import {
  type ConnectionOptions,
  channelOptions,
  connectionNames,
  type PublicKey,
  publicKeyBytes,
  requireKeyHolder,
  requireOptions,
  requireSignal,
} from "./options.ts";
import type { Beginning } from "./origin.ts";
import { sharedPrimitives } from "./primitives.ts";
import { HawserSocket } from "./socket.ts";
import { takeOn } from "./transport.ts";

/** Who connects, and to whom. */
export interface ConnectOptions extends ConnectionOptions, DialOptions {
  /** The own key pair. */
  readonly keyPair: KeyHolder;
  /** The key that the server must have. */
  readonly serverKey?: PublicKey;
  /** The key of the middlebox before the server. */
  readonly via?: PublicKey;
  /** What the connection is for: 1 to 32 printable ASCII characters. */
  readonly context?: string;
  /**
   * First use, instead of `serverKey`: looks at the server's key, 32 bytes, and says whether to trust it. The own key
   * is shown to the server only then.
   */
  readonly trust?: (serverKey: Uint8Array) => boolean | Promise<boolean>;
  /** Gives up connecting. Once the handshake is over it has no effect. */
  readonly signal?: AbortSignal;
}

/** {@link ConnectOptions} with the place: `host` and `port`, the `path` of a unix socket, or a `stream`. */
export interface ConnectTargetOptions extends ConnectOptions {
  /** `"localhost"` unless given. */
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  /** Any Duplex of bytes, such as a TLS socket or the end of a pipe. It is the socket's from now on. */
  readonly stream?: Duplex;
  /** What was read from that stream before. */
  readonly head?: Uint8Array;
}

const connectNames = {
  ...connectionNames,
  ...dialNames,
  keyPair: true,
  serverKey: true,
  via: true,
  context: true,
  trust: true,
  signal: true,
} satisfies Record<keyof ConnectOptions, true>;

const targetNames = {
  ...connectNames,
  host: true,
  port: true,
  path: true,
  stream: true,
  head: true,
} satisfies Record<keyof ConnectTargetOptions, true>;

/**
 * Connects, and resolves when the server has let this client in.
 *
 *     const socket = await connect("hawser://hawser1…@example.org:4100", { keyPair });
 *
 * Rejects with a {@link HawserError} that says why not, with the signal's reason where it gave up, and with a
 * UsageError or KeyError for options that make no sense.
 */
export async function connect(url: string, options: ConnectOptions): Promise<HawserSocket>;
export async function connect(options: ConnectTargetOptions): Promise<HawserSocket>;
export async function connect(
  target: string | ConnectTargetOptions,
  options?: ConnectOptions,
): Promise<HawserSocket> {
  const socket = open("connect", target, options);
  await opened(socket);
  return socket;
}

/**
 * Connects, and gives the socket at once: what is written waits, `'ready'` and the promise `ready` say when the server
 * has let this client in, and `'error'` why not. Data may leave before that, and a server that refuses drops it unread.
 *
 * @throws UsageError or KeyError for options that make no sense
 */
export function createConnection(url: string, options: ConnectOptions): HawserSocket;
export function createConnection(options: ConnectTargetOptions): HawserSocket;
export function createConnection(
  target: string | ConnectTargetOptions,
  options?: ConnectOptions,
): HawserSocket {
  return open("createConnection", target, options);
}

function open(
  name: string,
  target: string | ConnectTargetOptions,
  more: ConnectOptions | undefined,
): HawserSocket {
  const hasMore = more !== undefined;
  if (typeof target === "string" ? !hasMore : typeof target !== "object" || hasMore) {
    throw new UsageError(
      `${name} takes a connection string and options, such as { keyPair }, or options alone, with host and port, path or ` +
        `stream; its first argument is of type ${typeof target}, and ${hasMore ? "there is a second" : "there is no second"}`,
    );
  }
  // A place beside a URL is refused for what it is, not as unknown.
  const options =
    typeof target === "string"
      ? fromUrl(target, requireOptions(name, more as ConnectOptions, targetNames))
      : requireOptions(name, target, targetNames);
  const { stream, trust, signal } = options;
  const identity = identityOf(options);
  const place = stream === undefined ? placeOf(options) : undefined;
  const deadline = performance.now() + (options.handshakeTimeout ?? defaultHandshakeTimeout);
  requireSignal(signal);
  signal?.throwIfAborted();

  if (stream !== undefined) takeOn(stream);

  let transport = stream;
  const begin = async (gaveUp: () => AbortSignal): Promise<Beginning> => {
    const primitives = await sharedPrimitives();
    transport ??= await dial(place as Place, options, deadline, gaveUp());
    const handshakeTimeout = Math.max(0, deadline - performance.now());
    const channel = new ClientChannel({
      ...channelOptions({ ...options, handshakeTimeout }, primitives, transport),
      ...identity,
    });
    return { stream: transport, channel, head: options.head };
  };
  const decide = async (serverKey: Uint8Array): Promise<Decision> => {
    const trusted: unknown = await trust?.(serverKey);
    if (typeof trusted !== "boolean") throw new UsageError("trust answers with true or false");
    return trusted ? { verdict: "accept" } : { verdict: "refuse", alert: "cancelled", words: "" };
  };
  const socket: HawserSocket = new HawserSocket(
    { begin, decide, abandon: () => transport?.destroy() },
    options,
  );
  if (signal !== undefined) giveUpOn(signal, socket);
  return socket;
}

/** What the client is and whom it expects, checked as far as it can be without the primitives. */
function identityOf(options: ConnectOptions) {
  const { keyPair, serverKey, via, context, trust } = options;
  requireKeyHolder(keyPair);
  if (trust !== undefined && typeof trust !== "function") throw new UsageError("trust is a function");
  if (serverKey === undefined && trust === undefined) {
    throw new UsageError(
      "whom to connect to is not said: give the server's key (in the URL before the @, or as serverKey), or trust, " +
        "a function that looks at the key the server has",
    );
  }
  if (serverKey !== undefined && trust !== undefined) {
    throw new UsageError("serverKey and trust exclude each other: with a key there is nothing to decide");
  }
  return {
    keyHolder: keyPair,
    ...(serverKey === undefined ? {} : { serverKey: publicKeyBytes("serverKey", serverKey) }),
    ...(via === undefined ? {} : { via: publicKeyBytes("via", via) }),
    ...(context === undefined ? {} : { context }),
  };
}

/** What the URL says goes with the options; what both say is a contradiction waiting to happen. */
function fromUrl(url: string, options: ConnectOptions): ConnectTargetOptions {
  const { endpoint, serverKey, via, context } = parseConnectionString(url);
  const said = {
    ...(serverKey === undefined ? {} : { serverKey }),
    ...(via === undefined ? {} : { via: via }),
    ...(context === undefined ? {} : { context }),
  };
  const place =
    endpoint.transport === "tcp" ? { host: endpoint.host, port: endpoint.port } : { path: endpoint.path };
  for (const name of [...Object.keys(said), ...placeNames] as (keyof ConnectTargetOptions)[]) {
    if ((options as ConnectTargetOptions)[name] !== undefined) {
      throw new UsageError(`${name} is in the URL already`);
    }
  }
  return { ...options, ...said, ...place };
}

const placeNames = ["host", "port", "path", "stream", "head"] as const;

function placeOf(options: ConnectTargetOptions): Place {
  const { host = "localhost", port, path } = options;
  if (path !== undefined) {
    if (port !== undefined) throw new UsageError("a connection has a path or a port, not both");
    requireSocketPath(path);
    return { path };
  }
  if (typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535)
    return { host, port };
  throw new UsageError(
    port === undefined
      ? "where to connect to is not said: a URL, host and port, path, or stream"
      : "port is a whole number from 1 to 65535, not text",
  );
}
