/** Why: a server faces everybody; what it lets in, refuses, closes and ends has to be what its options say. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { connect as connectTls } from "node:tls";
import { describe, expect, it } from "vitest";
import { clientKey, serverKey, testKey } from "../../properties/model/pair.ts";
import {
  afterwards,
  folder,
  joinIn,
  readAll,
  rejection,
  serve,
  until,
  visitor,
} from "../../properties/net/loopback.ts";
import { openAuthorizedKeys } from "../keys/index.ts";
import { formatPublicKey, parseConnectionString } from "../keys/portable.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { connect } from "./connect.ts";
import { createServer, type HandshakeInfo, type HawserServer } from "./server.ts";
import type { HawserSocket } from "./socket.ts";

const ignore = () => undefined;

function handshakeErrors(server: HawserServer): { error: Error; info: HandshakeInfo }[] {
  const told: { error: Error; info: HandshakeInfo }[] = [];
  server.on("handshakeError", (error, info) => told.push({ error, info }));
  return told;
}

describe("listening", () => {
  it("has an address and a URL that clients connect to", async () => {
    const server = createServer({ keyPair: serverKey, authorize: () => true });
    expect(() => server.url()).toThrow(UsageError);
    await new Promise<void>((resolve) => {
      expect(server.listen({ port: 0, host: "127.0.0.1" }, resolve)).toBe(server);
    });
    expect(server.listening).toBe(true);
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const key = formatPublicKey(serverKey.publicKey);
    expect(server.url()).toBe(`hawser://${key}@127.0.0.1:${port}`);
    expect(server.url("example.org")).toBe(`hawser://${key}@example.org:${port}`);
    await server[Symbol.asyncDispose]();
    expect(server.listening).toBe(false);
  });

  it("on all addresses is localhost in the URL", async () => {
    const server = createServer({ keyPair: serverKey, authorize: () => true, contexts: ["logs"] });
    afterwards(() => server.close());
    await once(server.listen(0), "listening");
    expect(server.url()).toMatch(/@localhost:\d+\?context=logs$/);
  });

  it("tells the system's error", async () => {
    const first = await serve(ignore);
    const { endpoint } = parseConnectionString(first.url());
    const second = createServer({ keyPair: serverKey, authorize: () => true });
    second.listen(endpoint.transport === "tcp" ? endpoint.port : 0, "127.0.0.1");
    expect(await once(second, "error")).toMatchObject([{ code: "EADDRINUSE" }]);
  });

  it("is refused with options that make no sense", async () => {
    const options = { keyPair: serverKey, authorize: () => true };
    expect(() => createServer({ keyPair: serverKey } as never)).toThrow("authorize says who is let in");
    expect(() => createServer({ ...options, keyPair: {} as never })).toThrow("keyPair is a key holder");
    expect(() => createServer({ ...options, limits: { connections: -1 } })).toThrow("limits.connections");
    expect(() => createServer(options).listen("x".repeat(200))).toThrow("1 to 107 bytes");
    for (const wrong of [
      { idleTimeout: -1 },
      { closeGrace: Number.NaN },
      { handshakeTimeout: "10s" as never },
    ])
      expect(() => createServer({ ...options, ...wrong })).toThrow("is a number, 0 or more");
    expect(() => createServer({ ...options, highWaterMark: 0.5 })).toThrow("highWaterMark is a whole number");
    const late = createServer({ ...options, recordSize: 0 }).listen(0);
    expect(await once(late, "error")).toMatchObject([{ code: "ERR_HAWSER_USAGE" }]);
  });

  it("HS-020: serves an older key beside the newest", async () => {
    const newest = testKey("newest");
    const server = await serve((socket) => void socket.end("hello"), { keyPair: [newest, serverKey] });
    for (const { publicKey } of [newest, serverKey]) {
      const url = server.url().replace(/hawser1\w+/, formatPublicKey(publicKey));
      const socket = await connect(url, { keyPair: clientKey });
      expect(socket.remotePublicKey).toEqual(publicKey);
      expect((await readAll(socket)).data.toString()).toBe("hello");
    }
  });
});

describe("a client", () => {
  it("is asked about with its key, context and address", async () => {
    const asked: unknown[] = [];
    const authorize = (publicKey: Uint8Array, info: object) => {
      asked.push({ publicKey, ...info });
      return true;
    };
    const server = await serve(ignore, { authorize, contexts: ["", "logs"] });
    const socket = await joinIn(server, { context: "logs" });
    expect(asked).toEqual([
      {
        publicKey: clientKey.publicKey,
        context: "logs",
        remoteAddress: "127.0.0.1",
        remotePort: socket.localPort,
      },
    ]);
    expect(server.connections.size).toBe(1);
  });

  it("HS-008: that speaks HTTP is closed without a word, and named in the log", async () => {
    const server = await serve(ignore);
    const told = handshakeErrors(server);
    const { raw, gone } = await visitor(server);
    raw.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(await gone).toMatchObject({ data: Buffer.alloc(0) });
    await until(() => told.length > 0);
    expect(told).toMatchObject([
      {
        error: { code: "ERR_HAWSER_NOT_HAWSER" },
        info: { remoteAddress: "127.0.0.1", remotePort: raw.localPort },
      },
    ]);
    expect(told[0]?.error.message).toContain("HTTP");
  });

  it("HS-008: that speaks TLS is named in the log, and learns from its own error that nobody spoke", async () => {
    const server = await serve(ignore);
    const told = handshakeErrors(server);
    const { endpoint } = parseConnectionString(server.url());
    const client = connectTls({ host: "127.0.0.1", port: endpoint.transport === "tcp" ? endpoint.port : 0 });
    afterwards(() => client.destroy());
    expect(await once(client, "error")).toMatchObject([{ code: "ECONNRESET" }]);
    await until(() => told.length > 0);
    expect(told).toMatchObject([{ error: { code: "ERR_HAWSER_NOT_HAWSER" } }]);
    expect(told[0]?.error.message).toContain("TLS");
  });

  it("ST-023: that comes and goes without a word is no error", async () => {
    const server = await serve(ignore);
    const told = handshakeErrors(server);
    const { raw, gone } = await visitor(server);
    raw.end();
    expect(await gone).toMatchObject({ end: "end" });
    await server.close({ grace: 0 });
    expect(told).toEqual([]);
  });

  it("HS-119: that says nothing is closed at the deadline", async () => {
    const server = await serve(ignore, { handshakeTimeout: 50 });
    const told = handshakeErrors(server);
    const { gone } = await visitor(server);
    await gone;
    await until(() => told.length > 0);
    expect(told).toMatchObject([{ error: { code: "ERR_HAWSER_TIMEOUT" } }]);
  });

  it("RT-020: that does not know a stealthy server's key hears nothing until the deadline", async () => {
    const server = await serve(ignore, { stealth: true, handshakeTimeout: 1_000 });
    const { raw, gone } = await visitor(server);
    raw.write("GET / HTTP/1.1\r\n\r\n");
    expect(await gone).toMatchObject({ data: Buffer.alloc(0) });
    await joinIn(server);
  });
});

describe("limits", () => {
  it("LM-004: one handshake too many from an address is closed without an answer", async () => {
    const server = await serve(ignore, { limits: { handshakesPerAddress: 2 } });
    const told = handshakeErrors(server);
    const patient = [await visitor(server), await visitor(server)];
    const { gone } = await visitor(server);
    expect(await gone).toMatchObject({ data: Buffer.alloc(0) });
    expect(told).toMatchObject([{ error: { code: "ERR_HAWSER_LIMIT" } }]);
    patient[0]?.raw.destroy();
    // A handshake that is over counts no more.
    await until(() => told.length === 1);
    let joined: HawserSocket | undefined;
    while (joined === undefined) joined = await joinIn(server).catch(() => undefined);
  });

  it("LM-004: one handshake too many in all takes the place of the oldest that waits for its client", async () => {
    const server = await serve(ignore, { limits: { handshakes: 2 } });
    const told = handshakeErrors(server);
    const [oldest, second] = [await visitor(server), await visitor(server)];
    let secondIsGone = false;
    void second.gone.then(() => {
      secondIsGone = true;
    });
    await joinIn(server);
    expect(await oldest.gone).toMatchObject({ data: Buffer.alloc(0) });
    expect(secondIsGone).toBe(false);
    await until(() => told.length > 0);
    expect(told).toMatchObject([{ error: { code: "ERR_HAWSER_LIMIT" } }]);
  });

  it("one connection too many is busy, however many come at once, until one has gone", async () => {
    const server = await serve((socket) => void socket.pipe(socket), { limits: { connections: 3 } });
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => joinIn(server)));
    const sockets = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    expect(sockets).toHaveLength(3);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ alertName: "busy" });
    }
    expect(await rejection(joinIn(server))).toMatchObject({ code: "ERR_HAWSER_REFUSED", alertName: "busy" });
    sockets[0]?.end();
    await readAll(sockets[0] as HawserSocket);
    let joined: HawserSocket | undefined;
    while (joined === undefined) joined = await joinIn(server).catch(() => undefined);
  });

  it("an idle connection ends with timeout, a busy one does not", async () => {
    const server = await serve((socket) => void socket.pipe(socket), { idleTimeout: 400 });
    const socket = await joinIn(server);
    const since = performance.now();
    while (performance.now() - since < 600) {
      socket.write("x");
      await once(socket, "data");
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    expect(await readAll(socket)).toMatchObject({ end: { alertName: "timeout", words: "idle" } });
  });
});

describe("an idle connection", () => {
  it("is ended by the server's time-out, whatever the application's own is", async () => {
    let timeouts = 0;
    const server = await serve((socket) => void socket.setTimeout(10, () => timeouts++), {
      idleTimeout: 150,
    });
    const socket = await joinIn(server);
    const since = performance.now();
    expect(await readAll(socket)).toMatchObject({ end: { alertName: "timeout", words: "idle" } });
    expect(performance.now() - since).toBeGreaterThan(100);
    expect(timeouts).toBe(1);
  });
});

describe("a listener that throws", () => {
  it("is the program's fault to hear of, not the client's connection's", async () => {
    const outer = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    afterwards(() => {
      process.removeAllListeners("unhandledRejection");
      for (const listener of outer) process.on("unhandledRejection", listener);
    });
    const unhandled = once(process, "unhandledRejection");
    const server = await serve((socket) => {
      void socket.pipe(socket);
      throw new Error("a fault in the listener");
    });
    const client = await joinIn(server);
    expect(await unhandled).toMatchObject([{ message: "a fault in the listener" }, {}]);
    client.end("goes on");
    expect((await readAll(client)).data.toString()).toBe("goes on");
  });
});

describe("authorized keys", () => {
  it("AL-005, KT-049: a removed key's connections end with not_authorized, others go on", async () => {
    const path = `${await folder()}/authorized_keys`;
    const other = testKey("other");
    const lines = (...keys: { publicKey: Uint8Array }[]) =>
      writeFile(path, keys.map(({ publicKey }) => `${formatPublicKey(publicKey)}\n`).join(""), {
        mode: 0o600,
      });
    await lines(clientKey, other);
    const authorized = await openAuthorizedKeys(path, { settleMs: 1 });
    const server = await serve((socket) => void socket.pipe(socket), {
      authorize: authorized,
      endRemoved: 10,
    });
    const [first, second] = [await joinIn(server), await joinIn(server, { keyPair: other })];
    await rejection(joinIn(server, { keyPair: testKey("stranger") }));
    await lines(other);
    expect((await readAll(first)).end).toMatchObject({ alertName: "not_authorized" });
    second.end("still here");
    expect((await readAll(second)).data.toString()).toBe("still here");
  });

  it("KT-049: a removed key's connections go on where endRemoved is false", async () => {
    const path = `${await folder()}/authorized_keys`;
    await writeFile(path, `${formatPublicKey(clientKey.publicKey)}\n`, { mode: 0o600 });
    const authorized = await openAuthorizedKeys(path, { settleMs: 1 });
    const server = await serve((socket) => void socket.pipe(socket), {
      authorize: authorized,
      endRemoved: false,
    });
    const socket = await joinIn(server);
    await writeFile(path, "", { mode: 0o600 });
    // The key is not let in any more, so that its removal is known.
    while (
      await joinIn(server).then(
        () => true,
        () => false,
      )
    );
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.end("still here");
    expect((await readAll(socket)).data.toString()).toBe("still here");
  });

  it("KT-046: a file that is bad lets nobody in, and ends nobody's connection", async () => {
    const path = `${await folder()}/authorized_keys`;
    await writeFile(path, `${formatPublicKey(clientKey.publicKey)}\n`, { mode: 0o600 });
    const authorized = await openAuthorizedKeys(path, { settleMs: 1 });
    const server = await serve((socket) => void socket.pipe(socket), {
      authorize: authorized,
      endRemoved: 5,
    });
    const told = handshakeErrors(server);
    const socket = await joinIn(server);
    await writeFile(path, "nonsense\n");
    expect(await rejection(joinIn(server))).toMatchObject({ alertName: "internal_error" });
    await until(() => told.length > 0);
    expect(told[0]?.error.cause).toMatchObject({ name: "KeyError", path });
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.end("still here");
    expect((await readAll(socket)).data.toString()).toBe("still here");
  });
});
