/**
 * Why: an alert is worth as much as its arrival. A server that writes it and closes loses it every time to a client
 * that is still writing and reads late, and no test with a prompt reader shows that.
 */
import { once } from "node:events";
import { connect as connectRaw, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { accept } from "../src/net/accept.ts";
import { type ConnectOptions, connect } from "../src/net/connect.ts";
import { AlertError } from "../src/net/errors.ts";
import type { HawserSocket } from "../src/net/socket.ts";
import { clientKey, serverKey } from "./model/pair.ts";
import { afterwards, folder, joinIn, pattern, readAll, serve, serveRaw, until } from "./net/loopback.ts";

const attempts = 20;
const atOnce = 10;
const chunk = pattern(65_536);
/**
 * More than one read gives, so that the alert behind it waits in the receiving system when the writing fails; no more
 * than that system takes, as what still waits at the sender's is lost with a reset, whoever reads.
 */
const before = pattern(100_000, 7);
/** When the client begins to read, in milliseconds after it began to write. */
const late = 300;
/** More than the system's buffers take: what is drained comes to its end, and no test waits for the drain's time. */
const drain = { bytes: 64 * 1_048_576 };

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
  await until(() => socket.readableLength > 0);
  // All of it has crossed by then, and the peer's data is here, unread.
  await pause(100);
  socket.destroy(new AlertError(0x8001, "enough"));
}

describe("G7: an alert arrives, with the data before it", () => {
  it("at clients that write on and read late", async () => {
    const server = await serve((socket) => void giveUp(socket), { drain });
    expect(await delivered(() => joinIn(server))).toBe(attempts);
  });

  it("at clients that read at once", async () => {
    const server = await serve((socket) => void giveUp(socket), { drain });
    expect(await delivered(() => joinIn(server), 0)).toBe(attempts);
  });

  it("over unix sockets", async () => {
    const server = await serve((socket) => void giveUp(socket), { drain, path: `${await folder()}/s.sock` });
    expect(await delivered(() => joinIn(server))).toBe(attempts);
  });

  it("ST-029: at clients that write more than the server drains, which then resets the connection", async () => {
    const little = { timeout: 100, bytes: 65_536 };
    const server = await serve((socket) => void giveUp(socket), { drain: little });
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
        const client = await joinIn(server, { drain });
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

/** A stream over a socket, as many are written: it passes on what is asked for, and ends with the socket's first error. */
function naiveStream(raw: Socket): Duplex {
  const stream: Duplex = new Duplex({
    readableHighWaterMark: 0,
    read: () => void raw.resume(),
    write: (bytes, _encoding, callback) => void raw.write(bytes, callback),
    final: (callback) => void raw.end(callback),
    destroy(error, callback) {
      raw.destroy();
      callback(error);
    },
  });
  raw.on("data", (bytes) => {
    raw.pause();
    stream.push(bytes);
  });
  raw.on("end", () => stream.push(null));
  raw.on("error", (error) => stream.destroy(error));
  raw.on("close", () => stream.destroy());
  return stream;
}

/** A server over plain TCP whose transports are destroyed with their sockets, or are left to Hawser. */
async function giveUpOver(closesAtOnce: boolean): Promise<number> {
  const { port } = await serveRaw((raw) => {
    void accept(raw, { keyPair: serverKey, authorize: () => true, drain }).then(async (socket) => {
      socket.on("error", () => undefined);
      if (closesAtOnce) socket.on("close", () => raw.destroy());
      await giveUp(socket);
    });
  });
  return port;
}

async function join(port: number, isNaive: boolean): Promise<HawserSocket> {
  const expected: ConnectOptions = { keyPair: clientKey, serverKey: serverKey.publicKey };
  if (!isNaive) return opened(connect({ ...expected, host: "127.0.0.1", port }));
  const raw = connectRaw({ host: "127.0.0.1", port, allowHalfOpen: true });
  await once(raw, "connect");
  return opened(connect({ ...expected, stream: naiveStream(raw) }));
}

async function opened(connecting: Promise<HawserSocket>): Promise<HawserSocket> {
  const socket = await connecting;
  afterwards(() => socket.destroy());
  return socket;
}

describe("the obvious ways, of which either end has one", () => {
  it.each([
    { sender: "drains", receiver: "reads on", least: attempts },
    { sender: "drains", receiver: "ends with its first error", least: attempts },
    { sender: "closes at once", receiver: "reads on", least: attempts },
    { sender: "closes at once", receiver: "ends with its first error", least: 0, most: attempts / 2 },
  ])(
    "the sender $sender, the receiver $receiver: $least arrive at least",
    async ({ sender, receiver, least, most = attempts }) => {
      const port = await giveUpOver(sender === "closes at once");
      const count = await delivered(() => join(port, receiver === "ends with its first error"));
      expect(count).toBeGreaterThanOrEqual(least);
      expect(count).toBeLessThanOrEqual(most);
    },
  );
});

describe("bounds", () => {
  it("ST-035: a peer that takes nothing can't keep an alert's sender for longer than the drain deadline", async () => {
    const little = { timeout: 50, bytes: 0 };
    let raw: HawserSocket | undefined;
    const server = await serve(
      (socket) => {
        raw = socket;
        void giveUp(socket);
      },
      { drain: little },
    );
    // Never reads: its buffers are full, and what it sends is never asked for.
    const client = await joinIn(server, { drain: { timeout: 60_000 } });
    client.on("error", () => undefined);
    writeOn(client);
    await until(() => raw?.destroyed === true);
    const since = performance.now();
    await server.close();
    expect(performance.now() - since).toBeLessThan(2_500);
  });
});
