/** Why: a stream that was cut must never look whole, and one that is whole must never look cut, on either side of a tunnel. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { afterwards, folder, readAll } from "./net/loopback.ts";
import { hear, joined, localTo, plainServer, tunnel } from "./tunnel/scene.ts";

type Pair = Awaited<ReturnType<typeof joined>>;

const sides = [
  ["the local program", ({ near, far }: Pair) => [near, far] as const],
  ["the service", ({ near, far }: Pair) => [far, near] as const],
] as const;

describe.each(sides)("%s", (_, order) => {
  it("ends its direction at once, and hears all of the other's", async () => {
    const pair = await joined();
    const [first, second] = order(pair);
    const [a, b] = [readAll(first), readAll(second)];
    first.end();
    expect(await b).toEqual({ data: Buffer.alloc(0), end: "end" });
    second.write("still here");
    await new Promise((resolve) => setTimeout(resolve, 50));
    second.end(" and done");
    expect(await a).toEqual({ data: Buffer.from("still here and done"), end: "end" });
    for (const told of [pair.serverTold, pair.clientTold]) {
      expect((await told.next("connectionClosed")).failure).toBeUndefined();
    }
  });

  it("ends its direction after data in both", async () => {
    const pair = await joined();
    const [first, second] = order(pair);
    const [a, b] = [readAll(first), readAll(second)];
    second.write("from the second, ");
    first.end("from the first");
    expect(await b).toEqual({ data: Buffer.from("from the first"), end: "end" });
    second.end("later");
    expect(await a).toEqual({ data: Buffer.from("from the second, later"), end: "end" });
  });

  it("breaks off mid-stream: the other is reset, and never at an end", async () => {
    const pair = await joined();
    const [first, second] = order(pair);
    first.resume();
    const b = readAll(second);
    first.write("the beginning of something");
    await once(second, "data");
    first.resetAndDestroy();
    const { data, end } = await b;
    expect(data.toString()).toBe("the beginning of something");
    expect(end).toMatchObject({ code: "ECONNRESET" });
    const events = await Promise.all([
      pair.serverTold.next("connectionClosed"),
      pair.clientTold.next("connectionClosed"),
    ]);
    const codes = events.map(({ failure }) => failure?.code).sort();
    expect(codes).toEqual(["ERR_HAWSER_ALERT_RECEIVED", "ERR_HAWSER_TUNNEL_RESET"]);
  });

  it("breaks off after it has ended its direction: the other's is reset", async () => {
    const pair = await joined();
    const [first, second] = order(pair);
    first.resume();
    const b = readAll(second);
    first.end("all of it");
    expect(await b).toEqual({ data: Buffer.from("all of it"), end: "end" });
    const broken = once(second, "error");
    first.destroy();
    const writing = setInterval(() => second.write("to nobody"), 20);
    afterwards(() => clearInterval(writing));
    const [error] = await broken;
    expect(["ECONNRESET", "EPIPE"]).toContain((error as NodeJS.ErrnoException).code);
  });

  it("breaks off after the other has ended its direction: what is lost is told", async () => {
    const pair = await joined();
    const [first, second] = order(pair);
    const a = readAll(first);
    second.end("all of it");
    expect((await a).end).toBe("end");
    first.write("not all of");
    await once(second, "data");
    const broken = once(second, "error");
    first.resetAndDestroy();
    const [error] = await broken;
    expect((error as NodeJS.ErrnoException).code).toBe("ECONNRESET");
  });
});

describe("a service that hangs up on an upload", () => {
  it("is heard: what it said before is there, and then the reset", async () => {
    for (let count = 0; count < 10; count++) {
      const { near, far, client, server } = await joined();
      const { end, heard } = hear(near);
      const uploading = setInterval(() => end.pending < 1_000_000 && end.write(Buffer.alloc(100_000)), 1);
      await once(far, "readable");
      // Data that it never reads is what makes the system reset the connection.
      far.write("413 too large", () => far.destroy());
      expect(await heard).toEqual({ length: 13, isWhole: false });
      clearInterval(uploading);
      await Promise.all([client.close({ grace: 0 }), server.close({ grace: 0 })]);
    }
  });
});

describe("a unix socket at both sides", () => {
  it("passes data and ends through", async () => {
    const at = await folder();
    const { to } = await plainServer((socket) => socket.pipe(socket), `${at}/service`);
    const { local, client } = await tunnel(to, {
      server: { at: { path: `${at}/tunnel` } },
      client: { at: { path: `${at}/near` } },
    });
    expect(client.address()).toBe(`${at}/near`);
    const near = await local();
    const all = readAll(near);
    near.end("through four sockets");
    expect(await all).toEqual({ data: Buffer.from("through four sockets"), end: "end" });
  });

  it("is closed when the other side breaks off, and what was said before it is all there", async () => {
    const at = await folder();
    const far: Socket[] = [];
    const { to } = await plainServer((socket) => far.push(socket));
    const { serverTold, clientTold } = await tunnel(to, { client: { at: { path: `${at}/near` } } });
    const near = await localTo({ path: `${at}/near` });
    const all = readAll(near);
    near.write("a question");
    await serverTold.next("connectionOpened");
    while (far.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    far[0]?.write("half an ans", () => far[0]?.resetAndDestroy());
    expect((await all).data.toString()).toBe("half an ans");
    expect((await clientTold.next("connectionClosed")).failure?.code).toBe("ERR_HAWSER_ALERT_RECEIVED");
  });
});
