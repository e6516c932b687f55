/**
 * Why: handshakes wait for the agent, which is another process: it is started anew, stops answering, or is something else.
 * Those that can still be made have to be, and those that can't have to fail soon, for a reason that is told.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { AgentError, type HeldKey, openAgentKeys } from "../src/agent/index.ts";
import {
  type AgentResponse,
  encodeResponse,
  FixedFrames,
  parseRequest,
  requestLength,
  unanswered,
} from "../src/agent/wire.ts";
import { HawserError } from "../src/index.ts";
import { formatPublicKey } from "../src/keys/index.ts";
import { connect } from "../src/net/connect.ts";
import { agentScene, falseAgent, keysAt } from "./agent/scene.ts";
import { clientKey, serverKey, testKey } from "./model/pair.ts";
import { afterwards, folder, joinIn, readAll, serve } from "./net/loopback.ts";

const other = testKey("other");

/** Answers the requests of a connection as it is told to; `undefined` for none. */
function answering(
  socket: Socket,
  answer: (number: number, isKey: boolean) => AgentResponse | Uint8Array | undefined,
): void {
  const frames = new FixedFrames(requestLength);
  socket.on("data", (bytes) => {
    for (const frame of frames.push(bytes)) {
      const request = parseRequest(frame);
      if (request === undefined) throw new Error("a malformed request");
      const response = answer(request.number, request.type === "key");
      if (response !== undefined)
        socket.write(response instanceof Uint8Array ? response : encodeResponse(response));
    }
  });
}

const listed = (number: number): AgentResponse => ({
  ...{ number, status: "done", count: 1 },
  result: serverKey.publicKey,
});

describe("a handshake by way of an agent", () => {
  it.each(["the client", "the server", "both"])("is as any other, where %s has one", async (who) => {
    const { path } = await agentScene({ keys: [serverKey as HeldKey, clientKey as HeldKey] });
    const [ofServer, ofClient] = await keysAt(path);
    const serverPair = who === "the client" ? serverKey : ofServer;
    const clientPair = who === "the server" ? clientKey : ofClient;
    if (serverPair === undefined || clientPair === undefined) throw new Error("the agent has both");
    const server = await serve((socket) => socket.pipe(socket), {
      keyPair: serverPair,
      authorize: (key) => Buffer.from(clientKey.publicKey).equals(key),
      allowHalfOpen: true,
    });
    for (let i = 0; i < 3; i++) {
      const socket = await joinIn(server, { keyPair: clientPair });
      const all = readAll(socket);
      socket.end("to and fro");
      expect(await all).toEqual({ data: Buffer.from("to and fro"), end: "end" });
    }
  });

  it("is made with each of the keys that an agent holds, the old one's clients too", async () => {
    const { path } = await agentScene({ keys: [other as HeldKey, serverKey as HeldKey] });
    const server = await serve((socket) => socket.end("hello"), { keyPair: await keysAt(path) });
    for (const { publicKey } of [other, serverKey]) {
      const socket = await connect({
        ...{ host: "127.0.0.1", port: (server.address() as { port: number }).port, keyPair: clientKey },
        serverKey: publicKey,
      });
      afterwards(() => socket.destroy());
      expect((await readAll(socket)).data.toString()).toBe("hello");
    }
  });

  it("is made 200 times at once over one connection to the agent", async () => {
    const { path, events } = await agentScene();
    const [keyPair] = await keysAt(path);
    if (keyPair === undefined) throw new Error("the agent has it");
    const server = await serve((socket) => socket.end("hello"), {
      ...{ keyPair, limits: { handshakes: 500, handshakesPerAddress: 500 }, handshakeTimeout: 60_000 },
    });
    const results = await Promise.all(
      Array.from({ length: 200 }, async () => readAll(await joinIn(server, { handshakeTimeout: 60_000 }))),
    );
    expect(results.every(({ data, end }) => data.toString() === "hello" && end === "end")).toBe(true);
    expect(events.filter(({ type }) => type === "connected")).toHaveLength(1);
    expect(events.filter(({ type }) => type === "answered")).toHaveLength(200);
  }, 60_000);
});

