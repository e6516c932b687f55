import { EventEmitter } from "node:events";
import type { AddressInfo, ListenOptions, Server, Socket } from "node:net";
import { resolve } from "node:path";
import type { Primitives } from "../crypto/primitives.ts";
import { AuthorizedKeys } from "../keys/files/authorized-keys.ts";
import { formatConnectionString } from "../keys/portable.ts";
import { requireKnown } from "../protocol/channel/options-known.ts";
import { defaultDrainTimeout } from "../protocol/limits.ts";
import { UsageError } from "../protocol/usage-error.ts";
import {
  addressOf,
  keyPairs,
  requireServeOptions,
  type ServeOptions,
  serveNames,
  serverChannel,
} from "./accept.ts";
import { Admission, type Guest, type ServerLimits } from "./admission.ts";
import { longestTimeout } from "./alarm.ts";
import { decide } from "./authorize.ts";
import { requireSocketPath } from "./dial.ts";
import { acceptedWithDirectInput } from "./direct-input.ts";
import type { Decision } from "./driver.ts";
import { AlertError, limitError } from "./errors.ts";
import { Listening } from "./listening.ts";
import { requireOptions, requireTime } from "./options.ts";
import { sharedPrimitives } from "./primitives.ts";
import { defaultRemovalInterval, Removals } from "./removals.ts";
import { HawserSocket } from "./socket.ts";

/** What a server is made with. Times are milliseconds. */
export interface HawserServerOptions extends ServeOptions {
  readonly limits?: ServerLimits;
  /** Ends a connection, with `timeout`, after so long without data in either direction; never unless given. */
  readonly idleTimeout?: number;
  /** How long `close()` leaves connections alone; 5,000 unless given. */
  readonly closeGrace?: number;
  /**
   * Where an authorized-keys file says who is let in: how often it is looked at for keys that were removed, whose
   * connections end with `not_authorized`; 1,000 unless given, and `false` lets them go on.
   */
  readonly endRemoved?: number | false;
  /** `true` unless given: what is written in one tick goes out at once, and need not wait for more. */
  readonly noDelay?: boolean;
  /** As in `node:net`. */
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
}

const serverNames = {
  ...serveNames,
  limits: true,
  idleTimeout: true,
  closeGrace: true,
  endRemoved: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: true,
} satisfies Record<keyof HawserServerOptions, true>;

/** Where a client is whose handshake failed. */
export interface HandshakeInfo {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** The client's key, 32 bytes, where the handshake came that far. */
  readonly remotePublicKey: Uint8Array | undefined;
}

/** The events of a server, and what their listeners get. */
export interface HawserServerEvents {
  /** A client was let in. */
  connection: [socket: HawserSocket];
  /** A client was not let in, or went away before. Nothing but a log needs this. */
  handshakeError: [error: Error, info: HandshakeInfo];
  listening: [];
  close: [];
  error: [error: Error];
}

const defaultCloseGrace = 5_000;

/** A server of `node:net` that speaks Hawser; {@link createServer} makes it. */
export class HawserServer extends EventEmitter<HawserServerEvents> {
  readonly #options: HawserServerOptions;
  readonly #listening: Listening;
  readonly #admission: Admission;
  readonly #removals: Removals | undefined;
  #primitives: Primitives | undefined;
  #isClosing = false;
  #path: string | undefined;

