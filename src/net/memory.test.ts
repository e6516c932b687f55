/** Why: whoever gets memory that another still sends from makes that one's peer see a forgery. */
import { once } from "node:events";
import { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { afterwards, joinIn, serve } from "../../properties/net/loopback.ts";
import { memoryFor, release } from "./memory.ts";

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