describe("an agent that is started anew", () => {
  it("AG-041: is asked again, and no handshake is lost", async () => {
    const path = join(await folder(), "agent.sock");
    const first = await agentScene({}, path);
    const [keyPair] = await keysAt(path);
    if (keyPair === undefined) throw new Error("the agent has it");
    const server = await serve((socket) => socket.end("hello"), { keyPair });
    expect((await readAll(await joinIn(server))).data.toString()).toBe("hello");
    await first.agent.close();
    const waiting = joinIn(server);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await agentScene({}, path);
    expect((await readAll(await waiting)).data.toString()).toBe("hello");
  });

  it("AG-041: is asked again what it got and did not answer", async () => {
    const path = await falseAgent((socket, count) => {
      answering(socket, (number, isKey) => {
        if (isKey) return listed(number);
        if (count < 3) {
          socket.destroy(); // It dies in the middle of a handshake, twice.
          return undefined;
        }
        const result = serverKey.dh(other.publicKey) as Uint8Array;
        return { number, status: "done", count: 0, result };
      });
    });
    const [key] = await keysAt(path);
    expect(await key?.dh(other.publicKey)).toEqual(serverKey.dh(other.publicKey));
  });

  it("is given up when it ends every connection, and said to be", async () => {
    let connections = 0;
    const path = await falseAgent((socket) => {
      connections++;
      socket.destroy();
    });
    await expect(openAgentKeys(path)).rejects.toMatchObject({ code: "ERR_HAWSER_AGENT_LOST" });
    expect(connections).toBe(3);
  });
});

describe("an agent that does not answer", () => {
  const silent = () =>
    falseAgent((socket) => answering(socket, (number, isKey) => (isKey ? listed(number) : undefined)));

  it("AG-040: is waited for until the deadline, and left", async () => {
    const [key] = await keysAt(await silent(), 150);
    const start = performance.now();
    const asked = [key?.dh(other.publicKey), key?.dh(other.publicKey)];
    for (const result of await Promise.allSettled(asked)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "ERR_HAWSER_AGENT_TIMEOUT" } });
    }
    expect(performance.now() - start).toBeGreaterThanOrEqual(145);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it("AG-043: fails a server's handshake, which closes without a word, and tells its own side why", async () => {
    const [keyPair] = await keysAt(await silent(), 150);
    if (keyPair === undefined) throw new Error("it lists one");
    const server = await serve(() => undefined, { keyPair });
    const failed = once(server, "handshakeError");
    await expect(joinIn(server)).rejects.toMatchObject({ code: "ERR_HAWSER_NO_ANSWER" });
    const [error] = (await failed) as [HawserError];
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_HOLDER_FAILED" });
    expect(error.cause).toMatchObject({ code: "ERR_HAWSER_AGENT_TIMEOUT" });
  });

  it("AG-043: fails a client's, which says the same", async () => {
    const [keyPair] = await keysAt(await silent(), 150);
    if (keyPair === undefined) throw new Error("it lists one");
    const server = await serve(() => undefined, { keyPair: serverKey });
    const error = await joinIn(server, { keyPair }).catch((reason) => reason);
    expect(error).toBeInstanceOf(HawserError);
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_HOLDER_FAILED" });
    expect(error.cause).toBeInstanceOf(AgentError);
  });

  it("leaves a handshake its own deadline", async () => {
    const [keyPair] = await keysAt(await silent(), 60_000);
    if (keyPair === undefined) throw new Error("it lists one");
    const server = await serve(() => undefined, { keyPair: serverKey });
    const error = await joinIn(server, { keyPair, handshakeTimeout: 200 }).catch((reason) => reason);
    expect(error).toMatchObject({ code: "ERR_HAWSER_TIMEOUT" });
  });

  it("AG-042: does not spoil a later answer by one that comes too late", async () => {
    let late: (() => void) | undefined;
    const right = serverKey.dh(other.publicKey) as Uint8Array;
    const path = await falseAgent((socket, count) => {
      answering(socket, (number, isKey) => {
        if (isKey) return listed(number);
        const response = (result: Uint8Array): AgentResponse => ({
          ...{ number, status: "done", count: 0, result },
        });
        if (count > 1) return response(right);
        late = () => socket.write(encodeResponse(response(new Uint8Array(32).fill(1))));
        return undefined;
      });
    });
    const [key] = await keysAt(path, 300);
    await expect(key?.dh(other.publicKey)).rejects.toMatchObject({ code: "ERR_HAWSER_AGENT_TIMEOUT" });
    const second = key?.dh(other.publicKey);
    late?.();
    expect(await second).toEqual(right);
  });
});

