import { describe, expect, it } from "vitest";
import { ascii } from "../bytes.ts";
import { UsageError } from "../usage-error.ts";
import { decodeContext, encodeContext } from "./context.ts";
import { header, headerFields, isHawser, isSpoken, otherProtocol } from "./header.ts";

describe("the header", () => {
  it("HS-005: is HWSR, version 1, suite 1, no flags", () => {
    expect([...header]).toEqual([0x48, 0x57, 0x53, 0x52, 1, 1, 0, 0]);
    expect(isHawser(header) && isSpoken(header)).toBe(true);
  });

  it("HS-007: needs all its eight bytes", () => {
    expect(isHawser(header.slice(0, 7))).toBe(false);
  });

  it.each([0, 1, 2, 3])("HS-008: is not Hawser's with another byte %i", (at) => {
    expect(isHawser(header.with(at, 0))).toBe(false);
    expect(isSpoken(header.with(at, 0))).toBe(false);
  });

  it.each([4, 5, 6, 7])("HS-009: is not spoken with another byte %i", (at) => {
    const other = header.slice();
    other[at] = 2;
    expect(isHawser(other)).toBe(true);
    expect(isSpoken(other)).toBe(false);
  });

  it("HS-009: gives its fields, at any offset of a buffer", () => {
    const bytes = Uint8Array.of(9, 9, ...ascii("HWSR"), 3, 2, 1, 4).subarray(2);
    expect(headerFields(bytes)).toEqual({ version: 3, suite: 2, flags: 0x0104 });
  });

  it.each([
    ["GET / HT", "HTTP"],
    ["HTTP/1.1", "HTTP"],
    ["PRI * HT", "HTTP"],
    ["SSH-2.0-", "SSH"],
    ["\x16\x03\x01\x02\0\x01\0\x01", "TLS"],
    ["\x15\x03\x03\0\x02\x02\x28\0", "TLS"],
  ])("HS-015: names the protocol of %j", (bytes, name) => {
    expect(otherProtocol(ascii(bytes))).toBe(name);
  });

  it.each([
    "",
    "HWSR",
    "GETTING ",
    "hello wo",
    "\x16\x04\x01",
    "aGET /",
    "aHTTP/1",
    "a\x16\x03\x01",
    "aSSH-",
    "SSH ",
  ])("HS-015: names nothing for %j", (bytes) => {
    expect(otherProtocol(ascii(bytes))).toBeUndefined();
  });
});

describe("a context", () => {
  it("HS-022: is padded to 32 bytes, none is zeros", () => {
    expect([...encodeContext("a~")]).toEqual([0x61, 0x7e, ...new Array(30).fill(0)]);
    expect(encodeContext("").every((byte) => byte === 0)).toBe(true);
    expect(encodeContext("x".repeat(32))).toEqual(ascii("x".repeat(32)));
  });

  it.each(["x".repeat(33), "a b", "é", "a\0", "\x7f", "\n"])("HS-023: %j is refused", (context) => {
    expect(() => encodeContext(context)).toThrow(UsageError);
  });

  it.each(["", "a", "x".repeat(32)])("is read back: %j", (context) => {
    expect(decodeContext(encodeContext(context)) ?? "").toBe(context);
  });
});
