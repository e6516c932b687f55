/**
 * Why: an alert is worth as much as its arrival. A server that writes it and closes loses it every time to a client
 * that is still writing and reads late, and no test with a prompt reader shows that.
 */
import { createServer as createNetServer, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { afterEach, describe, expect, it } from "vitest";
import { accept } from "../src/net/accept.ts";
import { connect } from "../src/net/connect.ts";
import { AlertError } from "../src/net/errors.ts";
import type { HawserSocket } from "../src/net/socket.ts";
import { clientKey, serverKey } from "./model/pair.ts";
import { folder, joinIn, pattern, readAll, serve, until } from "./net/loopback.ts";

const attempts = 20;
const atOnce = 10;
const chunk = pattern(65_536);
const before = pattern(30_000, 7);
/** When the client begins to read, in milliseconds after it began to write. */
const late = 300;

/** Writes without a pause, looking at nothing but `write`'s own answer. */
function writeOn(socket: HawserSocket): void {
  const more = () => {
    while (!socket.destroyed && socket.failure === undefined) if (!socket.write(chunk)) return;
  };
  socket.on("drain", more);
  more();
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs all attempts, ten at a time, and counts those in which the data before the alert and the alert arrived. */
async function delivered(attempt: () => Promise<HawserSocket>, reading = late): Promise<number> {
  let count = 0;
  for (let round = 0; round < attempts / atOnce; round++) {
    const outcomes = await Promise.all(
      Array.from({ length: atOnce }, async () => {
        const client = await attempt();
        client.on("error", () => undefined);
        writeOn(client);
        await pause(reading);
        return readAll(client);
      }),
    );
    for (const { data, end } of outcomes) {
      if (data.equals(before) && end instanceof AlertError && end.alert === 0x8001 && end.words === "enough")
        count++;
    }
  }
  return count;
}

/** Says something, and gives up without having read a byte. */
async function giveUp(socket: HawserSocket): Promise<void> {
  socket.write(before);
  await socket.flush();
  // The client's data is there, unread, by now.
  await until(() => socket.readableLength > 0);
  socket.destroy(new AlertError(0x8001, "enough"));
}

describe("G7: an alert arrives, with the data before it", () => {
  it("at clients that write on and read late", async () => {
    const server = await serve((socket) => void giveUp(socket));
    expect(await delivered(() => joinIn(server))).toBe(attempts);
  });

  it("at clients that read at once", async () => {
    const server = await serve((socket) => void giveUp(socket));
    expect(await delivered(() => joinIn(server), 0)).toBe(attempts);
  });

  it("over unix sockets", async () => {
    const server = await serve((socket) => void giveUp(socket), { path: `${await folder()}/s.sock` });
    expect(await delivered(() => joinIn(server))).toBe(attempts);
  });

  it("ST-029: at clients that write more than the server drains, which then resets the connection", async () => {
    const drain = { timeout: 100, bytes: 65_536 };
    const server = await serve((socket) => void giveUp(socket), { drain });
    expect(await delivered(() => joinIn(server))).toBe(attempts);
  });

  it("at servers as well", async () => {
    const outcomes: Promise<{ data: Buffer; end: unknown }>[] = [];
    const server = await serve((socket) => {
      writeOn(socket);
      outcomes.push(pause(late).then(() => readAll(socket)));
    });
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        const client = await joinIn(server);
        client.on("error", () => undefined);
        await giveUp(client);
      }),
    );
    await until(() => outcomes.length === atOnce);
    for (const { data, end } of await Promise.all(outcomes)) {
      expect(data.equals(before)).toBe(true);
      expect(end).toMatchObject({ alert: 0x8001, words: "enough" });
    }
  });
});

describe("the obvious ways", () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it("lose it: a transport that is closed at once, with input unread", async () => {
    const net = createNetServer({ allowHalfOpen: true }, (raw: Socket) => {
      raw.on("error", () => undefined);
      void accept(raw, { keyPair: serverKey, authorize: () => true }).then(async (socket) => {
        socket.on("error", () => undefined);
        socket.on("close", () => raw.destroy());
        await giveUp(socket);
      });
    });
    closing.push(() => new Promise((done) => net.close(done)));
    await new Promise<void>((done) => net.listen(0, "127.0.0.1", done));
    const address = net.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const target = { host: "127.0.0.1", port, keyPair: clientKey, serverKey: serverKey.publicKey };
    const count = await delivered(async () => {
      const socket = await connect(target);
      closing.push(() => socket.destroy());
      return socket;
    });
    // What counts is that this can be lost, so that the tests above test something.
    expect(count).toBeLessThan(attempts);
  });
});

describe("bounds", () => {
  it("ST-035: a peer that takes nothing can't keep an alert's sender for longer than the drain deadline", async () => {
    const server = await serve((socket) => void giveUp(socket), { drain: { timeout: 50 } });
    const client = await joinIn(server);
    client.on("error", () => undefined);
    writeOn(client);
    const since = performance.now();
    await until(() => server.connections.size === 0);
    await server.close();
    expect(performance.now() - since).toBeLessThan(30_000);
  });
});
