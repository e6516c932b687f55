/** Why: a connection that does not come to be has to say why, at once and in words that its user can act on. */
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { clientKey, primitives, serverKey, testKey } from "../../properties/model/pair.ts";
import {
  afterwards,
  folder,
  joinIn,
  pipePair,
  readAll,
  rejection,
  serve,
  serveRaw,
  until,
} from "../../properties/net/loopback.ts";
import { formatPublicKey, localKeyHolder, parseConnectionString } from "../keys/portable.ts";
import type { KeyHolder } from "../protocol/key-holder.ts";
import { accept } from "./accept.ts";
import { type ConnectTargetOptions, connect, createConnection } from "./connect.ts";
import { AlertError, HawserError } from "./errors.ts";
import { createServer } from "./server.ts";
import type { HawserSocket } from "./socket.ts";

const greet = (socket: HawserSocket) => void socket.end("hello");
const expected = { keyPair: clientKey, serverKey: serverKey.publicKey };

describe("where to connect to", () => {
  it("is a URL, a host and a port, or a unix socket's path", async () => {
    const tcp = await serve(greet);
    const { endpoint } = parseConnectionString(tcp.url());
    const port = endpoint.transport === "tcp" ? endpoint.port : 0;
    const path = `${await folder()}/s.sock`;
    const unix = await serve(greet, { path });
    const sockets = await Promise.all([
      connect(tcp.url(), { keyPair: clientKey }),
      connect({ ...expected, port, host: "127.0.0.1" }),
      connect({ ...expected, serverKey: formatPublicKey(serverKey.publicKey), port, host: "127.0.0.1" }),
      connect(unix.url(), { keyPair: clientKey }),
      connect({ ...expected, path }),
    ]);
    for (const socket of sockets) expect((await readAll(socket)).data.toString()).toBe("hello");
    expect(unix.url()).toContain(`@${path}`);
  });

  it("is any Duplex, with bytes that were read from it before", async () => {
    const [near, far] = pipePair();
    // The protocol before: a line each way.
    near.write("HELO\n");
    far.write("OK\n");
    expect([String((await once(far, "data"))[0]), String((await once(near, "data"))[0])]).toEqual([
      "HELO\n",
      "OK\n",
    ]);
    near.pause();
    far.pause();
    const client = createConnection({ ...expected, stream: near });
    const [hello] = (await once(far.resume(), "data")) as [Buffer];
    far.pause();
    const server = await accept(far, { keyPair: serverKey, authorize: () => true, head: hello });
    server.end("over a pipe");
    client.end("and back");
    expect((await readAll(client)).data.toString()).toBe("over a pipe");
    expect((await readAll(server)).data.toString()).toBe("and back");
    await until(() => near.closed && far.closed);
  });

  it.each<[string, Partial<ConnectTargetOptions>, string]>([
    ["no server key and no trust", { keyPair: clientKey, port: 1 }, "whom to connect to is not said"],
    ["both of them", { ...expected, trust: () => true, port: 1 }, "exclude each other"],
    ["no key pair", { serverKey: serverKey.publicKey, port: 1 }, "keyPair is a key holder"],
    ["no place", { ...expected }, "where to connect to is not said"],
    ["a port that is none", { ...expected, port: 65_536 }, "port is a whole number from 1 to 65535"],
    ["a port in words", { ...expected, port: "4100" as never }, "from 1 to 65535, not text"],
    ["a text for a key pair", { ...expected, port: 1, keyPair: "my.key" as never }, "readKeyFile"],
    ["a promise of a key pair", { ...expected, port: 1, keyPair: Promise.resolve() as never }, "awaited"],
    ["a signal that is none", { ...expected, port: 1, signal: 5 as never }, "signal is an AbortSignal"],
    ["two places", { ...expected, port: 1, path: "/x" }, "not both"],
    ["a path that is too long", { ...expected, path: `/${"x".repeat(107)}` }, "1 to 107 bytes"],
    ["a via key of another size", { ...expected, via: new Uint8Array(3), path: "/x" }, "via"],
  ])("is refused with %s", async (_what, options, words) => {
    const error = await rejection(connect(options as ConnectTargetOptions));
    expect(error.message).toContain(words);
    expect(error.code).toBe("ERR_HAWSER_USAGE");
  });

  it.each<[string, unknown[], string]>([
    [
      "no URL, as in a program called without its argument",
      [undefined, expected],
      "of type undefined, and there is a",
    ],
    ["nothing at all", [], "of type undefined, and there is no"],
    ["a URL alone", ["hawser://localhost:1"], "of type string, and there is no second"],
    [
      "a URL that is an object",
      [new URL("hawser://localhost:1"), expected],
      "of type object, and there is a second",
    ],
    ["the options first", [expected, "hawser://localhost:1"], "of type object, and there is a second"],
  ])("is refused with %s, and says what it takes", async (_what, given, words) => {
    const error = await rejection((connect as (...given: unknown[]) => Promise<never>)(...given));
    expect(error.message).toContain("connect takes a connection string and options, such as { keyPair }");
    expect(error.message).toContain(words);
    expect(error.code).toBe("ERR_HAWSER_USAGE");
  });

  it("is refused with options that are none", async () => {
    const url = `hawser://${formatPublicKey(serverKey.publicKey)}@127.0.0.1:1`;
    const firstUse = { keyPair: clientKey, trust: () => true, port: 1 };
    const wrong: [() => Promise<HawserSocket>, string][] = [
      [() => connect({ ...firstUse, serverkey: serverKey.publicKey } as never), "of connect: serverKey?"],
      [() => connect(url, { keyPair: clientKey, timeout: 5 } as never), "of connect: handshakeTimeout or"],
      [
        () => connect({ ...expected, stream: pipePair()[0], drain: { byte: 5 } } as never),
        "of drain: bytes?",
      ],
      [() => accept(pipePair()[0], { keyPair: serverKey, authorise: () => true } as never), "authorize?"],
    ];
    for (const [attempt, words] of wrong) {
      const error = await rejection(attempt());
      expect(error.code).toBe("ERR_HAWSER_USAGE");
      expect(error.message).toContain(words);
    }
    const served = { keyPair: serverKey, authorize: () => true };
    expect(() => createConnection({ ...expected, port: 1, keepalive: true } as never)).toThrow("keepAlive?");
    expect(() => createServer({ ...served, idleTimeOut: 5 } as never)).toThrow(
      "of createServer: idleTimeout?",
    );
    expect(() => createServer({ ...served, limits: { connection: 5 } } as never)).toThrow("connections?");
    expect(() => createServer(served).close({ graceTime: 5 } as never)).toThrow("of close: grace?");
  });

  it("is not said twice", async () => {
    const url = `hawser://${formatPublicKey(serverKey.publicKey)}@127.0.0.1:1`;
    for (const twice of [{ serverKey: serverKey.publicKey }, { port: 2 }, { host: "x" }]) {
      const error = await rejection(connect(url, { keyPair: clientKey, ...twice }));
      expect(error).toMatchObject({ code: "ERR_HAWSER_USAGE" });
      expect(error.message).toContain("in the URL already");
    }
  });
});