  /** @internal */
  constructor(options: HawserServerOptions) {
    super();
    requireServeOptions(requireOptions("createServer", options, serverNames));
    requireTime("idleTimeout", options.idleTimeout);
    requireTime("closeGrace", options.closeGrace);
    if (options.endRemoved !== false) requireTime("endRemoved", options.endRemoved);
    this.#options = options;
    this.#admission = new Admission(options.limits);
    const { authorize, endRemoved = defaultRemovalInterval } = options;
    if (authorize instanceof AuthorizedKeys && endRemoved !== false) {
      this.#removals = new Removals(authorize, endRemoved, () => this.connections);
    }
    const { noDelay = true, keepAlive, keepAliveInitialDelay } = options;
    const netOptions = {
      allowHalfOpen: true,
      noDelay,
      ...(keepAlive === undefined ? {} : { keepAlive }),
      ...(keepAliveInitialDelay === undefined ? {} : { keepAliveInitialDelay }),
    };
    this.#listening = new Listening(netOptions, {
      listening: () => this.emit("listening"),
      closed: () => this.emit("close"),
      error: (error) => this.emit("error", error),
    });
    this.#net.on("connection", (raw) => this.#welcome(raw));
  }

  get #net(): Server {
    return this.#listening.net;
  }

  /** The connections that are open. */
  get connections(): ReadonlySet<HawserSocket> {
    const sockets = this.#admission.admitted.map(({ socket }) => socket);
    return new Set(sockets.filter(({ destroyed }) => !destroyed));
  }

  get listening(): boolean {
    return this.#net.listening;
  }

  /**
   * Listens, with the arguments of `net.Server`'s own `listen`: `(port, host, backlog, listener)`, `(path, …)`,
   * `({ port, host, path, … }, listener)`. A unix socket's path that a server left behind when it died is taken over;
   * where its server lives, the error is EADDRINUSE.
   *
   * @throws UsageError for a path that no unix socket can have
   */
  listen(...args: unknown[]): this {
    const last = args.at(-1);
    if (typeof last === "function") this.once("listening", last as () => void);
    const rest = typeof last === "function" ? args.slice(0, -1) : args;
    const path = pathOf(rest);
    if (path !== undefined && process.platform !== "win32") requireSocketPath(path);
    this.#path = path === undefined ? undefined : resolve(path);
    this.#isClosing = false;
    this.#listening.start(rest, path, () => this.#prepare());
    return this;
  }

  /**
   * As `net.Server` has it; and the path of a unix socket that is listened at by its descriptor, where `listen` was told
   * both: `{ fd, path }`.
   */
  address(): AddressInfo | string | null {
    const path = this.#net.listening ? this.#path : undefined;
    return this.#net.address() ?? path ?? null;
  }

  /**
   * The connection string of this server, for clients: its newest key and its address. A server that listens on all
   * addresses is `localhost` there unless the host is given.
   *
   * @throws UsageError while the server does not listen, or at a descriptor whose path it was not told
   */
  url(host?: string): string {
    const address = this.address();
    if (address === null) {
      throw new UsageError(
        this.#net.listening
          ? "the server listens at a descriptor, and its path is not known: listen({ fd, path })"
          : "the server has an address once it listens",
      );
    }
    const contexts = this.#options.contexts ?? [""];
    const target = {
      serverKey: (keyPairs(this.#options)[0] as { publicKey: Uint8Array }).publicKey,
      ...(contexts.length === 1 && contexts[0] !== "" ? { context: contexts[0] as string } : {}),
    };
    if (typeof address === "string") {
      return formatConnectionString({
        ...target,
        endpoint: { transport: "unix", path: this.#path ?? address },
      });
    }
    const isWildcard = address.address === "::" || address.address === "0.0.0.0";
    const name = host ?? (isWildcard ? "localhost" : address.address);
    return formatConnectionString({
      ...target,
      endpoint: { transport: "tcp", host: name, port: address.port },
    });
  }

  /**
   * Takes no more connections, and leaves those that are open `grace` milliseconds to come to their end; then they end
   * with `going_away`, as handshakes under way do at once. Resolves, and calls back, when the last is closed: no later
   * than the drain's time after that.
   *
   * @throws UsageError for options that make no sense
   */
  close(options?: { readonly grace?: number }, callback?: (error?: Error) => void): Promise<void>;
  close(callback: (error?: Error) => void): Promise<void>;
  close(
    optionsOrCallback?: { readonly grace?: number } | ((error?: Error) => void),
    last?: (error?: Error) => void,
  ): Promise<void> {
    const callback = typeof optionsOrCallback === "function" ? optionsOrCallback : last;
    const options = typeof optionsOrCallback === "object" ? optionsOrCallback : {};
    requireKnown("close", options, { grace: true });
    requireTime("grace", options.grace);
    this.#isClosing = true;
    for (const guest of this.#admission.underWay) turnAway(guest);
    const grace = options.grace ?? this.#options.closeGrace ?? defaultCloseGrace;
    const { timeout: drain = defaultDrainTimeout } = this.#options.drain ?? {};
    const timers = [later(grace, () => this.#endAll()), later(grace + drain, () => this.#cutAll())];
    return new Promise((done) => {
      this.#listening.stop((error) => {
        for (const timer of timers) clearTimeout(timer);
        callback?.(error);
        done();
      });
    });
  }

  /**
   * How many connections that have gone on elsewhere count for `limits.connections`.
   *
   * @internal
   */
  set openElsewhere(count: () => number) {
    this.#admission.elsewhere = count;
  }

  /**
   * Takes no more connections, and leaves those that are here alone, handshakes under way among them. Resolves when the last is
   * closed or has gone on elsewhere.
   *
   * @internal
   */
  retire(): Promise<void> {
    return new Promise((done) => this.#listening.stop(() => done()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  ref(): this {
    this.#net.ref();
    return this;
  }

  unref(): this {
    this.#net.unref();
    return this;
  }

  async #prepare(): Promise<void> {
    this.#primitives = await sharedPrimitives();
    serverChannel(this.#options, this.#primitives); // Options that make no sense are the server's error, not each client's.
  }

  #welcome(accepted: Socket): void {
    const raw = acceptedWithDirectInput(accepted);
    const { remoteAddress: address } = raw;
    const info = { ...addressOf(raw), remotePublicKey: undefined };
    if (this.#isClosing || this.#primitives === undefined || !this.#admission.mayBegin(address)) {
      raw.on("error", () => undefined);
      raw.destroy();
      if (!this.#isClosing) {
        this.emit(
          "handshakeError",
          limitError("Too many handshakes are under way: this one was closed."),
          info,
        );
      }
      return;
    }
    const channel = serverChannel(this.#options, this.#primitives, raw);
    if (this.#admission.isFull(address)) channel.refuse("busy");
    const socket: HawserSocket = new HawserSocket(
      {
        begin: () => ({ stream: raw, channel }),
        abandon: () => raw.destroy(),
        decide: (publicKey, context) => this.#decide(guest, publicKey, context),
      },
      this.#options,
    );
    const guest: Guest = { raw, channel, socket, address, gaveWay: false };
    this.#admission.add(guest);
    raw.once("close", () => this.#admission.remove(guest));
    const onError = (error: Error) => {
      const reason = guest.gaveWay ? limitError("The handshake gave way to a newer one.") : error;
      this.emit("handshakeError", reason, { ...info, remotePublicKey: socket.remotePublicKey });
    };
    socket.on("error", onError);
    socket.once("ready", () => {
      socket.off("error", onError);
      this.#opened(guest);
    });
  }

  async #decide(guest: Guest, publicKey: Uint8Array, context: string | undefined): Promise<Decision> {
    const info = { context, ...addressOf(guest.raw) };
    const decision = await decide(this.#options.authorize, publicKey, info, guest.raw);
    if (decision.verdict === "refuse") return decision;
    if (this.#isClosing) return { verdict: "refuse", alert: "going_away", words: "" };
    if (this.#admission.isFull(guest.address)) return { verdict: "refuse", alert: "busy", words: "" };
    this.#admission.admit(guest);
    return decision;
  }

  #opened({ socket }: Guest): void {
    const { idleTimeout = 0 } = this.#options;
    if (Number.isFinite(idleTimeout)) socket.endWhenIdle(idleTimeout);
    this.#removals?.watch();
    this.emit("connection", socket);
  }

  #endAll(): void {
    for (const { raw } of this.#admission.underWay) raw.destroy();
    for (const { socket } of this.#admission.admitted) {
      if (!socket.destroyed) socket.dismiss(new AlertError("going_away"));
    }
  }

  /** A peer that takes the last of what it gets in drips would keep the server for as long as it likes. */
  #cutAll(): void {
    for (const { raw } of this.#admission.admitted) raw.destroy();
  }
}

/** A server whose `listener` gets the socket of each client that is let in. */
export function createServer(
  options: HawserServerOptions,
  listener?: (socket: HawserSocket) => void,
): HawserServer {
  const server = new HawserServer(options);
  if (listener !== undefined) server.on("connection", listener);
  return server;
}

function later(milliseconds: number, call: () => void): NodeJS.Timeout {
  return setTimeout(call, Math.min(milliseconds, longestTimeout));
}

/** A handshake under way while the server closes: it hears so as far as it has come. */
function turnAway({ channel, socket }: Guest): void {
  if (channel.state === "AwaitHello" || channel.state === "OpeningRoute") channel.refuse("going_away");
  else socket.dismiss(new AlertError("going_away"));
}

/** The path among the arguments of `listen`, where `net` finds it. */
function pathOf([first]: unknown[]): string | undefined {
  if (typeof first === "string") return first === "" || Number(first) >= 0 ? undefined : first;
  const { path, port } = (first ?? {}) as ListenOptions;
  return typeof path === "string" && port === undefined ? path : undefined;
}
