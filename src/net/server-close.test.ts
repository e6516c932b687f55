/** Why: a server that is told to stop must stop, in a time that no client has a say in. */
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { serverKey } from "../../properties/model/pair.ts";
import {
  afterwards,
  joinIn,
  readAll,
  rejection,
  serve,
  until,
  visitor,
} from "../../properties/net/loopback.ts";
import { createServer } from "./server.ts";

const ignore = () => undefined;

describe("close", () => {
  it("lets connections come to their end", async () => {
    const server = await serve((socket) => void socket.pipe(socket));
    const socket = await joinIn(server);
    let isClosed = false;
    const closed = server.close((error) => {
      expect(error).toBeUndefined();
      isClosed = true;
    });
    expect(await rejection(joinIn(server).catch((error) => Promise.reject(error)))).toBeInstanceOf(Error);
    socket.end("last words");
    expect(await readAll(socket)).toEqual({ data: Buffer.from("last words"), end: "end" });
    await closed;
    expect(isClosed).toBe(true);
  });

  it("AL-017: tells going_away to those that have not ended after the grace time", async () => {
    const server = await serve((socket) => void socket.pipe(socket), { closeGrace: 20 });
    const socket = await joinIn(server);
    const [{ end }] = await Promise.all([readAll(socket), server.close()]);
    expect(end).toMatchObject({ code: "ERR_HAWSER_ALERT_RECEIVED", alertName: "going_away" });
  });

  it("tells going_away to handshakes under way, as far as they have come", async () => {
    let decide: (answer: boolean) => void = ignore;
    const authorize = () =>
      new Promise<boolean>((resolve) => {
        decide = resolve;
      });
    const server = await serve(ignore, { authorize });
    const { gone } = await visitor(server);
    const deciding = rejection(joinIn(server));
    await until(() => decide !== ignore);
    const closed = server.close({ grace: 20 });
    expect(await deciding).toMatchObject({ alertName: "going_away" });
    decide(true);
    expect(await gone).toMatchObject({ data: Buffer.alloc(0) });
    await closed;
  });

  it("does not wait for a peer that takes the last of it in drips", async () => {
    const much = 64 * 2 ** 20;
    const server = await serve((socket) => void socket.resume().end(Buffer.alloc(much)), {
      highWaterMark: 2 * much,
      drain: { timeout: 500 },
    });
    const socket = await joinIn(server, { highWaterMark: 2 ** 20 });
    socket.on("error", () => undefined);
    let taken = 0;
    const drips = setInterval(() => {
      taken += (socket.read() as Buffer | null)?.length ?? 0;
    }, 40);
    afterwards(() => clearInterval(drips));
    socket.end();
    await until(() => server.connections.size === 0); // Both have ended: what is left, the system takes.
    await server.close({ grace: 0 });
    expect(taken).toBeLessThan(much / 2);
  });

  it("is refused with a time that is none", async () => {
    const server = await serve(ignore);
    expect(() => server.close({ grace: Number.NaN })).toThrow(
      expect.objectContaining({ code: "ERR_HAWSER_USAGE" }),
    );
    expect(server.listening).toBe(true);
  });

  it("may be called before it listens, twice, and at once", async () => {
    const server = createServer({ keyPair: serverKey, authorize: () => true });
    await server.close();
    server.listen(0, "127.0.0.1");
    await server.close();
    expect(server.listening).toBe(false);
    await once(server.listen(0, "127.0.0.1"), "listening");
    await Promise.all([server.close(), server.close()]);
  });
});
