/** Why: what a program may rely on at a net.Socket it will rely on here, whether the documentation says so or not. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Duplex, type Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { describe, expect, expectTypeOf, it } from "vitest";
import { clientKey, serverKey } from "../../properties/model/pair.ts";
import {
  afterwards,
  joinIn,
  pattern,
  pipePair,
  readAll,
  serve,
  until,
} from "../../properties/net/loopback.ts";
import { accept } from "./accept.ts";
import { connect } from "./connect.ts";
import type { SocketOptions } from "./options.ts";
import type { HawserSocket } from "./socket.ts";

/** A client and its server's socket, and all that the client's side has put on the wire. */
async function tapped(options: SocketOptions = {}): Promise<[HawserSocket, HawserSocket, () => Buffer]> {
  const [near, far] = pipePair();
  const written: Buffer[] = [];
  const tap: Duplex = new Duplex({
    read: () => void near.resume(),
    write(bytes, _encoding, callback) {
      written.push(Buffer.from(bytes));
      near.write(bytes, callback);
    },
  });
  near.on("data", (bytes) => tap.push(bytes));
  near.on("end", () => tap.push(null));
  const [client, server] = await Promise.all([
    connect({ ...options, stream: tap, keyPair: clientKey, serverKey: serverKey.publicKey }),
    accept(far, { keyPair: serverKey, authorize: () => true }),
  ]);
  for (const socket of [client, server]) {
    socket.on("error", () => undefined);
    afterwards(() => socket.destroy());
  }
  written.length = 0;
  return [client, server, () => Buffer.concat(written)];
}

/** The lengths of the records in those bytes. */
function records(bytes: Buffer): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; at += 2 + (lengths.at(-1) ?? 0)) lengths.push(bytes.readUInt16BE(at));
  return lengths;
}

/** What a Data record's length field says for so much data: 3 bytes of head and 16 of tag more. */
const lengthOf = (data: number) => data + 19;

describe("what goes over the wire", () => {
  it("is one record for all that was written in a tick, and one more for the next tick's", async () => {
    const [client, server, wire] = await tapped();
    const received = readAll(server);
    for (let i = 0; i < 100; i++) client.write("0123456789");
    await until(() => wire().length > 0);
    expect(records(wire())).toEqual([lengthOf(1_000)]);
    client.write("more");
    await client.flush();
    expect(records(wire())).toEqual([lengthOf(1_000), lengthOf(4)]);
    client.end();
    expect((await received).data).toHaveLength(1_004);
  });

  it("is records of 16 KB where there is much, and of what recordSize says", async () => {
    for (const size of [16_384, 5_000]) {
      const [client, server, wire] = await tapped(size === 16_384 ? {} : { recordSize: size });
      server.resume();
      client.write(pattern(3 * size));
      client.write("rest");
      await client.flush();
      expect(records(wire())).toEqual([lengthOf(size), lengthOf(size), lengthOf(size), lengthOf(4)]);
    }
  });

  it("is larger records once 128 KiB have gone", async () => {
    const [client, server, wire] = await tapped();
    server.resume();
    client.write(pattern(131_072));
    client.write(pattern(100_000));
    await client.flush();
    const small = Array.from({ length: 8 }, () => lengthOf(16_384));
    const large = Array.from({ length: 3 }, () => lengthOf(32_768));
    expect(records(wire())).toEqual([...small, ...large, lengthOf(100_000 % 32_768)]);
  });

  it("leaves before the tick is over where flush asks for it", async () => {
    const [client, server, wire] = await tapped();
    server.resume();
    client.write("a");
    void client.flush();
    client.write("b");
    await client.flush();
    expect(records(wire())).toEqual([lengthOf(1), lengthOf(1)]);
  });
});

describe("half-close", () => {
  it("goes both ways: a server that has said all still hears the client", async () => {
    let heard: Promise<{ data: Buffer; end: unknown }> | undefined;
    const server = await serve(
      (socket) => {
        heard = readAll(socket);
        socket.end("greeting");
      },
      { allowHalfOpen: true },
    );
    const client = await joinIn(server, { allowHalfOpen: true });
    expect(await readAll(client)).toEqual({ data: Buffer.from("greeting"), end: "end" });
    expect([client.writable, client.destroyed]).toEqual([true, false]);
    client.write("late ");
    await client.flush();
    client.end("words");
    expect(await heard).toEqual({ data: Buffer.from("late words"), end: "end" });
    await until(() => client.closed);
    expect(client.failure).toBeUndefined();
  });

  it("lets the end of a half-open socket be read late", async () => {
    const server = await serve((socket) => void socket.end("all"), { allowHalfOpen: true });
    const client = await joinIn(server, { allowHalfOpen: true });
    client.end();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await readAll(client)).toEqual({ data: Buffer.from("all"), end: "end" });
  });
});

