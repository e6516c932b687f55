/** Why: figures of bytes that did not arrive, or not as they were sent, would look like any others. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Checker, Pattern } from "./pattern.ts";

const pattern = new Pattern();
const hashed = 100_000;
const chunk = 16_384;

/** Bytes as they cross: the pattern again and again. */
function stream(from: number, length: number): Buffer {
  const { bytes } = pattern;
  return Buffer.from(
    Uint8Array.from({ length }, (_, index) => bytes[(from + index) % bytes.length] as number),
  );
}

function afterHash(): Checker {
  const checker = new Checker(pattern, hashed);
  checker.take(stream(0, hashed));
  return checker;
}

describe("Pattern", () => {
  it("is the same each time and no run of one byte", () => {
    expect(new Pattern().bytes.equals(pattern.bytes)).toBe(true);
    expect(new Set(pattern.bytes.subarray(0, 4096)).size).toBe(256);
  });

  it("is cut into writes that follow each other", () => {
    expect(Buffer.concat(pattern.writes(64)).equals(pattern.bytes)).toBe(true);
    expect(() => pattern.writes(65_535)).toThrow("does not divide");
  });

  it("knows the digest of what crosses beyond its own end too", () => {
    const length = pattern.bytes.length + 5;
    expect(pattern.digest(length)).toBe(createHash("sha256").update(stream(0, length)).digest("hex"));
  });
});

describe("Checker", () => {
  it("takes what was sent, however it is cut", () => {
    const checker = new Checker(pattern, hashed);
    const cuts = [1, 7, 4096, hashed - 4104, 1, 2, 3, chunk, 50_000];
    for (const length of cuts) checker.take(stream(checker.position, length));
    expect(checker.position).toBe(cuts.reduce((sum, length) => sum + length, 0));
  });

  it("finds any changed byte of the part that is hashed", () => {
    const bytes = stream(0, hashed);
    bytes[54_321] = (bytes[54_321] as number) ^ 1;
    expect(() => new Checker(pattern, hashed).take(bytes)).toThrow("SHA-256");
  });

  it("finds more than was sent in that part", () => {
    expect(() => new Checker(pattern, hashed).take(stream(0, hashed + 1))).toThrow("more has arrived");
  });

  it.each([0, 3, chunk - 4, chunk - 1])("finds a changed byte %i of a later chunk", (index) => {
    const bytes = stream(hashed, chunk);
    bytes[index] = (bytes[index] as number) ^ 0x80;
    expect(() => afterHash().take(bytes)).toThrow(`byte ${hashed + index}`);
  });

  it("finds a chunk that is lost, doubled or in another's place", () => {
    expect(() => afterHash().take(stream(hashed + chunk, chunk))).toThrow("not the one that was sent");
    const checker = afterHash();
    checker.take(stream(hashed, chunk));
    expect(() => checker.take(stream(hashed, chunk))).toThrow("not the one that was sent");
  });
});
