/** Both ends of a tunnel in this process, a service behind it and local programs before it. */
import { once } from "node:events";
import { connect as connectRaw, createServer, type Server, type Socket } from "node:net";
import {
  type AuthorizedKey,
  formatPublicKey,
  type KeyOptions,
  type ServiceAddress,
} from "../../src/keys/index.ts";
import { TunnelClient, type TunnelClientOptions } from "../../src/tunnel/forward.ts";
import type { Authorized } from "../../src/tunnel/guests.ts";
import type { TunnelEvent, TunnelEventType } from "../../src/tunnel/observer.ts";
import { PlainEnd } from "../../src/tunnel/plain-end.ts";
import type { ListenPlace } from "../../src/tunnel/serve.ts";
import { TunnelServer, type TunnelServerOptions } from "../../src/tunnel/serve.ts";
import { clientKey, serverKey } from "../model/pair.ts";
import { afterwards } from "../net/loopback.ts";

/** What a tunnel told of itself, in its order, and whoever waits for more of it. */
export class Told {
  readonly events: TunnelEvent[] = [];
  #wake: (() => void)[] = [];

  readonly observe = (event: TunnelEvent): void => {
    this.events.push(event);
    for (const wake of this.#wake.splice(0)) wake();
  };

  of<T extends TunnelEventType>(type: T): Extract<TunnelEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<TunnelEvent, { type: T }> => event.type === type);
  }

  /** The event of a type, the first unless it is said which, as soon as it is there. */
  async next<T extends TunnelEventType>(type: T, index = 0): Promise<Extract<TunnelEvent, { type: T }>> {
    for (;;) {
      const found = this.of(type)[index];
      if (found !== undefined) return found;
      await new Promise<void>((wake) => this.#wake.push(wake));
    }
  }
}

/** An authorized-keys file in memory. */
export class KeyList implements Authorized {
  readonly #keys = new Map<string, AuthorizedKey>();

  add(publicKey: Uint8Array, name: string, options?: KeyOptions): this {
    const more = options === undefined ? {} : { options };
    this.#keys.set(formatPublicKey(publicKey), { publicKey, name, line: this.#keys.size + 1, ...more });
    return this;
  }

  remove(publicKey: Uint8Array): void {
    this.#keys.delete(formatPublicKey(publicKey));
  }

  async lookup(publicKey: Uint8Array): Promise<AuthorizedKey | undefined> {
    return this.#keys.get(formatPublicKey(publicKey));
  }
}

/** Plain TCP, or a unix socket's path; the listener gets each connection, half-open as it may be. */
export async function plainServer(
  listener: (socket: Socket) => void,
  path?: string,
): Promise<{ server: Server; to: ServiceAddress; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    afterwards(() => socket.destroy());
    socket.on("error", () => undefined);
    listener(socket);
  });
  afterwards(() => new Promise((done) => server.close(done)));
  await once(path === undefined ? server.listen(0, "127.0.0.1") : server.listen(path), "listening");
  return { server, to: placeOf(server.address()), sockets };
}

function placeOf(address: ReturnType<Server["address"]>): ServiceAddress {
  if (address === null) throw new Error("it does not listen");
  return typeof address === "string" ? { path: address } : { host: "127.0.0.1", port: address.port };
}

export interface Tunnel {
  readonly server: TunnelServer;
  readonly client: TunnelClient;
  /** What the server's end told, and the client's. */
  readonly serverTold: Told;
  readonly clientTold: Told;
  /** A local program's connection. */
  local(): Promise<Socket>;
}

export interface TunnelOptions {
  readonly server?: Partial<TunnelServerOptions> & { readonly at?: ListenPlace };
  readonly client?: Partial<TunnelClientOptions> & { readonly at?: ListenPlace };
}

export const keys = () => new KeyList().add(clientKey.publicKey, "client");

/** A server's end alone. */
export async function serveTunnel(
  to: ServiceAddress,
  {
    at = { host: "127.0.0.1", port: 0 },
    ...options
  }: Partial<TunnelServerOptions> & { readonly at?: ListenPlace } = {},
): Promise<{ server: TunnelServer; told: Told }> {
  const told = new Told();
  const server = new TunnelServer({
    keyPairs: [serverKey],
    authorized: keys(),
    to,
    observe: told.observe,
    ...options,
  });
  afterwards(() => server.close({ grace: 0 }));
  await server.listen(at);
  return { server, told };
}

/** A client's end alone, to a server that listens there. */
export async function forwardTunnel(
  server: ServiceAddress,
  {
    at = { host: "127.0.0.1", port: 0 },
    ...options
  }: Partial<TunnelClientOptions> & { readonly at?: ListenPlace } = {},
): Promise<{ client: TunnelClient; told: Told; local: () => Promise<Socket> }> {
  const told = new Told();
  const client = new TunnelClient({
    target: { keyPair: clientKey, serverKey: serverKey.publicKey, ...server },
    observe: told.observe,
    ...options,
  });
  afterwards(() => client.close({ grace: 0 }));
  await client.listen(at);
  return { client, told, local: () => localTo(placeOf(client.address())) };
}

/** Both ends, before a service. */
export async function tunnel(to: ServiceAddress, options: TunnelOptions = {}): Promise<Tunnel> {
  const { server, told: serverTold } = await serveTunnel(to, options.server);
  const { client, told: clientTold, local } = await forwardTunnel(placeOf(server.address()), options.client);
  return { server, client, serverTold, clientTold, local };
}

/** A plain connection, half-open as it may be. */
export async function localTo(place: ServiceAddress): Promise<Socket> {
  const socket = connectRaw({ ...place, allowHalfOpen: true });
  afterwards(() => socket.destroy());
  await once(socket, "connect");
  socket.on("error", () => undefined);
  return socket;
}

/** A pair that passes through a tunnel: the local program's end, and the service's. */
export async function joined(options: TunnelOptions = {}): Promise<Tunnel & { near: Socket; far: Socket }> {
  let arrived: (socket: Socket) => void = () => undefined;
  const far = new Promise<Socket>((resolve) => {
    arrived = resolve;
  });
  const { to } = await plainServer((socket) => arrived(socket));
  const all = await tunnel(to, options);
  const near = await all.local();
  return { ...all, near, far: await far };
}

/**
 * What a plain end hears, told apart as the system tells it: a socket of Node's takes a reset that comes with data for an end.
 */
export function hear(socket: Socket): {
  end: PlainEnd;
  heard: Promise<{ length: number; isWhole: boolean }>;
} {
  let length = 0;
  let finish: (isWhole: boolean) => void = () => undefined;
  const heard = new Promise<{ length: number; isWhole: boolean }>((resolve) => {
    finish = (isWhole) => resolve({ length, isWhole });
  });
  const end = new PlainEnd(socket, {
    data: (bytes) => {
      length += bytes.length;
    },
    ended: () => finish(true),
    wrote: () => undefined,
    writeFailed: () => undefined,
    failed: () => finish(false),
  });
  end.start();
  return { end, heard };
}
