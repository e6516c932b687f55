import { describe, expect, it } from "vitest";
import { ascii, concat, isZero, readU16, secretCopy, u16 } from "./bytes.ts";

describe("bytes", () => {
  it("are joined in order", () => {
    expect([...concat(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3))]).toEqual([1, 2, 3]);
    expect(concat()).toHaveLength(0);
  });

  it("of a label are its characters' codes", () => {
    expect([...ascii("aZ~")]).toEqual([0x61, 0x5a, 0x7e]);
  });

  it("of a 16-bit integer are big-endian, at any offset", () => {
    expect([...u16(0x1234)]).toEqual([0x12, 0x34]);
    expect([...u16(0xff)]).toEqual([0, 0xff]);
    expect(readU16(Uint8Array.of(9, 0x12, 0x34), 1)).toBe(0x1234);
    expect(readU16(Uint8Array.of(0xff, 0xff), 0)).toBe(0xffff);
    expect(readU16(Uint8Array.of(1), 0)).toBe(0x100);
  });

  it("NO-010: are zeros only when each is", () => {
    expect(isZero(new Uint8Array(32))).toBe(true);
    expect(isZero(new Uint8Array(0))).toBe(true);
    for (const at of [0, 15, 31]) expect(isZero(new Uint8Array(32).fill(0x80, at, at + 1))).toBe(false);
    expect(isZero(Uint8Array.of(1, 1))).toBe(false);
  });

  it("of a secret are copied, to memory of their own", () => {
    const secret = Uint8Array.of(1, 2, 3);
    const copy = secretCopy(secret);
    expect(copy).toEqual(secret);
    expect(copy.buffer).not.toBe(secret.buffer);
    expect(copy.buffer.byteLength).toBe(3);
  });
});
