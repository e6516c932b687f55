import { setMaxListeners } from "node:events";
import type { Server, Socket } from "node:net";
import { formatPublicKey } from "../keys/index.ts";
import { nameOf } from "../net/dial.ts";
import { acceptedWithDirectInput } from "../net/direct-input.ts";
import { AlertError, type ConnectTargetOptions, createConnection, type HawserSocket } from "../net/index.ts";
import { Listening } from "../net/listening.ts";
import { publicKeyBytes } from "../net/options.ts";
import { Connections } from "./connections.ts";
import { watchDiagnostics } from "./diagnosed.ts";
import { failureOf } from "./failures.ts";
import type { Observe } from "./observer.ts";
import type { ConnectionStatus } from "./operable.ts";
import { Pool, type PoolOptions } from "./pool.ts";
import type { ListenPlace } from "./serve.ts";
import { keepAliveDelay } from "./service.ts";
import { splice } from "./splice.ts";

/** To whom, and as whom: what `connect` takes, the server's key among it. */
export type ForwardTarget = Pick<
  ConnectTargetOptions,
  "keyPair" | "host" | "port" | "path" | "via" | "context"
> &
  Required<Pick<ConnectTargetOptions, "serverKey">>;

/** What a tunnel's client is made with. Times are milliseconds. */
export interface TunnelClientOptions {
  readonly target: ForwardTarget;
  /** For a connection to the server, its answer included; 10,000 unless given. */
  readonly connectTimeout?: number;
  /** Ends a connection in which nothing passes for so long; 0, for never, unless given. */
  readonly idleTimeout?: number;
  /** Connections that are made ahead; none unless given. */
  readonly pool?: PoolOptions;
  /** Local programs at once; no limit unless given. One more is broken off. */
  readonly connections?: number;
  readonly observe?: Observe;
}

/**
 * The end of a tunnel that local programs connect to. Each of their connections gets one to the server, made when it is
 * wanted or ahead of that; where there is none to be had, it is broken off at once.
 */
export class TunnelClient {
  readonly #options: TunnelClientOptions;
  readonly #observe: Observe;
  readonly #connections: Connections;
  readonly #listening: Listening;
  readonly #pool: Pool | undefined;
  readonly #unwatch: () => void;
  readonly #ending = new AbortController();
  /** Local programs that are being served, or wait to be. */
  #locals = 0;
  #target: ForwardTarget;
  #tell: { listening: () => void; failed: (error: Error) => void } | undefined;

  constructor(options: TunnelClientOptions) {
    const { observe = () => undefined, pool } = options;
    this.#options = options;
    this.#observe = observe;
    this.#target = options.target;
    this.#connections = new Connections(observe);
    this.#listening = new Listening(
      { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveDelay },
      {
        listening: () => this.#tell?.listening(),
        closed: () => undefined,
        error: (error) => {
          if (this.#tell !== undefined) this.#tell.failed(error);
          else this.#observe({ type: "serverError", failure: failureOf(error) });
        },
      },
    );
    this.#listening.net.on("connection", (accepted) => this.#welcome(acceptedWithDirectInput(accepted)));
    this.#pool =
      pool === undefined || pool.size === 0 ? undefined : new Pool(() => this.#connect(), pool, observe);
    this.#unwatch = watchDiagnostics("client", observe);
    setMaxListeners(0, this.#ending.signal);
  }

  /** Resolves when local programs can connect; rejects with why they can't. */
  async listen(place: ListenPlace): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#tell = { listening: resolve, failed: reject };
      const path = "path" in place ? place.path : undefined;
      this.#listening.start([place], path, async () => undefined);
    }).finally(() => {
      this.#tell = undefined;
    });
    const known = this.address() ?? ("path" in place ? place.path : undefined);
    const name =
      typeof known === "object"
        ? nameOf({ host: known.address, port: known.port })
        : (known ?? "a socket without a name");
    this.#observe({ type: "listening", url: undefined, address: name });
    this.#pool?.fill();
  }

  /** As of `net.Server`. */
  address(): ReturnType<Server["address"]> {
    return this.#listening.net.address();
  }

  /** Takes another key pair, or server, for new connections; those that are open live on, those that stand ready don't. */
  take(target: ForwardTarget): void {
    this.#target = target;
    this.#pool?.renew();
    this.#observe({ type: "reloaded", publicKeys: [formatPublicKey(target.keyPair.publicKey)] });
  }

  status(): readonly ConnectionStatus[] {
    return this.#connections.status();
  }

  /** Takes no more local programs, and gives those that are here `grace` milliseconds; 5,000 unless given. */
  async close({ grace = 5_000 }: { readonly grace?: number } = {}): Promise<void> {
    this.#observe({ type: "closing", grace, connections: this.#connections.size });
    const stopped = new Promise<void>((done) => this.#listening.stop(() => done()));
    this.#pool?.close();
    const timer = setTimeout(() => this.#ending.abort(new AlertError("cancelled")), grace);
    await stopped;
    await this.#connections.none();
    clearTimeout(timer);
    this.#unwatch();
    this.#observe({ type: "closed" });
  }

  #welcome(local: Socket): void {
    local.on("error", () => undefined);
    const { connections = Number.POSITIVE_INFINITY } = this.#options;
    const address = placeOf(local);
    if (this.#locals < connections) {
      void this.#serve(local, address);
      return;
    }
    breakOff(local);
    this.#observe({ type: "limitReached", limit: "connections", address, keyName: undefined });
  }

  async #serve(local: Socket, address: string | undefined): Promise<void> {
    const { idleTimeout = 0 } = this.#options;
    const target = this.#target;
    const ready = this.#pool?.take();
    const socket = ready?.socket ?? this.#connect();
    this.#locals += 1;
    const open = () => {
      const publicKey = formatPublicKey(publicKeyBytes("serverKey", target.serverKey));
      const peer = { keyName: undefined, publicKey, address };
      return this.#connections.open(peer, local.remoteAddress, placeOfTarget(target), socket);
    };
    let connection = socket.connecting ? undefined : open();
    socket.once("ready", () => {
      connection = open();
    });
    const head = ready === undefined ? {} : { head: ready.head };
    const { signal } = this.#ending;
    const failure = await splice(socket, local, { side: "local program", idleTimeout, signal, ...head });
    this.#locals -= 1;
    if (connection !== undefined) connection.close(failure);
    else if (failure !== undefined) {
      this.#observe({ type: "connectFailed", failure: failureOf(failure), address, retryIn: undefined });
    }
  }

  #connect(): HawserSocket {
    const { connectTimeout = 10_000 } = this.#options;
    return createConnection({
      ...this.#target,
      handshakeTimeout: connectTimeout,
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelay,
    });
  }
}

/** A local program is told at once that there is nothing for it here. */
function breakOff(local: Socket): void {
  if (local.remoteFamily === undefined) local.destroy();
  else local.resetAndDestroy();
}

function placeOf({ remoteAddress: host, remotePort: port }: Socket): string | undefined {
  return host === undefined || port === undefined ? undefined : nameOf({ host, port });
}

function placeOfTarget({ host = "localhost", port, path }: ForwardTarget): string {
  return nameOf(path === undefined ? { host, port: port ?? 0 } : { path });
}
