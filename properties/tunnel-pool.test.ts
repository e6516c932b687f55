/** Why: a connection that was made ahead may have died since, and whoever gets a dead one is worse off than without a pool. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { afterwards, readAll } from "./net/loopback.ts";
import { forwardTunnel, localTo, plainServer, serveTunnel, type Told, tunnel } from "./tunnel/scene.ts";

const echo = () => plainServer((socket) => socket.pipe(socket));

/** Waits until so many connections stand ready. */
async function ready(told: Told, count: number): Promise<void> {
  while (told.of("poolChanged").at(-1)?.ready !== count) await sleep(5);
}

async function echoed(near: Socket, text: string): Promise<string> {
  const all = readAll(near);
  near.end(text);
  const { data, end } = await all;
  expect(end).toBe("end");
  return data.toString();
}

describe("a pool", () => {
  it("has connections ready, hands each out once, and makes new ones", async () => {
    const { to, sockets } = await echo();
    const { local, clientTold } = await tunnel(to, { client: { pool: { size: 2 } } });
    await ready(clientTold, 2);
    for (let count = 1; count <= 5; count++) {
      expect(await echoed(await local(), `program ${count}`)).toBe(`program ${count}`);
      await ready(clientTold, 2);
    }
    expect(clientTold.of("handshakeDone").every(({ outcome }) => outcome === "open")).toBe(true);
    expect(clientTold.of("connectionClosed")).toHaveLength(5);
    while (sockets.length < 7) await sleep(5);
    expect(sockets).toHaveLength(7);
  });

  it("keeps what the service says first for whoever comes", async () => {
    const { to } = await plainServer((socket) => {
      socket.write("220 welcome\n");
      socket.pipe(socket);
    });
    const { local, clientTold } = await tunnel(to, { client: { pool: { size: 1 } } });
    await ready(clientTold, 1);
    await sleep(50);
    expect(await echoed(await local(), "HELO")).toBe("220 welcome\nHELO");
  });

  it("keeps no more of it than a bounded piece, and hands out all of it", async () => {
    const banner = Buffer.alloc(3_000_000, "banner ");
    const { to } = await plainServer((socket) => socket.write(banner));
    const { local, clientTold, client } = await tunnel(to, {
      client: { pool: { size: 1, pingInterval: 20, pingTimeout: 1_000 } },
    });
    await ready(clientTold, 1);
    await sleep(2_500);
    expect(clientTold.of("connectFailed")).toEqual([]);
    const near = await local();
    let got = Buffer.alloc(0);
    while (got.length < banner.length) got = Buffer.concat([got, ...(await once(near, "data"))]);
    expect(got.equals(banner)).toBe(true);
    expect(client.status()).toHaveLength(1);
  });

  it.each([
    ["that ended", (socket: Socket) => socket.end()],
    ["that was broken off", (socket: Socket) => socket.resetAndDestroy()],
  ])("hands out none %s", async (_, end) => {
    const { to, sockets } = await plainServer((socket) => void socket.pipe(socket));
    const { local, clientTold } = await tunnel(to, { client: { pool: { size: 3 } } });
    await ready(clientTold, 3);
    while (sockets.length < 3) await sleep(5);
    for (const socket of sockets.slice()) end(socket);
    await ready(clientTold, 0);
    expect(await echoed(await local(), "alive")).toBe("alive");
    await ready(clientTold, 3);
  });

  it("hands out none whose server gives no sign of life", async () => {
    const { to } = await echo();
    const { server } = await serveTunnel(to);
    const { port } = server.address() as { port: number };
    // Between the two something that stops to pass anything on, and closes nothing.
    let isDeaf = false;
    const between = await plainServer((near) => {
      void localTo({ host: "127.0.0.1", port }).then((far) => {
        near.on("data", (bytes) => isDeaf || far.write(bytes));
        far.on("data", (bytes) => isDeaf || near.write(bytes));
        near.on("close", () => far.destroy());
      });
    });
    const pool = { size: 2, pingInterval: 50, pingTimeout: 1_000 };
    const { told, local } = await forwardTunnel(between.to, { pool });
    await ready(told, 2);
    await sleep(300);
    expect(told.of("connectFailed")).toEqual([]);
    isDeaf = true;
    await ready(told, 0);
    isDeaf = false;
    expect(await echoed(await local(), "after")).toBe("after");
  });

  it("tries ever more rarely while there is no server, and says when", async () => {
    const { to } = await echo();
    const { server } = await serveTunnel(to);
    const { port } = server.address() as { port: number };
    await server.close({ grace: 0 });
    const { told } = await forwardTunnel({ host: "127.0.0.1", port }, { pool: { size: 4 } });
    const waits = [];
    for (let index = 0; index < 3; index++) waits.push((await told.next("connectFailed", index)).retryIn);
    expect(waits).toEqual([250, 500, 1_000]);
    const again = await serveTunnel(to, { at: { host: "127.0.0.1", port } });
    await ready(told, 4);
    afterwards(() => again.server.close({ grace: 0 }));
  });

  it("does not begin anew at once where the service ends what it gets", async () => {
    const { to, sockets } = await plainServer((socket) => socket.end());
    await tunnel(to, { client: { pool: { size: 2 } } });
    await sleep(600);
    expect(sockets.length).toBeLessThanOrEqual(6);
  });

  it("is no more once the tunnel is closed, whose programs are served to their end", async () => {
    const { to } = await echo();
    const { local, client, clientTold, server } = await tunnel(to, { client: { pool: { size: 3 } } });
    await ready(clientTold, 3);
    const near = await local();
    await ready(clientTold, 3);
    const closing = client.close({ grace: 5_000 });
    while (server.status().length > 1) await sleep(5);
    expect(await echoed(near, "the last word")).toBe("the last word");
    await closing;
    expect(clientTold.of("connectionClosed")[0]?.failure).toBeUndefined();
  });
});
