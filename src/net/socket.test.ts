/** Why: a program that knows net.Socket has to be right about this one without reading a line of it. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { describe, expect, it } from "vitest";
import { clientKey, serverKey } from "../../properties/model/pair.ts";
import {
  joinIn,
  pattern,
  readAll,
  rejection,
  serve,
  serveRaw,
  until,
} from "../../properties/net/loopback.ts";
import { accept } from "./accept.ts";
import { connect, createConnection } from "./connect.ts";
import { AlertError } from "./errors.ts";
import type { HawserSocket } from "./socket.ts";

const echo = (socket: HawserSocket) => void socket.pipe(socket);

/** A client, and the socket that its server has got. */
async function pair(serverOptions = {}, clientOptions = {}): Promise<[HawserSocket, HawserSocket]> {
  let atServer: HawserSocket | undefined;
  const server = await serve((socket) => {
    atServer = socket;
  }, serverOptions);
  const client = await joinIn(server, clientOptions);
  await until(() => atServer !== undefined);
  return [client, atServer as HawserSocket];
}

/** The same over a socket of plain TCP that the test has in its hands. */
async function overRaw(): Promise<[HawserSocket, HawserSocket, Socket]> {
  let accepted: Promise<[HawserSocket, Socket]> | undefined;
  const { port } = await serveRaw((raw) => {
    accepted = accept(raw, { keyPair: serverKey, authorize: () => true }).then((socket) => [socket, raw]);
  });
  const client = await connect({
    host: "127.0.0.1",
    port,
    keyPair: clientKey,
    serverKey: serverKey.publicKey,
  });
  const [server, raw] = await (accepted as Promise<[HawserSocket, Socket]>);
  server.on("error", () => undefined);
  return [client, server, raw];
}

describe("an open socket", () => {
  it("echoes, and ends in both directions without an error", async () => {
    const client = await joinIn(await serve(echo));
    const sent = pattern(300_000);
    client.end(sent);
    const { data, end } = await readAll(client);
    expect(end).toBe("end");
    expect(data.equals(sent)).toBe(true);
    expect([client.bytesWritten, client.bytesRead]).toEqual([sent.length, sent.length]);
    expect(client.failure).toBeUndefined();
  });

  it("knows the peer's key and agrees with it about binding and exports", async () => {
    const [client, server] = await pair({ contexts: ["", "logs"] }, { context: "logs" });
    expect(client.remotePublicKey).toEqual(serverKey.publicKey);
    expect(server.remotePublicKey).toEqual(clientKey.publicKey);
    expect(server.context).toBe("logs");
    expect(client.channelBinding).toHaveLength(64);
    expect(client.channelBinding).toEqual(server.channelBinding);
    expect(client.exportKeyingMaterial("label", 32)).toEqual(server.exportKeyingMaterial("label", 32));
    expect(client.remoteAddress).toBe("127.0.0.1");
    expect(client.remotePort).toBe(server.localPort);
    expect(client.address()).toMatchObject({ port: client.localPort });
  });

  it("goes on in one direction after the other has ended, where half-open is allowed", async () => {
    const [client, server] = await pair({ allowHalfOpen: true });
    client.end("question");
    expect((await readAll(server)).data.toString()).toBe("question");
    server.write("an ");
    server.end("answer");
    expect(await readAll(client)).toEqual({ data: Buffer.from("an answer"), end: "end" });
  });

  it("ends its own direction when the peer's has ended, where half-open is not allowed", async () => {
    const [client, server] = await pair({}, { allowHalfOpen: true });
    server.resume();
    client.end();
    expect((await readAll(client)).end).toBe("end");
    await until(() => server.closed);
    expect(server.failure).toBeUndefined();
  });

  it("sends what was written in a tick when the tick is over, and flush says when it is out", async () => {
    const [client, server] = await pair();
    for (let i = 0; i < 10; i++) client.write(`${i}`);
    await client.flush();
    expect(client.writableLength).toBe(0);
    await once(server, "readable");
    expect(String(server.read())).toBe("0123456789");
  });

  it("pings, several at a time, while liveness pings as well", async () => {
    const [client] = await pair({}, { liveness: { pingAfter: 1, timeout: 60_000 } });
    const times = await Promise.all(Array.from({ length: 20 }, () => client.ping()));
    expect(times.every((time) => time >= 0)).toBe(true);
  });

  it("has the events and timers of net.Socket", async () => {
    const [client] = await pair();
    const called = new Promise<void>((resolve) => client.setTimeout(5, resolve));
    expect(client.timeout).toBe(5);
    await called;
    client.setTimeout(0);
    expect(client.timeout).toBeUndefined();
    expect(client.unref().ref()).toBe(client);
    await client[Symbol.asyncDispose]();
    expect(client.closed).toBe(true);
  });
});

