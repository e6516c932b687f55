import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect as connectRaw, createServer as createNetServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { afterEach } from "vitest";
import { parseConnectionString } from "../../src/keys/portable.ts";
import { type ConnectOptions, connect } from "../../src/net/connect.ts";
import { createServer, type HawserServer, type HawserServerOptions } from "../../src/net/server.ts";
import type { HawserSocket } from "../../src/net/socket.ts";
import { clientKey, serverKey } from "../model/pair.ts";

/** Everything that a test has opened, closed after it, the newest first. */
const opened: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** To be done after the test. */
export function afterwards(close: () => unknown): void {
  opened.push(close);
}

/** A server that lets everybody in, listening on a free port of the loopback or where it is told. */
export async function serve(
  listener: (socket: HawserSocket) => void,
  options: Partial<HawserServerOptions> & { readonly path?: string } = {},
): Promise<HawserServer> {
  const { path, ...rest } = options;
  const server = createServer({ keyPair: serverKey, authorize: () => true, ...rest }, (socket) => {
    afterwards(() => socket.destroy());
    socket.on("error", () => undefined);
    listener(socket);
  });
  afterwards(() => server.close({ grace: 0 }));
  if (path === undefined) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await once(server, "listening");
  return server;
}

/** A client of that server. */
export async function joinIn(
  server: HawserServer,
  options: Partial<ConnectOptions> = {},
): Promise<HawserSocket> {
  const socket = await connect(server.url(), { keyPair: clientKey, ...options });
  afterwards(() => socket.destroy());
  return socket;
}

/** A TCP client that speaks no Hawser, and whose end is told when the server has closed. */
export async function visitor(server: HawserServer): Promise<{ raw: Socket; gone: Promise<unknown> }> {
  const { endpoint } = parseConnectionString(server.url());
  if (endpoint.transport === "unix") throw new Error("a port was expected");
  const raw = connectRaw({ host: endpoint.host, port: endpoint.port, allowHalfOpen: true });
  raw.on("error", () => undefined);
  afterwards(() => raw.destroy());
  await once(raw, "connect");
  return { raw, gone: readAll(raw) };
}

/** A server of plain TCP on a free port. */
export async function serveRaw(
  listener: (socket: Socket) => void,
): Promise<{ server: Server; port: number }> {
  const server = createNetServer({ allowHalfOpen: true }, (socket) => {
    afterwards(() => socket.destroy());
    socket.on("error", () => undefined);
    listener(socket);
  });
  afterwards(() => new Promise((done) => server.close(done)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a port was expected");
  return { server, port: address.port };
}

/** A folder for sockets, with a short path. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "hawser-"));
  afterwards(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Two ends of a pipe in memory, each a Duplex; what is written at one is read at the other, under backpressure. */
export function pipePair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const make = (index: number): Duplex => {
    let release: (() => void) | undefined;
    const end = new Duplex({
      read() {
        release?.();
        release = undefined;
      },
      write(chunk, _encoding, callback) {
        const other = ends[1 - index] as Duplex & { deliver(chunk: unknown, done: () => void): void };
        other.deliver(chunk, callback);
      },
      final(callback) {
        const other = ends[1 - index] as Duplex;
        if (!other.destroyed) other.push(null);
        callback();
      },
    });
    return Object.assign(end, {
      deliver(chunk: unknown, done: () => void) {
        if (end.destroyed || end.push(chunk)) done();
        else release = done;
      },
    });
  };
  ends.push(make(0), make(1));
  return ends as [Duplex, Duplex];
}

/** What a stream gives, and how that ends: `"end"`, or the error. It is not destroyed after its end, as `for await` would. */
export function readAll(stream: Duplex): Promise<{ data: Buffer; end: unknown }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const finish = (end: unknown) => resolve({ data: Buffer.concat(chunks), end });
    stream.on("end", () => finish("end"));
    stream.on("error", finish);
    stream.on("close", () => finish("close"));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  });
}

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { readonly code?: string };
  }
  throw new Error("a rejection was expected");
}

/** Waits until it is so; there to end in a time-out where it never is. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Bytes that differ from place to place. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let value = seed;
  for (let i = 0; i < length; i++) {
    value = (Math.imul(value, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = value >>> 24;
  }
  return bytes;
}
