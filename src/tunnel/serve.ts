import { setMaxListeners } from "node:events";
import { formatPublicKey, type ServiceAddress } from "../keys/index.ts";
import { nameOf } from "../net/dial.ts";
import { AlertError, createServer, type HawserServer, type HawserSocket } from "../net/index.ts";
import { defaultRemovalInterval, Removals } from "../net/removals.ts";
import type { KeyHolder } from "../protocol/index.ts";
import { Connections } from "./connections.ts";
import { watchDiagnostics } from "./diagnosed.ts";
import { failureOf, TunnelError } from "./failures.ts";
import { type Authorized, Guests, placeOf } from "./guests.ts";
import type { TunnelLimits } from "./limits.ts";
import type { Observe, TunnelPeer } from "./observer.ts";
import type { ConnectionStatus } from "./operable.ts";
import { joinService, keepAliveDelay } from "./service.ts";

/** What a server can be given anew while it runs. */
export interface Credentials {
  /** The own key pairs, up to four, newest first: two while keys are changed. */
  readonly keyPairs: readonly KeyHolder[];
  /** Who is let in, with their options. */
  readonly authorized: Authorized;
}

/** What a tunnel's server is made with. Times are milliseconds. */
export interface TunnelServerOptions extends Credentials {
  /** The service, for clients whose key names no other (`to=…`). */
  readonly to: ServiceAddress;
  readonly context?: string;
  readonly stealth?: boolean;
  readonly limits?: TunnelLimits;
  /** For the client's handshake; 10,000 unless given. */
  readonly handshakeTimeout?: number;
  /** For the connection to the service; 5,000 unless given. */
  readonly connectTimeout?: number;
  /** Ends a connection in which nothing passes for so long; 0, for never, unless given. */
  readonly idleTimeout?: number;
  readonly observe?: Observe;
}

/** Where a server listens: a port, a unix socket's path, or a descriptor that is listened at already. */
export type ListenPlace =
  | { readonly host?: string; readonly port: number }
  | { readonly path: string }
  | {
      readonly fd: number;
      /** Of a unix socket, as the descriptor does not tell it. */
      readonly path?: string;
    };

/** The end of a tunnel that is in front of the service: lets clients in, and joins each to a connection of its own. */
export class TunnelServer {
  readonly #options: TunnelServerOptions;
  readonly #observe: Observe;
  readonly #connections: Connections;
  readonly #guests: Guests;
  readonly #server: HawserServer;
  readonly #removals: Removals;
  readonly #unwatch: () => void;
  readonly #ending = new AbortController();
  #keyPairs: readonly KeyHolder[];

  /** @throws UsageError for options that make no sense */
  constructor(options: TunnelServerOptions) {
    const { observe = () => undefined, limits = {}, context = "", stealth = false, authorized } = options;
    const { connectionsPerKey: _, connectionsPerAddress: __, ...serverLimits } = limits;
    this.#options = options;
    this.#observe = observe;
    this.#keyPairs = options.keyPairs;
    this.#connections = new Connections(observe);
    this.#guests = new Guests(authorized, this.#connections, limits, observe);
    this.#removals = new Removals(
      { lookup: (publicKey) => this.#guests.authorized.lookup(publicKey) },
      defaultRemovalInterval,
      () => this.#server.connections,
    );
    // A server asks for its key pairs at each connection: a new one gets those that hold then.
    const keyPairs = () => this.#keyPairs;
    this.#server = createServer({
      get keyPair() {
        return keyPairs();
      },
      authorize: (publicKey, info) => this.#guests.authorize(publicKey, info),
      contexts: [context],
      stealth,
      limits: serverLimits,
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelay,
      ...(options.handshakeTimeout === undefined ? {} : { handshakeTimeout: options.handshakeTimeout }),
    });
    this.#server.on("connection", (socket) => void this.#serve(socket));
    this.#server.on("handshakeError", (error, info) => this.#guests.refused(error, info));
    this.#unwatch = watchDiagnostics("server", observe);
    setMaxListeners(0, this.#ending.signal);
  }

  /** Resolves when clients can come; rejects with why they can't. */
  async listen(place: ListenPlace): Promise<void> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(place, () => {
        server.off("error", reject);
        resolve();
      });
    });
    server.on("error", (error) => this.#observe({ type: "serverError", failure: failureOf(error) }));
    const address = addressOf(server);
    const url = server.address() === null ? undefined : server.url();
    this.#observe({ type: "listening", url, address });
  }

  /** The connection string, for clients. */
  url(host?: string): string {
    return this.#server.url(host);
  }

  /** As of `net.Server`. */
  address(): ReturnType<HawserServer["address"]> {
    return this.#server.address();
  }

  /**
   * Takes keys and authorized keys for new connections, at once and together; connections and handshakes under way live
   * on, but for those of keys that are authorized no more. The key pairs before are not to be wiped while
   * handshakes with them may be under way.
   */
  take({ keyPairs, authorized }: Credentials): void {
    this.#keyPairs = keyPairs;
    this.#guests.authorized = authorized;
    const publicKeys = keyPairs.map(({ publicKey }) => formatPublicKey(publicKey));
    this.#observe({ type: "reloaded", publicKeys });
  }

  status(): readonly ConnectionStatus[] {
    return this.#connections.status();
  }

  /** Takes no more clients, and gives those that are here `grace` milliseconds; 5,000 unless given. */
  async close({ grace = 5_000 }: { readonly grace?: number } = {}): Promise<void> {
    this.#observe({ type: "closing", grace, connections: this.#connections.size });
    // A service that takes nothing would keep a connection that its client has ended.
    const timer = setTimeout(() => this.#ending.abort(new AlertError("going_away")), grace);
    await this.#server.close({ grace });
    await this.#connections.none();
    clearTimeout(timer);
    this.#unwatch();
    this.#observe({ type: "closed" });
  }

  async #serve(socket: HawserSocket): Promise<void> {
    socket.on("error", () => undefined); // Whoever is joined to it is told.
    const host = socket.remoteAddress;
    const publicKey = formatPublicKey(socket.remotePublicKey as Uint8Array);
    const guest = this.#guests.welcome(publicKey, host);
    if (guest instanceof TunnelError) {
      socket.dismiss(guest.toAlert());
      this.#observe({ type: "refused", failure: failureOf(guest), address: placeOf(socket), publicKey });
      return;
    }
    const to = guest.to ?? this.#options.to;
    const peer: TunnelPeer = { keyName: guest.keyName, publicKey, address: placeOf(socket) };
    const connection = this.#connections.open(peer, host, nameOf(to), socket);
    this.#removals.watch();
    connection.close(await this.#join(socket, to, connection.number));
  }

  /** Until both sides are closed: with why, where that is not the end of both directions. */
  async #join(socket: HawserSocket, to: ServiceAddress, connection: number): Promise<Error | undefined> {
    return joinService(socket, to, {
      ...this.#options,
      signal: this.#ending.signal,
      onUnreachable: (failed) => {
        this.#observe({ type: "backendFailed", connection, backend: nameOf(to), failure: failureOf(failed) });
      },
    });
  }
}

function addressOf(server: HawserServer): string {
  const address = server.address();
  if (address === null) return "a socket without a name";
  if (typeof address === "string") return address;
  return nameOf({ host: address.address, port: address.port });
}
