/** Why: keys are changed, and servers stopped, while connections are open; none of them is to notice that should not. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { clientKey, serverKey, testKey } from "./model/pair.ts";
import { readAll } from "./net/loopback.ts";
import { forwardTunnel, joined, KeyList, keys, plainServer, tunnel } from "./tunnel/scene.ts";

const newKey = testKey("new server");
const newClient = testKey("new client");
const echo = () => plainServer((socket) => socket.pipe(socket));

describe("a server that is given other keys", () => {
  it("changes its key with two of them: old and new clients get in, and at last only new ones", async () => {
    const { to } = await echo();
    const { server, local, serverTold } = await tunnel(to);
    const { port } = server.address() as { port: number };
    const target = { keyPair: clientKey, serverKey: newKey.publicKey, host: "127.0.0.1", port };
    const next = await forwardTunnel({ host: "127.0.0.1", port }, { target });

    const lasting = await local();
    lasting.write("from the beginning, ");
    await once(lasting, "data");
    expect((await readAll(await next.local())).end).toMatchObject({ code: "ECONNRESET" });
    expect((await next.told.next("connectFailed")).failure.code).toBe("ERR_HAWSER_SERVER_KEY_MISMATCH");

    server.take({ keyPairs: [newKey, serverKey], authorized: keys() });
    for (const which of [local, next.local]) {
      const near = await which();
      near.end("either key");
      expect((await readAll(near)).data.toString()).toBe("either key");
    }
    expect((await serverTold.next("reloaded")).publicKeys).toHaveLength(2);

    server.take({ keyPairs: [newKey], authorized: keys() });
    expect((await readAll(await local())).end).toMatchObject({ code: "ECONNRESET" });
    const all = readAll(lasting);
    lasting.end("to the end");
    expect(await all).toEqual({ data: Buffer.from("to the end"), end: "end" });
    expect(server.url()).not.toBe("");
    expect((await serverTold.next("listening")).url).not.toBe(server.url());
  });

  it("ends the connections of keys that are authorized no more, and no others", async () => {
    const { to } = await echo();
    const authorized = new KeyList().add(clientKey.publicKey, "client").add(newClient.publicKey, "new");
    const { server, local, clientTold, serverTold } = await tunnel(to, { server: { authorized } });
    const { port } = server.address() as { port: number };
    const target = { keyPair: newClient, serverKey: serverKey.publicKey, host: "127.0.0.1", port };
    const next = await forwardTunnel({ host: "127.0.0.1", port }, { target });
    const [removed, kept] = [await local(), await next.local()];
    await serverTold.next("connectionOpened", 1);
    const ended = readAll(removed);
    const lasting = readAll(kept);
    server.take({ keyPairs: [serverKey], authorized: new KeyList().add(newClient.publicKey, "new") });
    expect((await ended).end).toMatchObject({ code: "ECONNRESET" });
    expect((await clientTold.next("connectionClosed")).failure?.words).toContain("not_authorized");
    kept.end("still here");
    expect(await lasting).toEqual({ data: Buffer.from("still here"), end: "end" });
  });

  it("loses no connection of many while it happens again and again", async () => {
    const { to } = await echo();
    const { server, local } = await tunnel(to);
    let isOver = false;
    const reloading = (async () => {
      while (!isOver) {
        server.take({ keyPairs: [serverKey, newKey], authorized: keys() });
        await sleep(1);
      }
    })();
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        await sleep(index * 3);
        const near = await local();
        const all = readAll(near);
        near.end(`${index}`.repeat(50_000));
        return (await all).data.toString() === `${index}`.repeat(50_000);
      }),
    );
    isOver = true;
    await reloading;
    expect(answers.every((isGood) => isGood)).toBe(true);
  });
});

describe("a client that is given another key", () => {
  it("connects with it, and leaves what is open alone", async () => {
    const { to } = await echo();
    const authorized = new KeyList().add(clientKey.publicKey, "old").add(newClient.publicKey, "new");
    const pool = { size: 1 };
    const { server, client, local, serverTold, clientTold } = await tunnel(to, {
      server: { authorized },
      client: { pool },
    });
    await clientTold.next("poolChanged");
    const lasting = await local();
    lasting.write("before");
    await once(lasting, "data");
    const { port } = server.address() as { port: number };
    client.take({ keyPair: newClient, serverKey: serverKey.publicKey, host: "127.0.0.1", port });
    const near = await local();
    near.end("after");
    expect((await readAll(near)).data.toString()).toBe("after");
    const names = serverTold.of("connectionOpened").map(({ peer }) => peer.keyName);
    expect(names.at(-1)).toBe("new");
    const all = readAll(lasting);
    lasting.end("to the end");
    expect(await all).toEqual({ data: Buffer.from("to the end"), end: "end" });
  });
});

describe.each(["server", "client"] as const)("the end of the %s", (side) => {
  it("waits for connections that come to theirs in time", async () => {
    const { near, far, serverTold, clientTold, ...ends } = await joined();
    await Promise.all([serverTold.next("connectionOpened"), clientTold.next("connectionOpened")]);
    const all = readAll(near);
    const closing = ends[side].close({ grace: 20_000 });
    far.resume();
    far.write("the last ");
    await sleep(50);
    far.end("word");
    near.end();
    expect(await all).toEqual({ data: Buffer.from("the last word"), end: "end" });
    await closing;
    const told = side === "server" ? serverTold : clientTold;
    expect(told.events.slice(-3).map(({ type }) => type)).toContain("connectionClosed");
    expect(told.events.at(-1)).toEqual({ type: "closed" });
  });

  it("breaks off what a plain side will not take, though the channel has ended", async () => {
    const { near, far, serverTold, clientTold, ...ends } = await joined({ client: { idleTimeout: 60_000 } });
    await Promise.all([serverTold.next("connectionOpened"), clientTold.next("connectionOpened")]);
    const [reader, writer] = side === "server" ? [far, near] : [near, far];
    reader.end();
    writer.resume();
    for (let size = 0; size < 60_000_000; size += 1_000_000) writer.write(Buffer.alloc(1_000_000));
    await sleep(300);
    writer.end();
    const told = side === "server" ? serverTold : clientTold;
    const began = performance.now();
    await ends[side].close({ grace: 50 });
    expect(performance.now() - began).toBeLessThan(20_000);
    expect((await told.next("connectionClosed")).failure?.code).toMatch(/TUNNEL_ENDED|TUNNEL_RESET/);
  });

  it("breaks the others off when its time is up, and says why", async () => {
    const { near, far, serverTold, clientTold, ...ends } = await joined();
    await Promise.all([serverTold.next("connectionOpened"), clientTold.next("connectionOpened")]);
    const heard = Promise.all([readAll(near), readAll(far)]);
    await ends[side].close({ grace: 100 });
    for (const { end } of await heard) expect(end).toMatchObject({ code: "ECONNRESET" });
    const [own, other] = side === "server" ? [serverTold, clientTold] : [clientTold, serverTold];
    expect((await own.next("connectionClosed")).failure?.code).toBe("ERR_HAWSER_TUNNEL_ENDED");
    expect((await other.next("alertReceived")).name).toBe(side === "server" ? "going_away" : "cancelled");
  });
});
