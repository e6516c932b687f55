import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { ByteQueue } from "./byte-queue.ts";
import { Deframer, type Frame } from "./deframer.ts";

function deframe(chunks: readonly Uint8Array[]): { frames: Frame[]; left: number } {
  const queue = new ByteQueue();
  const deframer = new Deframer(queue);
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    queue.push(chunk);
    for (let frame = deframer.next(); frame !== undefined; frame = deframer.next()) {
      if ("badLength" in frame) return { frames: [...frames, frame], left: queue.length };
      frames.push({ ciphertext: frame.ciphertext.slice() });
    }
    queue.settle();
  }
  return { frames, left: queue.length };
}

const record = (length: number) => {
  const bytes = new Uint8Array(2 + length).fill(7);
  bytes.set([length >> 8, length & 0xff]);
  return bytes;
};

describe("Deframer", () => {
  it.each([19, 20, 255, 256, 65_535])("RC-002: a record of %i bytes is one", (length) => {
    expect(deframe([record(length)])).toEqual({ frames: [{ ciphertext: record(length).slice(2) }], left: 0 });
  });

  it.each([0, 1, 2, 18])("RC-012: a length of %i is refused when its two bytes are there", (length) => {
    expect(deframe([Uint8Array.of(0)])).toEqual({ frames: [], left: 1 });
    expect(deframe([Uint8Array.of(0), Uint8Array.of(length)]).frames).toEqual([{ badLength: length }]);
  });

  it("RC-021: a record that is a byte short is none", () => {
    expect(deframe([record(19).slice(0, -1)])).toEqual({ frames: [], left: 20 });
  });

  test.prop([
    fc.array(fc.oneof(fc.integer({ min: 19, max: 300 }), fc.integer({ min: 0, max: 400 })), { maxLength: 6 }),
    fc.array(fc.nat(40), { maxLength: 30 }),
  ])("HS-003: any cutting gives the same frames", (lengths, cuts) => {
    const stream = Uint8Array.from(lengths.flatMap((length) => [...record(length)]));
    const chunks: Uint8Array[] = [];
    let at = 0;
    for (const cut of cuts) {
      chunks.push(stream.slice(at, at + cut));
      at += cut;
    }
    chunks.push(stream.slice(at));
    expect(deframe(chunks).frames).toEqual(deframe([stream]).frames);
  });
});