describe("a connection that is not there", () => {
  it("is ERR_HAWSER_CONNECT, with the system's error as its cause", async () => {
    const { server, port } = await serveRaw(() => undefined);
    await new Promise((done) => server.close(done));
    const error = await rejection(connect({ ...expected, host: "127.0.0.1", port }));
    expect(error).toBeInstanceOf(HawserError);
    expect(error).toMatchObject({ code: "ERR_HAWSER_CONNECT", cause: { code: "ECONNREFUSED" } });
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });

  it("says so for every address that was tried", async () => {
    const { server, port } = await serveRaw(() => undefined);
    await new Promise((done) => server.close(done));
    const lookup = (_host: string, _options: unknown, done: (error: null, all: unknown) => void) =>
      done(null, [
        { address: "127.0.0.1", family: 4 },
        { address: "127.0.0.2", family: 4 },
      ]);
    const options = { ...expected, port, host: "two.test", autoSelectFamily: true, lookup: lookup as never };
    const error = await rejection(connect(options));
    expect(error).toMatchObject({ code: "ERR_HAWSER_CONNECT" });
    expect(error.message).toContain("127.0.0.1");
  });

  it("is one for a unix socket's path that nobody serves", async () => {
    const error = await rejection(connect({ ...expected, path: `${await folder()}/none` }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_CONNECT", cause: { code: "ENOENT" } });
  });
});

describe("the server", () => {
  it("HS-059: with another key is an error that names both", async () => {
    const server = await serve(greet, { keyPair: testKey("impostor") });
    const url = server.url().replace(/hawser1\w+/, formatPublicKey(serverKey.publicKey));
    const error = await rejection(connect(url, { keyPair: clientKey }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_SERVER_KEY_MISMATCH" });
    expect(error.message).toContain(formatPublicKey(serverKey.publicKey));
    expect(error.message).toContain(formatPublicKey(testKey("impostor").publicKey));
  });

  it.each([
    ["HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"],
    ["SSH-2.0-OpenSSH_9.2\r\n", "SSH"],
    // A fatal alert, protocol_version, as OpenSSL answers what is no TLS (RFC 8446 §6).
    ["\x15\x03\x01\0\x02\x02\x46", "TLS"],
  ])("HS-008: that says %j is named", async (words, name) => {
    const { port } = await serveRaw((raw) => raw.end(words, "latin1"));
    const error = await rejection(connect({ ...expected, host: "127.0.0.1", port }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_NOT_HAWSER" });
    expect(error.message).toContain(name);
  });

  it("HS-015: that serves HTTP is named", async () => {
    const http = createHttpServer();
    afterwards(() => new Promise((done) => http.close(done)));
    await once(http.listen(0, "127.0.0.1"), "listening");
    const { port } = http.address() as AddressInfo;
    const error = await rejection(connect({ ...expected, host: "127.0.0.1", port }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_NOT_HAWSER" });
    expect(error.message).toContain("HTTP");
  });

  it("HS-015: that greets as SSH and waits is named at the deadline", async () => {
    const { port } = await serveRaw((raw) => raw.write("SSH-2.0-OpenSSH_9.2\r\n"));
    const error = await rejection(connect({ ...expected, host: "127.0.0.1", port, handshakeTimeout: 50 }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_NOT_HAWSER" });
    expect(error.message).toContain("SSH");
  });

  it("ST-026: that hangs up at once gave no answer", async () => {
    const { port } = await serveRaw((raw) => raw.end());
    const error = await rejection(connect({ ...expected, host: "127.0.0.1", port }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_NO_ANSWER" });
  });

  it("RC-033: that resets the connection is a truncation, with the system's error", async () => {
    const { port } = await serveRaw((raw) => raw.once("data", () => raw.resetAndDestroy()));
    const error = await rejection(connect({ ...expected, host: "127.0.0.1", port }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_TRUNCATED", cause: { code: "ECONNRESET" } });
  });

  it("HS-119: that says nothing is given up at the deadline", async () => {
    const { port } = await serveRaw(() => undefined);
    const error = await rejection(connect({ ...expected, host: "127.0.0.1", port, handshakeTimeout: 50 }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_TIMEOUT" });
  });

  it("HS-087: that fails to decide says internal_error, without its text", async () => {
    const told: Error[] = [];
    const fails = () => Promise.reject(new Error("the database is at 10.0.0.3"));
    const server = await serve(greet, { authorize: fails });
    server.on("handshakeError", (error) => told.push(error));
    const error = await rejection(joinIn(server));
    expect(error).toMatchObject({
      code: "ERR_HAWSER_ALERT_RECEIVED",
      alertName: "internal_error",
      words: "",
    });
    await until(() => told.length > 0);
    expect(told).toMatchObject([
      { code: "ERR_HAWSER_DENIED", cause: { message: "the database is at 10.0.0.3" } },
    ]);
  });
});

describe("a reason that comes along with the end of the handshake", () => {
  it("rejects, as nobody could have listened for it", async () => {
    for (let i = 0; i < 10; i++) {
      const server = await serve((socket) => socket.destroy(new AlertError(0x8001, "not today")));
      // The promise or, where the alert came later, the socket.
      const told = await joinIn(server).then(readAll, (end) => ({ data: Buffer.alloc(0), end }));
      expect(told).toMatchObject({ data: Buffer.alloc(0), end: { alert: 0x8001, words: "not today" } });
    }
  });
});

describe("first use", () => {
  const urlOf = (url: string) => url.replace(/hawser1\w+@/, "");

  it("HS-061: shows the server's key, and goes on where it is trusted", async () => {
    const server = await serve(greet);
    const shown: Uint8Array[] = [];
    const trust = async (key: Uint8Array) => {
      shown.push(key);
      return true;
    };
    const socket = await connect(urlOf(server.url()), { keyPair: clientKey, trust });
    expect(shown).toEqual([serverKey.publicKey]);
    expect((await readAll(socket)).data.toString()).toBe("hello");
  });

  it("HS-062: ends where it is not trusted, and tells the server nothing", async () => {
    const failures: unknown[] = [];
    const server = await serve(greet);
    server.on("handshakeError", (error, info) => failures.push({ error, info }));
    const error = await rejection(connect(urlOf(server.url()), { keyPair: clientKey, trust: () => false }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_UNTRUSTED" });
    await until(() => failures.length > 0);
    expect(failures).toMatchObject([
      { error: { code: "ERR_HAWSER_ABANDONED" }, info: { remotePublicKey: undefined } },
    ]);
  });

  it("ends with the error of a decision that throws, and with one where it is no decision", async () => {
    const server = await serve(greet);
    const reason = new Error("the terminal is gone");
    const throws = () => Promise.reject(reason);
    expect(await rejection(connect(urlOf(server.url()), { keyPair: clientKey, trust: throws }))).toBe(reason);
    const none = (() => "yes") as never;
    const error = await rejection(connect(urlOf(server.url()), { keyPair: clientKey, trust: none }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_USAGE" });
  });
});

describe("a key holder", () => {
  const later = (key: KeyHolder, wait: () => Promise<unknown>): KeyHolder => ({
    publicKey: key.publicKey,
    dh: async (publicKey) => {
      await wait();
      return key.dh(publicKey);
    },
  });

  it("may answer later, at both ends", async () => {
    const soon = () => new Promise((resolve) => setTimeout(resolve, 5));
    const server = await serve(greet, { keyPair: later(serverKey, soon) });
    const socket = await joinIn(server, { keyPair: later(clientKey, soon) });
    expect((await readAll(socket)).data.toString()).toBe("hello");
  });

  it("HS-068: that fails, or answers nonsense, ends the connection with its reason", async () => {
    const server = await serve(greet);
    const broken = (dh: () => unknown) => ({ publicKey: clientKey.publicKey, dh }) as KeyHolder;
    const reason = new Error("the token is gone");
    const holders = [
      broken(() => Promise.reject(reason)),
      broken(() => {
        throw reason;
      }),
    ];
    for (const keyPair of holders) {
      expect(await rejection(joinIn(server, { keyPair }))).toMatchObject({
        code: "ERR_HAWSER_KEY_HOLDER_FAILED",
        cause: reason,
      });
    }
    for (const answer of [new Uint8Array(31), 7, null]) {
      const error = await rejection(joinIn(server, { keyPair: broken(() => answer) }));
      expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_HOLDER_FAILED" });
    }
  });

  it("that never answers is given up at the deadline, and what it says afterwards is wiped", async () => {
    const server = await serve(greet);
    let answer: (dh: Uint8Array) => void = () => undefined;
    const keyPair = {
      publicKey: clientKey.publicKey,
      dh: () => new Promise<Uint8Array>((resolve) => (answer = resolve)),
    };
    expect(await rejection(joinIn(server, { keyPair, handshakeTimeout: 50 }))).toMatchObject({
      code: "ERR_HAWSER_TIMEOUT",
    });
    const late = new Uint8Array(32).fill(7);
    answer(late);
    await until(() => late.every((byte) => byte === 0));
  });

  it("that was wiped can't connect", async () => {
    const keyPair = localKeyHolder(primitives, new Uint8Array(32).fill(9));
    keyPair.wipe();
    const error = await rejection(joinIn(await serve(greet), { keyPair }));
    expect(error).toMatchObject({
      code: "ERR_HAWSER_KEY_HOLDER_FAILED",
      cause: { code: "ERR_HAWSER_KEY_WIPED" },
    });
  });
});

describe("a refusal", () => {
  it.each([
    ["false", false, { alertName: "not_authorized", words: "" }],
    [
      "a code and words",
      { code: 0x8005, message: "not on Mondays" },
      { alert: 0x8005, words: "not on Mondays" },
    ],
    ["a code of the registry", { code: "busy" as const }, { alertName: "busy" }],
    ["no answer at all", undefined, { alertName: "internal_error" }],
    ["something true", 1, { alertName: "internal_error" }],
    ["a code that is none", { code: 0 }, { alertName: "internal_error" }],
  ])("HS-084: by %s arrives as an alert", async (_what, answer, alert) => {
    const server = await serve(greet, { authorize: () => answer as boolean });
    const error = await rejection(joinIn(server));
    expect(error).toBeInstanceOf(AlertError);
    expect(error).toMatchObject({ code: "ERR_HAWSER_ALERT_RECEIVED", ...alert });
  });

  it("HS-081: of a context that is not served", async () => {
    const error = await rejection(joinIn(await serve(greet, { contexts: ["a", "b"] }), { context: "c" }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_ALERT_RECEIVED", alertName: "wrong_context" });
  });
});
