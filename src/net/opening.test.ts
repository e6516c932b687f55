/** Why: a socket given up, or never begun, before it is open must leave nothing behind, and say why. */
import { once } from "node:events";
import { Duplex, PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { clientKey, serverKey } from "../../properties/model/pair.ts";
import { joinIn, readAll, rejection, serve, serveRaw } from "../../properties/net/loopback.ts";
import { accept } from "./accept.ts";
import { connect, createConnection } from "./connect.ts";

const expected = { keyPair: clientKey, serverKey: serverKey.publicKey };

describe("a signal", () => {
  it("gives up, with its reason, before and while connecting", async () => {
    const { port } = await serveRaw(() => undefined);
    const reason = new Error("enough");
    const target = { ...expected, host: "127.0.0.1", port };
    expect(await rejection(connect({ ...target, signal: AbortSignal.abort(reason) }))).toBe(reason);
    const controller = new AbortController();
    const connecting = rejection(connect({ ...target, signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 5);
    expect(await connecting).toBe(reason);
  });

  it("heard before there is anything to give up keeps anything from beginning", async () => {
    let lookups = 0;
    const lookup = () => void lookups++;
    const socket = createConnection({ ...expected, host: "example.invalid", port: 1, lookup });
    // The socket begins in the tick before, and waits for the primitives.
    process.nextTick(() => socket.destroy());
    await once(socket, "close");
    await new Promise(setImmediate);
    expect(lookups).toBe(0);
  });

  it("has no effect once the connection is open", async () => {
    const controller = new AbortController();
    const server = await serve((socket) => void socket.pipe(socket));
    const socket = await joinIn(server, { signal: controller.signal });
    controller.abort();
    socket.end("still here");
    expect((await readAll(socket)).data.toString()).toBe("still here");
  });
});

describe("a stream that is handed in", () => {
  const idle = () =>
    new Duplex({ read: () => undefined, write: (_chunk, _encoding, callback) => void callback() });
  const client = { keyPair: clientKey, serverKey: serverKey.publicKey };
  const server = { keyPair: serverKey, authorize: () => true };

  it("may fail at once, before anything listens to it", async () => {
    for (const begin of [
      (stream: Duplex) => connect({ stream, ...client }),
      (stream: Duplex) => accept(stream, server),
    ]) {
      const stream = idle();
      const reason = rejection(begin(stream));
      stream.destroy(new Error("reset"));
      expect(await reason).toMatchObject({ code: expect.any(String), cause: { message: "reset" } });
    }
  });

  it("is destroyed where the options turn out to make no sense", async () => {
    for (const begin of [
      (stream: Duplex) => connect({ stream, ...client, context: "no spaces, please" }),
      (stream: Duplex) => accept(stream, { ...server, contexts: [] }),
    ]) {
      const stream = idle();
      expect(await rejection(begin(stream))).toMatchObject({ code: "ERR_HAWSER_USAGE" });
      expect(stream.destroyed).toBe(true);
    }
  });

  it("is refused, and left alone, where it is no Duplex of bytes", async () => {
    const half = new Writable({ write: () => undefined });
    const objects = new PassThrough({ objectMode: true });
    for (const stream of [42, {}, half, objects] as Duplex[]) {
      for (const begun of [connect({ ...client, stream }), accept(stream, server)]) {
        expect(await rejection(begun)).toMatchObject({ code: "ERR_HAWSER_USAGE" });
      }
    }
    expect([half.destroyed, objects.destroyed]).toEqual([false, false]);
  });
});
