/** Why: a service that is away has to be told of, in time and in words, at the far end of the tunnel; never waited for. */
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { ServiceAddress } from "../src/keys/index.ts";
import { clientKey } from "./model/pair.ts";
import { afterwards, folder, readAll } from "./net/loopback.ts";
import { forwardTunnel, KeyList, keys, plainServer, tunnel } from "./tunnel/scene.ts";

/** A port at which nothing listens. */
async function nowhere(): Promise<ServiceAddress> {
  const { server, to } = await plainServer(() => undefined);
  await new Promise((done) => server.close(done));
  return to;
}

/** A service that hangs, its backlog soon full: the system takes no more connections, and says nothing. */
async function hanging(): Promise<ServiceAddress> {
  const path = join(await folder(), "full");
  const worker = new Worker(
    `const { parentPort, workerData: path } = require("node:worker_threads");
    require("node:net").createServer().listen({ path, backlog: 1 }, () => {
      parentPort.postMessage("listening");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`,
    { eval: true, workerData: path },
  );
  afterwards(() => worker.terminate());
  await once(worker, "message");
  return { path };
}

describe("a service that can't be reached", () => {
  it.each([
    ["nothing listens at its port", nowhere, "nothing listens there (ECONNREFUSED)"],
    [
      "its unix socket is missing",
      async () => ({ path: join(await folder(), "x") }),
      "its socket is not there (ENOENT)",
    ],
    [
      "its host is not known",
      async () => ({ host: "nowhere.invalid", port: 1 }),
      /no host of that name|can't be reached/,
    ],
  ])("%s: the client gets unreachable, with words that name no address", async (_, place, words) => {
    const to = await place();
    const { local, serverTold, clientTold } = await tunnel(to);
    const near = await local();
    const all = readAll(near);
    near.write("is anybody there?");
    expect((await all).end).toMatchObject({ code: "ECONNRESET" });
    const { failure, backend } = await serverTold.next("backendFailed");
    expect(failure.code).toBe("ERR_HAWSER_TUNNEL_UNREACHABLE");
    expect(backend).toBe("path" in to ? to.path : `${to.host}:${to.port}`);
    expect(await clientTold.next("alertReceived")).toMatchObject({ name: "unreachable" });
    const told = (await clientTold.next("connectionClosed")).failure;
    expect(told?.code).toBe("ERR_HAWSER_ALERT_RECEIVED");
    expect(told?.words).toMatch(words);
    expect(told?.words).not.toContain(backend);
  });

  it("is given up at the connect timeout", async () => {
    const to = await hanging();
    const options = { server: { connectTimeout: 300 } };
    const { local, serverTold } = await tunnel(to, options);
    // The first few still find room in the backlog.
    const waiting = await Promise.all(Array.from({ length: 6 }, local));
    const before = performance.now();
    const { failure } = await serverTold.next("backendFailed");
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(failure.words).toMatch(/There was no connection/);
    const ends = await Promise.race(waiting.map(async (near) => (await readAll(near)).end));
    expect(ends).toMatchObject({ code: "ECONNRESET" });
  });

  it("is no longer dialled once the client has gone", async () => {
    const to = await hanging();
    const { local, server, serverTold } = await tunnel(to, { server: { connectTimeout: 60_000 } });
    const waiting = await Promise.all(Array.from({ length: 4 }, local));
    await serverTold.next("connectionOpened", 3);
    for (const near of waiting) near.resetAndDestroy();
    for (const near of waiting) near.destroy();
    await server.close({ grace: 0 });
    expect(server.status()).toEqual([]);
  });

  it("comes back: the next connection works", async () => {
    const path = join(await folder(), "service");
    const { local, serverTold } = await tunnel({ path });
    const first = await local();
    expect((await readAll(first)).end).toMatchObject({ code: "ECONNRESET" });
    await serverTold.next("backendFailed");
    await plainServer((socket) => socket.end("here again"), path);
    const second = await local();
    expect((await readAll(second)).data.toString()).toBe("here again");
  });
});

describe("a service", () => {
  it("is not connected to before the client is let in, and gets what the client said meanwhile", async () => {
    let arrived = 0;
    const { to } = await plainServer((socket) => {
      arrived++;
      socket.pipe(socket);
    });
    let decide: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      decide = resolve;
    });
    const list = keys();
    const slow = { lookup: (key: Uint8Array) => asked.then(() => list.lookup(key)) };
    const { local } = await tunnel(to, { server: { authorized: slow } });
    const near = await local();
    const all = readAll(near);
    near.end("said before anybody listened");
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(arrived).toBe(0);
    decide();
    expect(await all).toEqual({ data: Buffer.from("said before anybody listened"), end: "end" });
    expect(arrived).toBe(1);
  });

  it("never hears of a client that is not let in", async () => {
    let arrived = 0;
    const { to } = await plainServer(() => arrived++);
    const nobody = { lookup: async () => undefined };
    const { local, serverTold, clientTold } = await tunnel(to, { server: { authorized: nobody } });
    const near = await local();
    expect((await readAll(near)).end).toMatchObject({ code: "ECONNRESET" });
    expect((await serverTold.next("refused")).failure.code).toBe("ERR_HAWSER_DENIED");
    const { failure } = await clientTold.next("connectFailed");
    expect(failure).toMatchObject({
      code: "ERR_HAWSER_ALERT_RECEIVED",
      words: expect.stringContaining("not_authorized"),
    });
    expect(arrived).toBe(0);
  });

  it("is the one that the key names", async () => {
    const other = await plainServer((socket) => socket.end("the key's own"));
    const { to } = await plainServer((socket) => socket.end("everybody's"));
    const named = "host" in other.to ? `${other.to.host}:${other.to.port}` : "";
    const authorized = new KeyList().add(clientKey.publicKey, "client", { to: named });
    const { local, serverTold } = await tunnel(to, { server: { authorized } });
    expect((await readAll(await local())).data.toString()).toBe("the key's own");
    expect((await serverTold.next("connectionOpened")).backend).toBe(named);
  });
});

describe("a server that can't be reached", () => {
  it("is told to the local program at once, and to the log with its code", async () => {
    const { local, told } = await forwardTunnel(await nowhere());
    const near = await local();
    const before = performance.now();
    expect((await readAll(near)).end).toMatchObject({ code: "ECONNRESET" });
    expect(performance.now() - before).toBeLessThan(5_000);
    const { failure, retryIn } = await told.next("connectFailed");
    expect(failure.code).toBe("ERR_HAWSER_CONNECT");
    expect(failure.words).toContain("ECONNREFUSED");
    expect(retryIn).toBeUndefined();
  });

  it("is not waited for longer than the connect timeout", async () => {
    const { to } = await plainServer((socket) => socket.resume());
    const { local, told } = await forwardTunnel(to, { connectTimeout: 200 });
    expect((await readAll(await local())).end).toMatchObject({ code: "ECONNRESET" });
    expect((await told.next("connectFailed")).failure.code).toBe("ERR_HAWSER_TIMEOUT");
  });
});
