/** Why: sockets that read directly are made by ways of Node's own, and are to be what they would have been without. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect as connectRaw } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  afterwards,
  joinIn,
  pattern,
  readAll,
  serve,
  serveRaw,
  until,
} from "../../properties/net/loopback.ts";
import { acceptedWithDirectInput, takeDirectInput, withDirectInput } from "./direct-input.ts";
import type { HawserServerOptions } from "./server.ts";
import type { HawserSocket } from "./socket.ts";

/** A socket that a `net.Server` has just accepted, without what is not to be found; it has that again afterwards. */
async function accepted(without: object = {}): Promise<{ before: Socket; after: Socket }> {
  const { promise, resolve } = withResolvers<{ before: Socket; after: Socket }>();
  const { port } = await serveRaw((before) => {
    const { _handle, _server } = before as unknown as Record<string, unknown>;
    Object.assign(before, without);
    const after = acceptedWithDirectInput(before);
    if (after === before) Object.assign(before, { _handle, _server });
    afterwards(() => after.destroy());
    resolve({ before, after });
  });
  const client = connectRaw(port, "127.0.0.1");
  afterwards(() => client.destroy());
  return promise;
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** What the transport of a server's socket is told about TCP. */
async function toldOptions(
  options: Partial<HawserServerOptions>,
  tell: (socket: HawserSocket) => void,
): Promise<unknown[][]> {
  const sockets: HawserSocket[] = [];
  const server = await serve((socket) => void sockets.push(socket), options);
  await joinIn(server);
  await until(() => sockets.length > 0);
  const [socket] = sockets as [HawserSocket];
  const { _handle: handle } = (socket as unknown as { transport: { _handle: Told } }).transport;
  const told: unknown[][] = [];
  handle.setNoDelay = (isOn) => void told.push(["noDelay", isOn]);
  handle.setKeepAlive = (isOn, delay) => void told.push(["keepAlive", isOn, delay]);
  tell(socket);
  return told;
}

interface Told {
  setNoDelay(isOn: boolean): void;
  setKeepAlive(isOn: boolean, delay: number): void;
}

describe("an accepted socket", () => {
  it("is made anew where it is as Node makes it", async () => {
    const { before, after } = await accepted();
    expect(after).not.toBe(before);
    expect(takeDirectInput(after, () => undefined)).toBe(true);
  });

  it.each([
    ["its handle", { _handle: undefined }],
    ["a handle that reads into memory of one's own", { _handle: { readStop: () => 0 } }],
    ["its server, which counts it", { _server: undefined }],
    ["what its server sets", { _server: {} }],
  ])("is left as it is where %s is missing", async (_, without) => {
    const { before, after } = await accepted(without);
    expect(after).toBe(before);
    expect(takeDirectInput(after, () => undefined)).toBe(false);
  });

  it("is left to whoever watches the sockets of servers, and works all the same", async () => {
    const seen: { address: string | undefined; isClosed: boolean }[] = [];
    const watch = (message: unknown) => {
      const { socket } = message as { socket: Socket };
      const one = { address: socket.remoteAddress, isClosed: false };
      seen.push(one);
      socket.on("close", () => {
        one.isClosed = true;
      });
    };
    subscribe("net.server.socket", watch);
    afterwards(() => unsubscribe("net.server.socket", watch));
    const server = await serve((socket) => void socket.pipe(socket));
    const client = await joinIn(server);
    const heard = readAll(client);
    client.end(pattern(300_000));
    expect((await heard).data.equals(pattern(300_000))).toBe(true);
    await until(() => seen[0]?.isClosed === true);
    expect(seen).toEqual([{ address: "127.0.0.1", isClosed: true }]);
  });

  it("knows what its server has set, and so what is a change", async () => {
    expect(await toldOptions({}, (socket) => socket.setNoDelay(true).setNoDelay(false))).toEqual([
      ["noDelay", false],
    ]);
    const keptAlive = { keepAlive: true, keepAliveInitialDelay: 5_000 };
    const told = await toldOptions(keptAlive, (socket) =>
      socket.setKeepAlive(true, 5_000).setKeepAlive(false),
    );
    expect(told.map((one) => one.slice(0, 2))).toEqual([["keepAlive", false]]);
  });
});

describe("what is read at once", () => {
  it("LM-003: is 64 KiB at most until more has come than a handshake may hold", async () => {
    const { port } = await serveRaw((socket) => void socket.end(pattern(3_000_000)));
    const socket = withDirectInput((onread) => connectRaw({ port, host: "127.0.0.1", onread }));
    afterwards(() => socket.destroy());
    const reads: Uint8Array[] = [];
    takeDirectInput(socket, (bytes) => void reads.push(Buffer.from(bytes)));
    await once(socket, "connect");
    await setTimeout(100); // The system holds by now what it can.
    socket.resume();
    await once(socket, "end");
    let before = 0;
    for (const { length } of reads) {
      if (before < 131_072) expect(length).toBeLessThanOrEqual(65_536);
      before += length;
    }
    expect(Math.max(...reads.map(({ length }) => length))).toBeGreaterThan(65_536);
    expect(Buffer.concat(reads).equals(pattern(3_000_000))).toBe(true);
  });
});