describe("what is no agent", () => {
  const result = new Uint8Array(32).fill(1);
  it.each<[string, (number: number) => AgentResponse | Uint8Array]>([
    ["other bytes", () => Buffer.from("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")],
    ["another number", (number) => ({ number: number + 1, status: "done", count: 0, result })],
    ["a count where none belongs", (number) => ({ number, status: "done", count: 1, result })],
    ["a shared secret of zeros", (number) => ({ ...unanswered(number, "failed"), status: "done" })],
    ["a secret beside a refusal", (number) => ({ number, status: "zero", count: 0, result })],
    [
      "two answers to one request",
      (number) => {
        const once = encodeResponse({ number, status: "done", count: 0, result });
        return Buffer.concat([encodeResponse(unanswered(number + 1, "zero")), once]);
      },
    ],
  ])("AG-006, AG-007: is refused: %s", async (_, answer) => {
    const path = await falseAgent((socket) =>
      answering(socket, (number, isKey) => (isKey ? listed(number) : answer(number))),
    );
    const [key] = await keysAt(path, 2_000);
    await expect(key?.dh(other.publicKey)).rejects.toMatchObject({ code: "ERR_HAWSER_AGENT_MALFORMED" });
  });

  it("AG-006: is refused where it speaks unasked", async () => {
    let ended: Promise<unknown> | undefined;
    const path = await falseAgent((socket) => {
      ended ??= once(socket, "close");
      answering(socket, (number, isKey) => (isKey ? listed(number) : undefined));
      setTimeout(() => socket.write(encodeResponse(unanswered(1, "zero"))), 50);
    });
    await keysAt(path);
    await ended; // The asker left, with nothing asked.
  });

  it.each([
    ["none", { count: 0 }],
    ["17", { count: 17 }],
    ["a status that a Key has not", { status: "zero" as const, count: 0, result: new Uint8Array(32) }],
  ])("AG-007: is refused where it lists %s", async (_, change) => {
    const path = await falseAgent((socket) =>
      answering(socket, (number) => ({ ...listed(number), ...change })),
    );
    await expect(openAgentKeys(path)).rejects.toMatchObject({ code: "ERR_HAWSER_AGENT_MALFORMED" });
  });
});

describe("where there is no agent", () => {
  it("AG-040: waits for one until the deadline, and then says why there is none", async () => {
    const path = join(await folder(), "agent.sock");
    const missing = openAgentKeys(path, { timeout: 200 });
    await expect(missing).rejects.toMatchObject({
      code: "ERR_HAWSER_AGENT_UNREACHABLE",
      message: expect.stringMatching(/agent\.sock.*ENOENT/),
      cause: { code: "ENOENT" },
    });
    const opening = openAgentKeys(path, { timeout: 5_000 });
    setTimeout(() => void agentScene({}, path), 100);
    expect(await opening).toHaveLength(1);
  });

  it("does not wait where nothing will come: a path that is no socket's", async () => {
    const path = join(await folder(), "server.key");
    await writeFile(path, "");
    const start = performance.now();
    const failed = openAgentKeys(path, { timeout: 20_000 });
    await expect(failed).rejects.toMatchObject({ code: "ERR_HAWSER_AGENT_UNREACHABLE" });
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it("says so of a key that is not there, or was given up", async () => {
    const { path, events } = await agentScene();
    const text = formatPublicKey(serverKey.publicKey);
    const cut = openAgentKeys(path, { key: text.slice(0, -1) });
    await expect(cut).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_HAWSER_KEY_/) });
    const missing = openAgentKeys(path, { key: formatPublicKey(other.publicKey) });
    await expect(missing).rejects.toMatchObject({ code: "ERR_HAWSER_AGENT_KEY" });
    const [key] = await openAgentKeys(path, { key: text });
    key?.wipe();
    await expect(key?.dh(other.publicKey)).rejects.toMatchObject({ code: "ERR_HAWSER_AGENT_CLOSED" });
    await expect.poll(() => events.filter(({ type }) => type === "disconnected").length).toBe(2);
  });

  it("keeps no process alive while nothing is asked", async () => {
    const { path } = await agentScene();
    const module = new URL("../src/agent/index.ts", import.meta.url).href;
    const program = `const { openAgentKeys } = await import(${JSON.stringify(module)});
      const [key] = await openAgentKeys(${JSON.stringify(path)});
      await key.dh(key.publicKey);
      console.log("asked");`;
    const words = ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", program];
    const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: 20_000 });
    expect(stdout).toBe("asked\n"); // And not killed at the timeout.
  }, 30_000);
});