describe("memory", () => {
  it("that waits to be written is the two high-water marks and a chunk", async () => {
    const [client] = await tapped({ highWaterMark: 65_536 });
    // The server reads nothing, so that the pipe fills up.
    const chunk = pattern(10_000);
    let written = 0;
    while (client.write(chunk)) written += chunk.length;
    for (let turn = 0; turn < 50; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      while (!client.writableNeedDrain && client.write(chunk)) written += chunk.length;
    }
    expect(client.writableLength).toBeLessThan(65_536 + chunk.length);
    expect(written).toBeLessThan(12 * 65_536);
  });

  it("that waits to be read is the high-water mark and what one read of the transport gave", async () => {
    let atServer: HawserSocket | undefined;
    const server = await serve((socket) => {
      atServer = socket;
      const chunk = pattern(65_536);
      const more = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on("drain", more);
      more();
    });
    const client = await joinIn(server, { highWaterMark: 20_000 });
    await until(() => client.readableLength >= 20_000);
    let before = -1;
    while (before !== atServer?.bytesWritten) {
      before = atServer?.bytesWritten ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(client.readableLength).toBeLessThan(20_000 + 2 * 65_536);
  });
});

describe("a process", () => {
  const program = fileURLToPath(new URL("../../properties/net/idle.ts", import.meta.url));
  const run = (...args: string[]) => {
    const child = spawn(process.execPath, ["--import", "tsx", program, ...args]);
    afterwards(() => child.kill("SIGKILL"));
    return child;
  };

  it("ends although a server and a connection are open, where they are unref'd", async () => {
    const child = run("unref");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  it("goes on where they are not", async () => {
    const child = run();
    await once(child.stdout, "data");
    const outcome = await Promise.race([
      once(child, "exit").then(() => "ended"),
      new Promise((resolve) => setTimeout(() => resolve("goes on"), 300)),
    ]);
    expect(outcome).toBe("goes on");
  });
});

describe("the time-out", () => {
  it("goes off without data, is put off by data in either direction, and can be taken back", async () => {
    const [client, server] = await tapped();
    const told: string[] = [];
    client.setTimeout(150, () => told.push("client"));
    for (let i = 0; i < 6; i++) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      if (i % 2 === 0) client.write("x");
      else server.write("y");
    }
    client.resume();
    server.resume();
    expect(told).toEqual([]);
    await until(() => told.length > 0);
    expect(client.destroyed).toBe(false);
    for (const nonsense of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => client.setTimeout(nonsense)).toThrow(
        expect.objectContaining({ code: "ERR_HAWSER_USAGE" }),
      );
    }
  });
});

describe("typed events", () => {
  it("give listeners what they get, and refuse those that expect something else", async () => {
    const [client] = await tapped();
    client.on("ready", (...args) => expectTypeOf(args).toEqualTypeOf<[]>());
    client.on("timeout", (...args) => expectTypeOf(args).toEqualTypeOf<[]>());
    client.on("data", (chunk) => expectTypeOf(chunk).toEqualTypeOf<Buffer>());
    client.on("data", (text: string) => expectTypeOf(text).toEqualTypeOf<string>());
    client.once("error", (error) => expectTypeOf(error).toEqualTypeOf<Error>());
    client.once("pipe", (source) => expectTypeOf(source).toEqualTypeOf<Readable>());
    client.on("an event of the application's own", () => undefined);
    // @ts-expect-error a time-out has no argument
    client.on("timeout", (milliseconds: number) => milliseconds);
    // @ts-expect-error an error is no number
    client.once("error", (error: number) => error);
    expectTypeOf(client).toExtend<Duplex>();
    expectTypeOf(client).toExtend<NodeJS.ReadWriteStream>();
    expect(client.listenerCount("data")).toBe(2);
  });
});
