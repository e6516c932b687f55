/** Why: what goes between processes is read by one that may be told anything by another, and descriptors are worth as much as keys. */
import { describe, expect, it } from "vitest";
import type { Handle } from "../net/handoff-handle.ts";
import { type Frame, FrameReader, frame } from "./frames.ts";
import { offerFrame, readOffer } from "./offer.ts";

const handle = { readStop: () => 0, close: () => undefined } as Handle;
const note = new TextEncoder().encode("a note");

function readBy(limits?: ConstructorParameters<typeof FrameReader>[1]): {
  reader: FrameReader;
  frames: Frame[];
} {
  const frames: Frame[] = [];
  return { frames, reader: new FrameReader((one) => frames.push(one), limits) };
}

describe("frames", () => {
  it("TR-053: an acceptor's descriptor comes with Go, and with no Offer", () => {
    const { reader, frames } = readBy();
    reader.bytes(offerFrame(7, note, new Uint8Array(3)));
    reader.handle(handle);
    reader.bytes(frame("Go", 7));
    expect(frames.map(({ type, handle: own }) => [type, own])).toEqual([
      ["Offer", undefined],
      ["Go", handle],
    ]);
    expect(() => reader.bytes(frame("Go", 7))).toThrow(/without its descriptor/);
  });

  it("come out as they went in, wherever they were cut, and are wiped", () => {
    for (let size = 1; size < 30; size++) {
      const { reader, frames } = readBy();
      const bytes = offerFrame(0xffff_ffff, note, Uint8Array.of(1, 2, 3));
      for (let at = 0; at < bytes.length; at += size) reader.bytes(bytes.subarray(at, at + size));
      expect(bytes.every((byte) => byte === 0)).toBe(true);
      expect(frames.map(({ type, id, body }) => [type, id, readOffer(body)])).toEqual([
        ["Offer", 0xffff_ffff, { note: "a note", blob: Uint8Array.of(1, 2, 3) }],
      ]);
    }
  });

  it("TR-057 TR-058: of a sender that is not trusted are no longer, no others, and without descriptors", () => {
    const limits = { types: ["Offer", "Go"], maxBodyLength: 100 } as const;
    const { reader, frames } = readBy(limits);
    reader.bytes(frame("Offer", 1, new Uint8Array(100)));
    reader.bytes(frame("Go", 1));
    expect(frames.map(({ type, handle: own }) => [type, own])).toEqual([
      ["Offer", undefined],
      ["Go", undefined],
    ]);
    // Before there is anything behind the header.
    const tooLong = frame("Offer", 1, new Uint8Array(101)).subarray(0, 9);
    expect(() => readBy(limits).reader.bytes(tooLong)).toThrow(/no frame/);
    for (const type of ["Hand", "Lane", "Exited", "End"] as const)
      expect(() => readBy(limits).reader.bytes(frame(type, 1))).toThrow(/no frame/);
    expect(() => readBy(limits).reader.bytes(new Uint8Array(9))).toThrow(/no frame/);
  });

  it("TR-056: of a sender that is not trusted are one at a time: nothing comes before the last one is answered", () => {
    const { reader, frames } = readBy({ types: ["Offer"], maxBodyLength: 100 });
    const two = Buffer.concat([offerFrame(1, note, new Uint8Array(3)), frame("Offer", 2)]);
    expect(() => reader.bytes(two)).toThrow(/answer/);
    expect(frames).toEqual([]);
    expect(two.every((byte) => byte === 0)).toBe(true);
  });

  it("TR-013: of which the rest never comes are wiped, so far as they have come", () => {
    const held: Uint8Array[] = [];
    const { set } = Uint8Array.prototype;
    Uint8Array.prototype.set = function (this: Uint8Array, ...given: Parameters<typeof set>) {
      held.push(this);
      set.apply(this, given);
    };
    try {
      const { reader } = readBy();
      const part = offerFrame(1, note, Uint8Array.of(1, 2, 3)).subarray(0, -1);
      held.length = 0;
      reader.bytes(part);
      const body = held.find(({ length }) => length === 4 + note.length + 3);
      expect(body?.includes(2)).toBe(true);
      reader.end();
      expect(body?.every((byte) => byte === 0)).toBe(true);
    } finally {
      Uint8Array.prototype.set = set;
    }
  });

  it("of an Offer that can't be are refused", () => {
    expect(() => readOffer(new Uint8Array(3))).toThrow(RangeError);
    expect(() => readOffer(Uint8Array.of(0, 0, 0, 1))).toThrow(RangeError);
    expect(readOffer(new Uint8Array(4))).toEqual({ note: "", blob: new Uint8Array(0) });
  });
});
