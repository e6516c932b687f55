/**
 * Why: the agent is what is left of the long-term key's secrecy once the process that talks to the world is taken over. What
 * it says to whom, and how much of it, is all the protection that there is.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { type HeldKey, KeyAgent } from "../src/agent/index.ts";
import { type AgentRequest, encodeRequest, requestLength } from "../src/agent/wire.ts";
import { formatPublicKey } from "../src/keys/index.ts";
import { agentScene, keysAt, RawAsker } from "./agent/scene.ts";
import { clientKey, serverKey, testKey } from "./model/pair.ts";
import { afterwards, folder } from "./net/loopback.ts";
import { runs } from "./seed.ts";

const held = (...names: string[]) => names.map((name) => testKey(name) as HeldKey);
const other = testKey("other");

function dh(number: number, key = serverKey.publicKey, peer = other.publicKey): AgentRequest {
  return { type: "dh", number, key, peer };
}

describe("what an agent answers", () => {
  it("is what the key in this process would, for any public key", async () => {
    const { path } = await agentScene();
    const [key] = await keysAt(path);
    expect(key?.publicKey).toEqual(serverKey.publicKey);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (peer) => {
        expect(await key?.dh(peer)).toEqual(serverKey.dh(peer));
      }),
    );
  });

  // RFC 7748 §6.1 and its twins: 0, 1, the points of order 8 and p − 1, p, p + 1, each also with the highest bit.
  it.each([
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ])("AG-008: is zero for %s", async (peer) => {
    const { path, events } = await agentScene();
    const [key] = await keysAt(path);
    expect(await key?.dh(Buffer.from(peer, "hex"))).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: "answered", outcome: "zero" });
  });

  it("AG-008: is zero too where the key hands zeros out, and failed where it throws", async () => {
    const zeros: HeldKey = { publicKey: serverKey.publicKey, dh: () => new Uint8Array(32) };
    const broken: HeldKey = {
      publicKey: clientKey.publicKey,
      dh: () => {
        throw new Error("no");
      },
    };
    const { path } = await agentScene({ keys: [zeros, broken] });
    const [first, second] = await keysAt(path);
    expect(await first?.dh(other.publicKey)).toBeUndefined();
    await expect(second?.dh(other.publicKey)).rejects.toMatchObject({ code: "ERR_HAWSER_AGENT_FAILED" });
  });

  it("AG-004: comes in the order of the requests, whatever their outcome and however they are cut", async () => {
    const { path } = await agentScene({ rate: 1_000_000 });
    const asker = new RawAsker(path);
    const requests = Array.from({ length: 300 }, (_, i): AgentRequest => {
      if (i % 7 === 0) return { type: "key", number: i, index: i % 2 };
      return dh(i, i % 5 === 0 ? other.publicKey : undefined, i % 3 === 0 ? new Uint8Array(32) : undefined);
    });
    const bytes = Buffer.concat(requests.map(encodeRequest));
    for (let at = 0; at < bytes.length; at += 1_001) {
      asker.socket.write(bytes.subarray(at, at + 1_001));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const responses = await asker.has(300);
    expect(responses.map(({ number }) => number)).toEqual(requests.map(({ number }) => number));
    for (const [i, { status, result }] of responses.entries()) {
      const isKey = i % 7 === 0;
      const isUnknown = isKey ? i % 2 === 1 : i % 5 === 0;
      expect(status).toBe(isUnknown ? "unknownKey" : !isKey && i % 3 === 0 ? "zero" : "done");
      if (status === "done")
        expect(result).toEqual(isKey ? serverKey.publicKey : serverKey.dh(other.publicKey));
    }
  });

  it("AG-009: are the keys that it holds, in its order, and others once it is told so", async () => {
    const { path, agent } = await agentScene({ keys: held("a", "b", "c") });
    const names = async () => (await keysAt(path)).map(({ publicKeyText }) => publicKeyText);
    const texts = (...keys: string[]) => held(...keys).map(({ publicKey }) => formatPublicKey(publicKey));
    expect(await names()).toEqual(texts("a", "b", "c"));
    const [, , old] = await keysAt(path);
    agent.take(held("d", "a"));
    expect(await names()).toEqual(texts("d", "a"));
    await expect(old?.dh(other.publicKey)).rejects.toMatchObject({ code: "ERR_HAWSER_AGENT_KEY" });
    expect(() => agent.take([])).toThrow(/1 to 16 keys/);
    expect(() => agent.take(held("a", "a"))).toThrow(/each once/);
    expect(() => agent.take(held(...Array.from({ length: 17 }, (_, i) => `${i}`)))).toThrow(/1 to 16/);
    expect(await names()).toEqual(texts("d", "a"));
  });

  it("has nothing of the secret key in it, nor has what the agent tells of itself", async () => {
    const keys = held("a", "b");
    const { path, events } = await agentScene({ keys, rate: 1_000_000 });
    const asker = new RawAsker(path);
    const said: Buffer[] = [];
    asker.socket.on("data", (bytes) => said.push(Buffer.from(bytes)));
    const secrets = ["a", "b"].map((name) => Buffer.from(testKey(name).secretKey));
    // Also what its own keys and secrets would be as a peer's, and the base point.
    const base = new Uint8Array(32).fill(9, 0, 1);
    const peers = [base, ...keys.map(({ publicKey }) => publicKey), ...secrets, new Uint8Array(32)];
    const requests = keys.flatMap(({ publicKey }) => peers.map((peer) => [publicKey, peer] as const));
    asker.ask(...requests.map(([key, peer], number): AgentRequest => ({ type: "dh", number, key, peer })));
    asker.ask(
      ...[0, 1, 2, 65_535].map((index, i): AgentRequest => ({ type: "key", number: 100 + i, index })),
    );
    await asker.has(requests.length + 4);
    asker.socket.write(Buffer.alloc(requestLength, "HAWSER-SECRET-KEY?"));
    await asker.closed;
    const all = Buffer.concat(said);
    const told = JSON.stringify(events);
    for (const secret of secrets) {
      for (let at = 0; at + 8 <= 32; at++) expect(all.includes(secret.subarray(at, at + 8))).toBe(false);
      expect(told).not.toContain(secret.toString("hex"));
      expect(told).not.toContain(secret.toString("base64"));
    }
    // Nor is a shared secret told of.
    const shared = keys[0]?.dh(base) as Uint8Array;
    expect(told).not.toContain(JSON.stringify([...shared]).slice(1, -1));
    expect(told).not.toContain(Buffer.from(shared).toString("hex"));
  });
});

describe("a shared secret", () => {
  it("AG-010: is overwritten in the agent once it is written", async () => {
    const handed: Uint8Array[] = [];
    const key: HeldKey = {
      publicKey: serverKey.publicKey,
      dh: (peer) => {
        const result = serverKey.dh(peer) as Uint8Array;
        handed.push(result);
        return result;
      },
    };
    const { path } = await agentScene({ keys: [key] });
    const [asked] = await keysAt(path);
    expect(await asked?.dh(other.publicKey)).toEqual(serverKey.dh(other.publicKey));
    expect(handed).toEqual([new Uint8Array(32)]);
  });
});

describe("an agent that is sent something else", () => {
  it.each([
    ["a line of HTTP", Buffer.from(`GET / HTTP/1.1\r\nHost: agent\r\n${"X-Filler: a\r\n".repeat(20)}\r\n`)],
    ["a request of another version", encodeRequest(dh(0)).fill(2, 4, 5)],
    ["an unknown type", encodeRequest(dh(0)).fill(9, 5, 6)],
  ])("AG-005: ends the connection without an answer: %s", async (_, bytes) => {
    const { path, events } = await agentScene();
    const asker = new RawAsker(path);
    asker.socket.write(bytes);
    await asker.closed;
    expect(asker.bytes).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(["connected", "malformed", "disconnected"]);
    expect((await keysAt(path)).length).toBe(1); // Others are answered as before.
  });

  it("AG-005: has answered what came before, and answers nothing behind", async () => {
    const { path } = await agentScene();
    const asker = new RawAsker(path);
    const bad = encodeRequest(dh(1)).fill(0, 0, 1);
    asker.socket.write(Buffer.concat([encodeRequest(dh(0)), bad, encodeRequest(dh(2))]));
    await asker.closed;
    expect(asker.responses.length).toBeLessThanOrEqual(1);
  });

  test.prop([fc.uint8Array({ minLength: 0, maxLength: 500 })], { numRuns: runs(20) })(
    "goes on, whatever it is",
    async (bytes) => {
      const { path, agent } = await agentScene();
      const asker = new RawAsker(path);
      asker.socket.end(bytes);
      await asker.closed;
      const [key] = await keysAt(path);
      expect(await key?.dh(other.publicKey)).toEqual(serverKey.dh(other.publicKey));
      await agent.close();
    },
  );
});

describe("how much an agent answers", () => {
  it("AG-030, AG-031: is bounded for a connection, and what is over waits without being lost", async () => {
    let now = 0;
    const { path, events } = await agentScene({ rate: 200, now: () => now });
    const asker = new RawAsker(path);
    asker.ask(...Array.from({ length: 1_500 }, (_, i) => dh(i)));
    await asker.has(100);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(asker.responses.length).toBe(100); // Half of the rate, at once; the clock stands still.
    expect(events.filter(({ type }) => type === "held")).toHaveLength(1);
    now += 500;
    await asker.has(150);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(asker.responses.length).toBe(150);
    const moving = setInterval(() => {
      now += 500;
    }, 1);
    const responses = await asker.has(1_500);
    clearInterval(moving);
    expect(responses.map(({ number }) => number)).toEqual(Array.from({ length: 1_500 }, (_, i) => i));
  });

  it("AG-031: leaves a flood in the asker's own hands", async () => {
    const { path } = await agentScene({ rate: 2, now: () => 0 });
    const asker = new RawAsker(path);
    const request = Buffer.from(encodeRequest(dh(0)));
    const flood = Buffer.concat(Array.from({ length: 1_000 }, () => request));
    const before = process.memoryUsage().rss;
    let sent = 0;
    while (sent < 1_000 && asker.socket.write(flood)) sent++;
    for (let i = 0; i < 300 && sent < 1_000; i++) asker.socket.write(flood);
    await asker.has(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asker.responses.length).toBe(1);
    // 22 MB were written, and wait with who wrote them: the kernel took what its buffers hold and no more.
    expect(asker.socket.writableLength).toBeGreaterThan(20_000_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
  });

  it("AG-032: goes round, so that one who floods does not keep another from being answered", async () => {
    let now = 0;
    const { path } = await agentScene({ rate: 20, now: () => now });
    const [flood, second] = [new RawAsker(path), new RawAsker(path)];
    flood.ask(...Array.from({ length: 500 }, (_, i) => dh(i)));
    await flood.has(10);
    now += 1_000;
    second.ask(...Array.from({ length: 20 }, (_, i) => dh(i)));
    await second.has(5);
    const moving = setInterval(() => {
      now += 100;
    }, 2);
    await second.has(20);
    clearInterval(moving);
    // Each has what the other has, but for the ten before, and the turn that one is ahead.
    expect(flood.responses.length).toBeLessThan(45);
  });

  it("AG-033: reads no more from who does not take its answers", async () => {
    const { path, events } = await agentScene({ rate: 1e9 });
    const asker = new RawAsker(path);
    await once(asker.socket, "connect");
    asker.socket.pause();
    const requests = Buffer.concat(Array.from({ length: 500 }, (_, i) => encodeRequest(dh(i))));
    for (let i = 0; i < 60; i++) asker.socket.write(requests);
    let last = -1;
    const answered = () => events.filter(({ type }) => type === "answered").length;
    while (last !== answered()) {
      last = answered();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(last).toBeGreaterThan(100);
    expect(last).toBeLessThan(30_000);
    asker.socket.resume();
    expect(await asker.has(30_000)).toHaveLength(30_000);
  }, 60_000);

  it("AG-034: is for so many connections, and one more is ended", async () => {
    const { path, events } = await agentScene({ maxConnections: 2 });
    const [first, second] = [new RawAsker(path), new RawAsker(path)];
    first.ask(dh(0));
    second.ask(dh(0));
    await Promise.all([first.has(1), second.has(1)]);
    const third = new RawAsker(path);
    await third.closed;
    expect(events.at(-1)).toMatchObject({ type: "refused", reason: "limit" });
    first.socket.destroy();
    await expect.poll(() => events.at(-1)?.type).toBe("disconnected");
    const fourth = new RawAsker(path);
    fourth.ask(dh(0));
    expect(await fourth.has(1)).toHaveLength(1);
  });
});

const isRoot = process.getuid?.() === 0;
const linux = process.platform === "linux";

describe("who may ask an agent", () => {
  it.runIf(linux)("AG-020: is told by the system: this process", async () => {
    const { path, events, agent } = await agentScene();
    expect(agent.knowsWhoAsks).toBe(true);
    await keysAt(path);
    const { pid } = process;
    const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
    expect(events[0]).toMatchObject({ type: "connected", asker: { credentials: { pid, uid, gid } } });
  });

  it.runIf(linux && isRoot)(
    "AG-020, AG-024: is another user where that is said, and no third one",
    async () => {
      const { path, events } = await agentScene({ allowUids: [12_345] });
      expect((await stat(path)).mode & 0o777).toBe(0o666);
      await chmod(join(path, ".."), 0o755);
      const as = (uid: number) => askAs(uid, path);
      expect(await as(12_345)).toBe(44);
      expect(await as(12_346)).toBe(0);
      expect(await as(0)).toBe(0); // Not even the administrator, as nobody said so.
      expect(events.filter(({ type }) => type === "refused")).toMatchObject([
        { reason: "user", asker: { credentials: { uid: 12_346 } } },
        { reason: "user", asker: { credentials: { uid: 0 } } },
      ]);
    },
  );

  it("AG-020: is nobody of whom the system says nothing", async () => {
    const { path, events } = await agentScene({ credentials: () => undefined });
    const asker = new RawAsker(path);
    asker.ask(dh(0));
    await asker.closed;
    expect(asker.bytes).toBe(0);
    expect(events).toMatchObject([{ type: "refused", reason: "unknown user" }]);
  });

  it("AG-021, AG-022: is the own user alone by the socket's mode, where the system can't tell", async () => {
    const { path, agent } = await agentScene({ credentials: null });
    expect(agent.knowsWhoAsks).toBe(false);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const [key] = await keysAt(path);
    expect(await key?.dh(other.publicKey)).toEqual(serverKey.dh(other.publicKey));
    const keys = held("a");
    for (const allowUids of [[4_242], [4_242, 0], []]) {
      const make = () => new KeyAgent({ keys, allowUids, credentials: null });
      expect(make).toThrow(expect.objectContaining({ code: "ERR_HAWSER_AGENT_USERS" }));
    }
  });

  it.runIf(linux && isRoot)("AG-021: gives another user no connection by that mode", async () => {
    const { path } = await agentScene({ credentials: null });
    await chmod(join(path, ".."), 0o755);
    expect(await askAs(12_346, path)).toBe("EACCES");
  });

  it("AG-023: is not asked for in a folder where others could put another socket", async () => {
    const shared = join(await folder(), "shared");
    await mkdir(shared);
    const agent = new KeyAgent({ keys: held("a") });
    afterwards(() => agent.close());
    for (const mode of [0o777, 0o770, 0o702]) {
      await chmod(shared, mode);
      const listening = agent.listen(join(shared, "agent.sock"));
      await expect(listening).rejects.toMatchObject({ code: "ERR_HAWSER_AGENT_FOLDER" });
    }
    await chmod(shared, 0o1777); // As /tmp: nobody removes what is another's.
    await agent.listen(join(shared, "agent.sock"));
  });

  it("AG-022: may be asked where a dead agent was, and not where one lives, or something else is", async () => {
    const path = join(await folder(), "agent.sock");
    const leave = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    await once(spawn(process.execPath, ["-e", leave, path]), "exit");
    expect((await stat(path)).isSocket()).toBe(true);
    await agentScene({}, path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await keysAt(path)).toHaveLength(1);
    const second = new KeyAgent({ keys: held("a") });
    await expect(second.listen(path)).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect((await keysAt(path))[0]?.publicKey).toEqual(serverKey.publicKey);
  });

  it("says so of options that make no sense", () => {
    const keys = held("a");
    for (const options of [{ rate: 0 }, { rate: Number.NaN }, { maxConnections: 0 }]) {
      expect(() => new KeyAgent({ keys, ...options })).toThrow(/above 0/);
    }
  });
});

/** Asks for a key as another user: how many bytes come, or the error's code. */
async function askAs(uid: number, path: string): Promise<number | string> {
  const program = `let bytes = 0;
    const socket = require("node:net").connect(process.argv[1]);
    socket.on("connect", () => socket.write(Buffer.from(process.argv[2], "hex")));
    socket.on("data", (chunk) => { bytes += chunk.length; socket.destroy(); });
    let failure; socket.on("error", (error) => { failure = error.code; });
    socket.on("close", () => console.log(failure === undefined || failure === "EPIPE" || failure === "ECONNRESET" ? bytes : failure));`;
  const request = Buffer.from(encodeRequest({ type: "key", number: 0, index: 0 })).toString("hex");
  const child = spawn(process.execPath, ["-e", program, path, request], { uid, gid: uid, cwd: "/" });
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  await once(child, "close");
  return /^\d+$/.test(out.trim()) ? Number(out) : out.trim();
}
