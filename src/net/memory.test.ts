/** Why: whoever gets memory that another still sends from makes that one's peer see a forgery. */
import { once } from "node:events";
import { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { afterwards, joinIn, serve } from "../../properties/net/loopback.ts";
import { memoryFor, release, spendOnWrite } from "./memory.ts";

function socket(): Socket {
  const made = new Socket();
  afterwards(() => made.destroy());
  return made;
}

const overlap = (a: Uint8Array, b: Uint8Array) =>
  a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.length && b.byteOffset < a.byteOffset + a.length;

describe("memory for records", () => {
  it("is given again once all of it has come back, and never while a piece is out", () => {
    const memory = memoryFor(socket());
    const [first, second] = [memory.forRecords(60_000), memory.forRecords(60_000)];
    release(first);
    const third = memory.forRecords(60_000);
    expect(overlap(third, second)).toBe(false);
    release(second);
    release(third);
    const buffers = new Set([first.buffer, third.buffer]);
    for (let i = 0; i < 100; i++) {
      const again = memory.forRecords(131_072);
      buffers.add(again.buffer);
      release(again);
    }
    expect(buffers.size).toBeLessThanOrEqual(2);
  });

  it("is not taken back twice, where two connections are put over one stream", () => {
    const memory = memoryFor(socket());
    const [first, waiting] = [memory.forRecords(50_000), memory.forRecords(50_000)];
    release(first);
    release(first);
    const others = [memory.forRecords(50_000), memory.forRecords(50_000), memory.forRecords(50_000)];
    for (const other of others) expect(overlap(other, waiting)).toBe(false);
    for (const piece of [waiting, ...others]) release(piece);
  });

  it("is not shared with a stream that may keep what it is given", () => {
    class Other extends Socket {}
    const other = new Other();
    afterwards(() => other.destroy());
    for (const stream of [new PassThrough(), other]) {
      const memory = memoryFor(stream);
      const [first, second] = [memory.forRecords(10), memory.forRecords(10)];
      expect(first.buffer).not.toBe(second.buffer);
      release(first);
      expect(memory.forRecords(10).buffer).not.toBe(first.buffer);
    }
  });
});

describe("data that is delivered", () => {
  it.each([1, 64, 100, 3_000, 9_000, 16_000])("has no other data in its memory: %i bytes", async (length) => {
    const server = await serve((socket) => void socket.write(new Uint8Array(length).fill(7)));
    const client = await joinIn(server);
    const [chunk] = (await once(client, "data")) as [Buffer<ArrayBuffer>];
    expect(chunk.length).toBe(length);
    expect(chunk.buffer.byteLength).toBeLessThan(length + 16);
    // As that of net.Socket it may be handed to another thread.
    expect(structuredClone(chunk.buffer, { transfer: [chunk.buffer] }).byteLength).toBeLessThan(length + 16);
  });
});

describe("data that nobody has use for once it is written", () => {
  /** As it is emitted: behind the head of its record, with so many bytes besides. */
  const data = (length: number, besides = 3) => new Uint8Array(length + besides).subarray(besides);

  it("is given back when it has been handed over, and not before", () => {
    const bytes = spendOnWrite(data(8_192));
    expect(bytes.length).toBe(8_192);
    release(bytes);
    expect(bytes.length).toBe(0);
    release(bytes);
  });

  it.each([
    ["nobody has said so", data(8_192)],
    ["it is short, and may be of a pool", spendOnWrite(data(8_191))],
    ["there is more in its memory than a record's head", spendOnWrite(data(8_192, 17))],
  ])("is left alone where %s", (_, bytes) => {
    const { length } = bytes;
    release(bytes);
    expect(bytes.length).toBe(length);
  });

  it("is its own, for data of a connection as it comes", async () => {
    const sizes: [number, number][] = [];
    const server = await serve((socket) => {
      socket.on("data", (bytes: Buffer) => {
        if (bytes.length >= 8_192) sizes.push([bytes.length, bytes.buffer.byteLength - bytes.length]);
      });
      socket.on("end", () => socket.end());
    });
    const client = await joinIn(server);
    client.resume();
    client.end(Buffer.alloc(1_000_000));
    await once(client, "close");
    expect(sizes.length).toBeGreaterThan(20);
    expect(Math.max(...sizes.map(([, besides]) => besides))).toBeLessThanOrEqual(16);
  });
});
