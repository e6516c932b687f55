import { describe, expect, it } from "vitest";
import { KeyError } from "./errors.ts";
import { significantLines } from "./lines.ts";
import { isWrapped, lookalike, looksLikePublicKey } from "./lookalikes.ts";
import { percentEncode } from "./percent.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("the lines of a key file", () => {
  it("KT-030, KT-031: are those that say something, by their numbers, without what surrounds them", () => {
    expect(significantLines(utf8("\ufeff \t a b\t \r\n\n# c\n\t# d\ne # f\n\r\n g"))).toEqual([
      { number: 1, text: "a b" },
      { number: 5, text: "e # f" },
      { number: 7, text: "g" },
    ]);
  });

  it.each([
    [[0xff, 0xfe, 0x61, 0], "UTF-16"],
    [[0xfe, 0xff, 0, 0x61], "UTF-16"],
    [[0xff, 0x61], "not UTF-8"],
    [[0xfe, 0x61], "not UTF-8"],
    [[0x61, 0xfe], "not UTF-8"],
    [[0x61, 0xff], "not UTF-8"],
    [[0xff, 0xff], "not UTF-8"],
    [[0xfe, 0xfe], "not UTF-8"],
  ])("KT-030: of %j are none: %s", (bytes, words) => {
    expect(() => significantLines(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({
        code: "ERR_HAWSER_KEY_FILE_ENCODING",
        message: expect.stringContaining(words) as string,
      }),
    );
  });

  it("are asked of bytes, and the error says so", () => {
    expect(() => significantLines("x" as never)).toThrow(/^the content is text/);
    expect(() => significantLines("x" as never)).toThrow(KeyError);
  });
});

describe("what a text looks like", () => {
  it("is a key from its twentieth character on, in any case", () => {
    const start = `hawser1${"q".repeat(19)}`;
    expect(looksLikePublicKey(start)).toBe(false);
    expect(looksLikePublicKey(`${start}p`)).toBe(true);
    expect(looksLikePublicKey(`${start}p`.toUpperCase())).toBe(true);
    expect(looksLikePublicKey(`x${start}p`)).toBe(false);
    expect(looksLikePublicKey("hawser1.example.org.example.org")).toBe(false);
  });

  it.each([
    ["a\0b\0c\0", "UTF-16"],
    ["\0a\0b\0c\0", "UTF-16"],
    ["a\rb", "carriage returns"],
    ["-----BEGIN OPENSSH", "PEM"],
    ["ssh-ed25519 AAAA", "ssh"],
    ["age1qqqq", "of age"],
    ["AGE-SECRET-KEY-1", "of age"],
    ["0f".repeat(32), "hexadecimal"],
    [`${"aB3".repeat(14)}A`, "base64"],
    [`${"aB3".repeat(14)}=`, "base64"],
    [`${"a3B".repeat(14)}==`, "base64"],
  ])("%j: %s", (text, words) => {
    expect(lookalike(text)).toContain(words);
  });

  it.each([
    "a\0",
    "ab\0c\0",
    "xa\0b\0c\0",
    "\0\0\0\0\0\0",
    "a\r",
    "a\n\rb",
    "x-----BEGIN y",
    "x ssh-ed25519",
    "page1",
    `${"0f".repeat(32)}0`,
    `x${"0f".repeat(32)}`,
    "aB3".repeat(14),
    "aB3".repeat(15),
    `${"aB3".repeat(14)}hawser`,
    `hawser${"aB3".repeat(12)}A`,
    `${"ab3".repeat(14)}a`,
    `${"AB3".repeat(14)}A`,
    `${"aB3".repeat(14)}A$`,
    `${"aB3".repeat(13)}=`,
    `${"aB3".repeat(14)}===`,
  ])("nothing known: %j", (text) => {
    expect(lookalike(text)).toBeUndefined();
  });

  it("is a key in two halves where both together have its length and the second is of its letters", () => {
    expect(isWrapped("qq", "pp", 4)).toBe(true);
    expect(isWrapped("qq", "PP", 4)).toBe(true);
    expect(isWrapped("qq", "ppp", 4)).toBe(false);
    expect(isWrapped("qq", "p b", 5)).toBe(false);
    expect(isWrapped("qq", "bp", 4)).toBe(false);
    expect(isWrapped("qq", "pb", 4)).toBe(false);
    expect(isWrapped("qqqq", undefined, 4)).toBe(false);
    expect(isWrapped("qqqq", "", 4)).toBe(false);
  });
});

it("KT-066: a component is encoded but for RFC 3986's unreserved characters, in upper-case digits", () => {
  expect(percentEncode("aZ09-._~")).toBe("aZ09-._~");
  expect(percentEncode("!'()*/?#é")).toBe("%21%27%28%29%2A%2F%3F%23%C3%A9");
});
