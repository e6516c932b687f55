/** Why: a limit that is reached in silence looks like a fault, and one that is not kept is none. */
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { clientKey, serverKey, testKey } from "./model/pair.ts";
import { readAll } from "./net/loopback.ts";
import { forwardTunnel, hear, joined, KeyList, plainServer, serveTunnel, tunnel } from "./tunnel/scene.ts";

const echo = () => plainServer((socket) => socket.on("error", () => undefined).pipe(socket));

/** What a local program gets back; it ends first. */
async function answer(near: Socket, text: string): Promise<{ data: string; end: unknown }> {
  const all = readAll(near);
  near.end(text);
  const { data, end } = await all;
  return { data: data.toString(), end };
}

const broken = { data: "", end: expect.objectContaining({ code: "ECONNRESET" }) };

describe("a limit on connections", () => {
  it.each([
    ["of all", { limits: { connections: 1 } }, "connections", "ERR_HAWSER_REFUSED"],
    ["of a key", { limits: { connectionsPerKey: 1 } }, "connectionsPerKey", "ERR_HAWSER_ALERT_RECEIVED"],
    [
      "that the key's own line sets",
      { authorized: new KeyList().add(clientKey.publicKey, "client", { max: 1 }) },
      "connectionsPerKey",
      "ERR_HAWSER_ALERT_RECEIVED",
    ],
    [
      "from an address",
      { limits: { connectionsPerAddress: 1 } },
      "connectionsPerAddress",
      "ERR_HAWSER_ALERT_RECEIVED",
    ],
  ])("%s: one more is told busy, and is let in once there is room", async (_, options, limit, code) => {
    const { to } = await echo();
    const { local, serverTold, clientTold } = await tunnel(to, { server: options });
    const first = await local();
    await serverTold.next("connectionOpened");
    expect(await answer(await local(), "too many")).toEqual(broken);
    expect(await serverTold.next("limitReached")).toMatchObject({ limit });
    expect((await serverTold.next("alertSent")).name).toBe("busy");
    const { failure } = await clientTold.next("connectFailed");
    expect(failure).toMatchObject({ code, words: expect.stringContaining("busy") });
    expect(await answer(first, "within")).toEqual({ data: "within", end: "end" });
    await serverTold.next("connectionClosed");
    await clientTold.next("connectionClosed");
    await sleep(50);
    expect(await answer(await local(), "room again")).toEqual({ data: "room again", end: "end" });
  });

  it("of a key holds for several that come at once, too", async () => {
    const { to } = await echo();
    const { local, server, serverTold } = await tunnel(to, { server: { limits: { connectionsPerKey: 3 } } });
    const all = await Promise.all(Array.from({ length: 12 }, local));
    for (const near of all) near.on("data", () => undefined).write("in?");
    while (serverTold.of("alertSent").length < 9) await sleep(10);
    expect(server.status()).toHaveLength(3);
    expect(serverTold.of("connectionOpened")).toHaveLength(3);
  });

  it("of one key takes no room from another", async () => {
    const { to } = await echo();
    const other = testKey("other client");
    const authorized = new KeyList()
      .add(clientKey.publicKey, "client", { max: 1 })
      .add(other.publicKey, "other", { max: 1 });
    const { local, server, serverTold } = await tunnel(to, { server: { authorized } });
    await local();
    await serverTold.next("connectionOpened");
    const { port } = server.address() as { port: number };
    const target = { keyPair: other, serverKey: serverKey.publicKey, host: "127.0.0.1", port };
    const second = await forwardTunnel({ host: "127.0.0.1", port }, { target });
    expect(await answer(await second.local(), "mine")).toEqual({ data: "mine", end: "end" });
    expect(serverTold.of("connectionOpened").map(({ peer }) => peer.keyName)).toEqual(["client", "other"]);
  });

  it("of local programs breaks one more off at once", async () => {
    const { to } = await echo();
    const { local, clientTold } = await tunnel(to, { client: { connections: 1 } });
    const first = await local();
    await clientTold.next("connectionOpened");
    // The reset may come before the program knows that it is connected.
    const end = await local().then(
      async (near) => (await readAll(near)).end,
      (error) => error,
    );
    expect(end).toMatchObject({ code: "ECONNRESET" });
    expect(await clientTold.next("limitReached")).toMatchObject({ limit: "connections" });
    expect(await answer(first, "still")).toEqual({ data: "still", end: "end" });
  });

  it("of handshakes closes one more without a word", async () => {
    const { to } = await echo();
    const { server, told } = await serveTunnel(to, { limits: { handshakesPerAddress: 0 } });
    const { port } = server.address() as { port: number };
    const { local, told: clientTold } = await forwardTunnel({ host: "127.0.0.1", port });
    expect((await readAll(await local())).end).toMatchObject({ code: "ECONNRESET" });
    expect(await told.next("limitReached")).toMatchObject({ limit: "handshakesPerAddress" });
    expect((await told.next("refused")).failure.code).toBe("ERR_HAWSER_LIMIT");
    expect((await clientTold.next("connectFailed")).failure.code).toMatch(/TRUNCATED|NO_ANSWER/);
  });
});