describe("backpressure", () => {
  it("holds the writer back while nobody reads, and lets all through once somebody does", async () => {
    const [client, server] = await pair();
    const chunk = pattern(65_536);
    let written = 0;
    const source = new Readable({
      read() {
        // More than any pair of socket buffers takes.
        if (written >= 1_024 * chunk.length) this.push(null);
        else {
          written += chunk.length;
          this.push(chunk);
        }
      },
    });
    const sent = pipeline(source, client);
    sent.catch(() => undefined);
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(written).toBeLessThan(1_024 * chunk.length);
    const held = client.writableLength + client.readableLength + server.readableLength;
    expect(held).toBeLessThan(5 * 65_536);
    let received = 0;
    server.on("data", (bytes: Buffer) => {
      received += bytes.length;
    });
    await sent;
    await once(server, "end");
    expect(received).toBe(1_024 * chunk.length);
  });

  it("holds a reader's peer back too: both directions full, both drained", async () => {
    const client = await joinIn(await serve(echo));
    const size = 24 * 1_048_576;
    const sent = pattern(size);
    let received = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write(bytes: Buffer, _encoding, callback) {
        const same = bytes.equals(sent.subarray(received, received + bytes.length));
        received += bytes.length;
        setImmediate(callback, same ? null : new Error("other bytes"));
      },
    });
    await Promise.all([pipeline(Readable.from(cut(sent, 100_000)), client), pipeline(client, slow)]);
    expect(received).toBe(size);
  });
});

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe("what the peer is told", () => {
  it.each([
    ["an alert of the application's own", new AlertError(0x8001, "out of tea"), 0x8001, "out of tea"],
    ["any other error, without its text", new Error("secret"), 1, ""],
    ["nothing in particular", undefined, 12, ""],
  ])("of destroy() with %s", async (_what, error, alert, words) => {
    const [client, server] = await pair();
    server.write("some data");
    await server.flush();
    server.on("error", () => undefined);
    server.destroy(error);
    const { data, end } = await readAll(client);
    expect(data.toString()).toBe("some data");
    expect(end).toBeInstanceOf(AlertError);
    expect(end).toMatchObject({ code: "ERR_HAWSER_ALERT_RECEIVED", alert, words });
    expect(server.closed).toBe(true);
  });

  it("G7: a pipeline whose source fails midway delivers the data before it, and the reason", async () => {
    const [client, server] = await pair();
    const source = async function* () {
      for (let i = 0; i < 100; i++) yield pattern(10_000, i + 1);
      await server.flush();
      throw new AlertError(0x8002, "row 100 is broken");
    };
    const sent = rejection(pipeline(source, server));
    const { data, end } = await readAll(client);
    expect(end).toMatchObject({ alert: 0x8002, alertName: "application", words: "row 100 is broken" });
    expect(data).toHaveLength(1_000_000);
    expect(await sent).toMatchObject({ alert: 0x8002 });
  });

  it("alert() says it after all that was written, and is no error on the own side", async () => {
    const [client, server] = await pair();
    const errors: Error[] = [];
    server.on("error", (error) => errors.push(error));
    server.write(pattern(500_000));
    const told = server.alert(0x9000, "no more");
    const { data, end } = await readAll(client);
    await told;
    expect(data).toHaveLength(500_000);
    expect(end).toMatchObject({ alert: 0x9000, words: "no more" });
    expect(errors).toEqual([]);
    await expect(server.alert(0x9000)).rejects.toMatchObject({ code: "ERR_HAWSER_CLOSED" });
    await expect(client.alert(0)).rejects.toMatchObject({ code: "ERR_HAWSER_USAGE" });
  });

  it("AL-002: a code that is in no registry can't be passed on, and becomes internal_error", async () => {
    const [client, server] = await pair();
    const failure = { code: "alert_received" } as never;
    const received = new (AlertError as never as new (...args: unknown[]) => AlertError)(99, "?", {
      code: "ERR_HAWSER_ALERT_RECEIVED",
      message: "",
      failure,
    });
    server.destroy(received);
    expect((await readAll(client)).end).toMatchObject({ alert: 1 });
  });
});

