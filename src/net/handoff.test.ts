import { once } from "node:events";
import {
  type AddressInfo,
  createServer as createNetServer,
  connect as netConnect,
  type Socket,
} from "node:net";
import { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { SessionBlobError } from "../protocol/index.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { attach, detach } from "./handoff.ts";
import {
  accept,
  connect,
  createServer,
  generateKeyPair,
  type HawserServerOptions,
  type HawserSocket,
} from "./index.ts";

const serverPair = await generateKeyPair();
const clientPair = await generateKeyPair();
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function pair(options: Partial<HawserServerOptions> = {}) {
  const server = createServer({
    keyPair: serverPair,
    authorize: () => true,
    allowHalfOpen: true,
    ...options,
  });
  opened.push(() => server.close({ grace: 0 }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connected = once(server, "connection");
  const { port } = server.address() as AddressInfo;
  const client = await connect({
    ...{ host: "127.0.0.1", port, serverKey: serverPair.publicKey, keyPair: clientPair },
    allowHalfOpen: true,
  });
  const [accepted] = (await connected) as [HawserSocket];
  for (const socket of [client, accepted]) {
    opened.push(() => socket.destroy());
    socket.on("error", () => undefined);
  }
  return { server, client, accepted };
}

async function textOf(socket: HawserSocket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  if (!socket.readableEnded) await once(socket, "end");
  return text;
}

/** Its end, of whichever kind: `once` would take an error for its own. */
function closed(socket: HawserSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once("close", () => resolve());
  });
}

async function attached(...[blob, transport]: Parameters<typeof attach>): Promise<HawserSocket> {
  const socket = await attach(blob, transport, { allowHalfOpen: true });
  socket.on("error", () => undefined);
  opened.push(() => socket.destroy());
  return socket;
}

/** By another socket in this process. */
async function moved(socket: HawserSocket): Promise<HawserSocket> {
  const { blob, handle } = await detach(socket);
  return attached(blob, handle);
}

describe("a connection that goes on by another socket", () => {
  it("TR-050 TR-051: has what nobody had read, what was put back, and what comes later", async () => {
    const { client, accepted } = await pair();
    client.write("unread");
    await once(accepted, "readable");
    accepted.unshift("put back, ");
    const { blob, handle } = await detach(accepted);
    client.write(" and later");
    const other = await attached(blob, handle);
    client.end(".");
    expect(await textOf(other)).toBe("put back, unread and later.");
    other.end("bye");
    expect(await textOf(client)).toBe("bye");
    await closed(client);
  });

  it("TR-002: is known by the same keys, binding and exports, at either end, and again after another move", async () => {
    const { client, accepted } = await pair({ contexts: [""] });
    const known = ({ remotePublicKey, channelBinding, context }: HawserSocket) => ({
      ...{ remotePublicKey, channelBinding, context },
    });
    const before = [client, accepted].map(known);
    const exported = client.exportKeyingMaterial("label", 32);
    const others = [await moved(await moved(client)), await moved(accepted)];
    expect(others.map(known)).toEqual(before);
    for (const other of others) expect(other.exportKeyingMaterial("label", 32)).toEqual(exported);
    const [one, two] = others as [HawserSocket, HawserSocket];
    expect(await one.ping()).toBeGreaterThan(0);
    one.end("to and fro");
    expect(await textOf(two)).toBe("to and fro");
  });

  it("TR-027: tells the peer's end again, behind what came before it", async () => {
    const { client, accepted } = await pair();
    client.end("the last");
    await once(accepted, "readable");
    await new Promise((resolve) => setTimeout(resolve, 20));
    const other = await moved(accepted);
    expect(await textOf(other)).toBe("the last");
    other.end("answer");
    expect(await textOf(client)).toBe("answer");
  });

  it("is ended in its own direction where the one before was", async () => {
    const { client, accepted } = await pair();
    accepted.end("done");
    expect(await textOf(client)).toBe("done");
    const other = await moved(accepted);
    expect(other.writable).toBe(false);
    client.end("late");
    expect(await textOf(other)).toBe("late");
    await Promise.all([closed(client), closed(other)]);
    expect([client.failure, other.failure]).toEqual([undefined, undefined]);
  });

  it("TR-006: reports an alert, and the end that no peer has said, as any other", async () => {
    const first = await pair();
    const other = await moved(first.accepted);
    const [alert] = await Promise.all([once(other, "error"), first.client.alert(0x8001, "why")]);
    expect(alert[0]).toMatchObject({ code: "ERR_HAWSER_ALERT_RECEIVED" });
    const second = await pair();
    const { blob, handle } = await detach(second.accepted);
    handle.close();
    await closed(second.client);
    expect(second.client.failure).toMatchObject({ code: "ERR_HAWSER_TRUNCATED" });
    await expect(attach(blob, handle)).rejects.toThrow(UsageError);
  });

  it("TR-011 TR-052: has left its socket without a word, and the server without a connection", async () => {
    const { server, client, accepted } = await pair();
    const told: unknown[] = [];
    accepted.on("error", (error) => told.push(error));
    const gone = closed(accepted);
    const { blob, handle } = await detach(accepted);
    await gone;
    expect([told, accepted.destroyed, server.connections.size]).toEqual([[], true, 0]);
    await server.close(); // Nothing of it is waited for.
    expect(client.destroyed).toBe(false);
    expect(() => accepted.exportKeyingMaterial("label", 32)).toThrow(UsageError);
    const failed = new Promise((resolve) => accepted.write("x", resolve));
    expect(await failed).toBeInstanceOf(Error);
    const other = await attached(blob, handle);
    client.end("still here");
    expect(await textOf(other)).toBe("still here");
  });

  it("TR-051: takes along what a socket has read that reads into a queue of its own", async () => {
    const raw = createNetServer({ allowHalfOpen: true, pauseOnConnect: true });
    raw.listen(0, "127.0.0.1");
    opened.push(() => raw.close());
    await once(raw, "listening");
    const { port } = raw.address() as AddressInfo;
    const arrived = once(raw, "connection");
    const options = { keyPair: clientPair, serverKey: serverPair.publicKey, host: "127.0.0.1", port };
    const connecting = connect(options);
    const [stream] = (await arrived) as [Socket];
    const accepted = await accept(stream, {
      keyPair: serverPair,
      authorize: () => true,
      highWaterMark: 1_000,
    });
    const client = await connecting;
    const much = Buffer.alloc(3_000_000, "much");
    client.end(much);
    await once(accepted, "readable");
    await new Promise((resolve) => setTimeout(resolve, 30));
    const { blob, handle } = await detach(accepted);
    const other = await attached(blob, handle);
    expect((await textOf(other)) === much.toString()).toBe(true);
    other.end();
  });

  it("TR-051: can be carried on by a net.Socket, though that has begun to read", async () => {
    const { client, accepted } = await pair();
    const { blob, handle } = await detach(accepted);
    client.write("before ");
    const { Socket: NetSocket } = await import("node:net");
    const carrier = new NetSocket({ handle, allowHalfOpen: true, manualStart: true } as never);
    const other = await attached(blob, carrier);
    client.end("and after");
    expect(await textOf(other)).toBe("before and after");
    expect(carrier.destroyed).toBe(true);
  });
});

describe("a connection that stays", () => {
  it("TR-004: before it is open, and once it is over", async () => {
    const { client, accepted } = await pair();
    accepted.destroy();
    await closed(client);
    await expect(detach(client)).rejects.toThrow();
    await expect(detach(accepted)).rejects.toThrow(/over/);
  });

  it("over another stream than a net.Socket, and with half a character in it", async () => {
    const { client } = await pair();
    client.setEncoding("utf8");
    await expect(detach(client)).rejects.toThrow(UsageError);
    const [a, b] = [new Pipe(), new Pipe()];
    a.other = b;
    b.other = a;
    const joining = connect({ stream: a, keyPair: clientPair, serverKey: serverPair.publicKey });
    const accepted = await accept(b, { keyPair: serverPair, authorize: () => true });
    await expect(detach(accepted)).rejects.toThrow(/net\.Socket/);
    const joined = await joining;
    for (const socket of [joined, accepted]) socket.on("error", () => undefined);
    joined.write("it goes on");
    expect(String((await once(accepted, "data"))[0])).toBe("it goes on");
  });

  it("TR-050: while a peer takes nothing, until a signal gives up; then it goes on", async () => {
    const { client, accepted } = await pair();
    client.pause();
    const much = Buffer.alloc(20_000_000, 1);
    accepted.write(much);
    const abort = new AbortController();
    const leaving = detach(accepted, { signal: abort.signal });
    await new Promise((resolve) => setTimeout(resolve, 50));
    abort.abort(new Error("too long"));
    await expect(leaving).rejects.toThrow("too long");
    let received = 0;
    client.on("data", (chunk) => {
      received += chunk.length;
    });
    client.resume();
    accepted.end();
    await once(client, "end");
    expect(received).toBe(much.length);
  });

  it("TR-013 TR-016: a blob that is none closes the transport, and is wiped", async () => {
    const { client, accepted } = await pair();
    const { blob, handle } = await detach(accepted);
    blob[200] = (blob[200] ?? 0) ^ 1;
    await expect(attach(blob, handle)).rejects.toThrow(SessionBlobError);
    expect(blob.every((byte) => byte === 0)).toBe(true);
    await closed(client);
    await expect(attach(new Uint8Array(3), {} as Socket)).rejects.toThrow(UsageError);
    await expect(attach(new Uint8Array(3), netConnect(1).destroy())).rejects.toThrow(UsageError);
  });
});

/** A stream in memory. */
class Pipe extends Duplex {
  other: Pipe | undefined;
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.other?.push(chunk);
    callback();
  }
  override _final(callback: () => void): void {
    this.other?.push(null);
    callback();
  }
}