describe("where a key may come from", () => {
  it("is held against its address: elsewhere it is not authorized, and the log says why", async () => {
    const { to } = await echo();
    const authorized = new KeyList().add(clientKey.publicKey, "client", { from: ["192.0.2.0/24"] });
    const { local, serverTold, clientTold } = await tunnel(to, { server: { authorized } });
    expect(await answer(await local(), "let me in")).toEqual(broken);
    expect((await serverTold.next("refused")).failure.code).toBe("ERR_HAWSER_TUNNEL_ORIGIN");
    expect((await clientTold.next("connectFailed")).failure.words).toContain("not_authorized");
  });

  it("may be here", async () => {
    const { to } = await echo();
    const from = ["192.0.2.0/24", "127.0.0.0/8"];
    const authorized = new KeyList().add(clientKey.publicKey, "client", { from });
    const { local } = await tunnel(to, { server: { authorized } });
    expect(await answer(await local(), "from here")).toEqual({ data: "from here", end: "end" });
  });
});

describe("the idle limit", () => {
  it.each(["server", "client"] as const)(
    "of the %s ends a connection in which nothing passes, and says so",
    async (side) => {
      const { near, far, serverTold, clientTold } = await joined({ [side]: { idleTimeout: 150 } });
      const ends = await Promise.all([readAll(near), readAll(far)]);
      for (const { end } of ends) expect(end).toMatchObject({ code: "ECONNRESET" });
      const [own, other] = side === "server" ? [serverTold, clientTold] : [clientTold, serverTold];
      expect((await own.next("connectionClosed")).failure?.code).toBe("ERR_HAWSER_TUNNEL_IDLE");
      expect(await other.next("alertReceived")).toMatchObject({ name: "timeout" });
      expect((await other.next("connectionClosed")).failure?.words).toContain("nothing passed for 0.15 s");
    },
  );

  it("counts only silence: data in one direction is enough, after a half-close too", async () => {
    // Longer in all than the limit, of which each pause is a tenth, so that a busy machine makes none of them too long.
    const idleTimeout = 1_000;
    const { near, far } = await joined({ server: { idleTimeout }, client: { idleTimeout } });
    const all = readAll(near);
    far.resume();
    near.end("one word");
    const words = [..."abcdefghijklmno"];
    for (const word of words) {
      await sleep(100);
      far.write(word);
    }
    far.end();
    expect(await all).toEqual({ data: Buffer.from(words.join("")), end: "end" });
  });

  it("ends what a plain side does not take, though the channel has ended", async () => {
    const { near, far, clientTold } = await joined({ client: { idleTimeout: 300 } });
    near.end();
    far.end(Buffer.alloc(30_000_000));
    far.resume();
    expect((await clientTold.next("connectionClosed")).failure?.code).toBe("ERR_HAWSER_TUNNEL_IDLE");
    expect((await hear(near).heard).isWhole).toBe(false);
  });

  it("begins when the connection does, not while it is made", async () => {
    const slow = {
      lookup: (key: Uint8Array) => sleep(400).then(() => new KeyList().add(key, "slow").lookup(key)),
    };
    const { to } = await echo();
    const { local } = await tunnel(to, { server: { authorized: slow }, client: { idleTimeout: 150 } });
    expect(await answer(await local(), "at last")).toEqual({ data: "at last", end: "end" });
  });

  it("does not take a reader that is slow for one that is silent", async () => {
    const { near, far } = await joined({ server: { idleTimeout: 1_500 }, client: { idleTimeout: 1_500 } });
    const amount = 64_000_000;
    near.end();
    far.resume();
    far.end(Buffer.alloc(amount, 1));
    // Half a megabyte at a time, with pauses that are shorter than the limit, for longer than it.
    let got = 0;
    let turn = 0;
    const began = performance.now();
    const failure = await new Promise<Error | undefined>((resolve) => {
      near.on("error", resolve).on("end", () => resolve(undefined));
      near.on("data", (bytes: Buffer) => {
        got += bytes.length;
        turn += bytes.length;
        if (turn < 500_000) return;
        turn = 0;
        near.pause();
        setTimeout(() => near.resume(), 25);
      });
    });
    expect(failure).toBeUndefined();
    expect(got).toBe(amount);
    expect(performance.now() - began).toBeGreaterThan(2_500);
  });
});