describe("a failure", () => {
  it("waits for the data before it to be read, while writes fail at once", async () => {
    const [client, server] = await pair();
    server.write("before");
    await server.alert(0x8000, "because");
    await until(() => client.failure !== undefined);
    const failed = new Promise((resolve) => client.write("late", resolve));
    expect(await failed).toMatchObject({ alert: 0x8000 });
    expect(client.destroyed).toBe(false);
    expect(await rejection(client.flush())).toMatchObject({ alert: 0x8000 });
    expect(await readAll(client)).toMatchObject({ data: Buffer.from("before"), end: { alert: 0x8000 } });
  });

  it("is told although nobody reads, after the drain's time", async () => {
    const [client, server] = await pair({}, { drain: { timeout: 20 } });
    server.write("unread");
    await server.alert(0x8000);
    const [error] = await once(client, "error");
    expect(error).toMatchObject({ alert: 0x8000 });
  });

  it("AL-030: after the peer's clean end tells both, in their order", async () => {
    const [client, server] = await pair({ allowHalfOpen: true }, { allowHalfOpen: true });
    server.end("all");
    await server.flush();
    server.destroy(new AlertError(0x8003));
    const told: unknown[] = [];
    client.on("data", (bytes) => told.push(String(bytes)));
    client.on("end", () => told.push("end"));
    const [error] = await once(client, "error");
    expect([...told, error]).toMatchObject(["all", "end", { alert: 0x8003 }]);
  });

  it("releases a writer that is stuck, and a pipe to itself", async () => {
    const [client, server] = await pair({ drain: { timeout: 200 } });
    client.pipe(client);
    const chunk = pattern(65_536);
    // Never read here, so that the client's own writes get stuck behind it.
    while (!client.writableNeedDrain) {
      if (!server.writableNeedDrain) server.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    server.destroy(new AlertError(0x8004, "stuck"));
    const [error] = await once(client, "error");
    expect(error).toMatchObject({ alert: 0x8004 });
  });

  it("RC-033: a transport that just ends is a truncation", async () => {
    const [client, server, raw] = await overRaw();
    server.write("half");
    await server.flush();
    raw.destroy();
    const { data, end } = await readAll(client);
    expect(data.toString()).toBe("half");
    expect(end).toMatchObject({ code: "ERR_HAWSER_TRUNCATED", name: "HawserError" });
  });

  it("RC-033: so is a reset, with the system's error as its cause", async () => {
    const [client, server, raw] = await overRaw();
    server.write("half");
    await server.flush();
    await until(() => client.readableLength > 0);
    raw.resetAndDestroy();
    const { data, end } = await readAll(client);
    expect(data.toString()).toBe("half");
    expect(end).toMatchObject({ code: "ERR_HAWSER_TRUNCATED", cause: { code: "ECONNRESET" } });
  });
});

describe("createConnection", () => {
  it("queues what is written until the handshake is over, its end too", async () => {
    const server = await serve(echo);
    const client = createConnection(server.url(), { keyPair: clientKey });
    expect(client.connecting).toBe(true);
    client.write("early ");
    client.end("words");
    expect((await readAll(client)).data.toString()).toBe("early words");
    await client.ready;
  });

  it("may be destroyed at any moment", async () => {
    const server = await serve(echo);
    for (let turns = 0; turns < 12; turns++) {
      const client = createConnection(server.url(), { keyPair: clientKey });
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      client.destroy();
      const outcome = await client.ready.then(
        () => "ready",
        (error) => error.code,
      );
      expect(["ready", "ERR_HAWSER_CLOSED"]).toContain(outcome);
      await until(() => client.closed);
    }
    const through = new PassThrough();
    const client = createConnection({ stream: through, keyPair: clientKey, serverKey: serverKey.publicKey });
    client.destroy();
    await until(() => through.destroyed && client.closed);
  });
});
