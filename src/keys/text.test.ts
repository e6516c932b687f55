/** Why: a key's text is what people paste, into the wrong place too; each mistake has its own answer. */
import { bech32 } from "@scure/base";
import { describe, expect, it } from "vitest";
import { everythingOf, refusal, shows } from "../../properties/arbitraries/key-errors.ts";
import { formatPublicKey, formatSecretKey, parsePublicKey, parseSecretKey } from "./text.ts";

// RFC 7748 §6.1, Alice; the texts were made by a Bech32 encoder of ten lines that is no part of this project.
const publicBytes = Uint8Array.from(
  Buffer.from("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", "hex"),
);
const secretBytes = Uint8Array.from(
  Buffer.from("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", "hex"),
);
const publicText = "hawser1s5s0qzvfxzn4gayt0hwtg0hhtgxm7wsdycup4a8t5j5ca25mfe4q7ygag2";
const secretText = "HAWSER-SECRET-KEY-1WURK6ZNNRZJH60QKC9E9RVNXGH05CTU8A0QFJ243WLA628DE9S4QHAE0QF";

const publicCode = (text: string) => refusal(() => parsePublicKey(text)).code;
const secretCode = (text: string) => refusal(() => parseSecretKey(text)).code;

describe("the text of a key", () => {
  it("KT-001, KT-002: a public key is 65 characters of Bech32, hawser1…", () => {
    expect(formatPublicKey(publicBytes)).toBe(publicText);
    expect(parsePublicKey(publicText)).toEqual(publicBytes);
    expect(publicText).toHaveLength(65);
  });

  it("KT-001, KT-003: a secret key is 77 characters of Bech32, HAWSER-SECRET-KEY-1…", () => {
    expect(formatSecretKey(secretBytes)).toBe(secretText);
    expect(parseSecretKey(secretText)).toEqual(secretBytes);
    expect(secretText).toHaveLength(77);
  });

  it("KT-015: takes every value, all zeros and non-canonical ones too, and changes none", () => {
    for (const byte of [0, 0xff, 0x80]) {
      const bytes = new Uint8Array(32).fill(byte);
      expect(parsePublicKey(formatPublicKey(bytes))).toEqual(bytes);
      expect(parseSecretKey(formatSecretKey(bytes))).toEqual(bytes);
    }
  });

  it("KT-024: reads a secret key into memory that its caller can wipe", () => {
    expect(parseSecretKey(secretText).buffer.byteLength).toBe(32);
  });
});

describe("what is no key", () => {
  it("KT-004: the empty text", () => {
    expect(publicCode("")).toBe("ERR_HAWSER_KEY_EMPTY");
    expect(secretCode("")).toBe("ERR_HAWSER_KEY_EMPTY");
  });

  it.each([" ", "\n", "\t", '"', "'", ",", "\ufeff", "\u00a0", "\r\n", "\0"])(
    "KT-005: %j before or after it",
    (junk) => {
      expect(publicCode(publicText + junk)).toBe("ERR_HAWSER_KEY_SURROUNDED");
      expect(publicCode(junk + publicText)).toBe("ERR_HAWSER_KEY_SURROUNDED");
      expect(secretCode(secretText + junk)).toBe("ERR_HAWSER_KEY_SURROUNDED");
      expect(secretCode(junk + secretText)).toBe("ERR_HAWSER_KEY_SURROUNDED");
    },
  );

  it("is told what was expected, in the case in which it is written", () => {
    const words = (text: string) =>
      [parsePublicKey, parseSecretKey].map((parse) => refusal(() => parse(text)).message);
    expect(words("")).toEqual([
      "the key is empty; a public key (hawser1…) was expected",
      "the key is empty; a secret key (HAWSER-SECRET-KEY-1…) was expected",
    ]);
    expect(words("xyz")).toEqual([
      "this does not begin with hawser1; a public key (hawser1…) was expected (keys of age or ssh are not Hawser keys)",
      "this does not begin with HAWSER-SECRET-KEY-1; a secret key (HAWSER-SECRET-KEY-1…) was expected (keys of age or ssh are not Hawser keys)",
    ]);
  });

  it("KT-005: a word before it, a URL around it, a blank within", () => {
    expect(publicCode(`key=${publicText}`)).toBe("ERR_HAWSER_KEY_SURROUNDED");
    expect(publicCode(`hawser://${publicText}@example.org:7000`)).toBe("ERR_HAWSER_KEY_SURROUNDED");
    expect(secretCode(`x${secretText}`)).toBe("ERR_HAWSER_KEY_SURROUNDED");
    for (const blank of " \t\n\v\f\r") {
      expect(publicCode(publicText.slice(0, 20) + blank + publicText.slice(20))).toBe(
        "ERR_HAWSER_KEY_SURROUNDED",
      );
    }
  });

  it("KT-006: mixed case", () => {
    expect(publicCode(publicText.replace("s5s0", "S5s0"))).toBe("ERR_HAWSER_KEY_MIXED_CASE");
    expect(secretCode(secretText.replace("WURK", "wURK"))).toBe("ERR_HAWSER_KEY_MIXED_CASE");
    expect(secretCode(secretText.replace("HAWSER", "Hawser"))).toBe("ERR_HAWSER_KEY_MIXED_CASE");
  });

  it("KT-007: another beginning, as of age's keys, or one that Unicode would fold to ours", () => {
    expect(publicCode("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p")).toBe(
      "ERR_HAWSER_KEY_PREFIX",
    );
    expect(publicCode(bech32.encode("hawse", bech32.toWords(publicBytes)))).toBe("ERR_HAWSER_KEY_PREFIX");
    expect(secretCode(secretText.replace("HAWSER", "HAWSSER"))).toBe("ERR_HAWSER_KEY_PREFIX");
    expect(secretCode(secretText.replace("KEY", "\u212aEY"))).toBe("ERR_HAWSER_KEY_PREFIX");
  });

  it("KT-008: the other case, though the checksum is right", () => {
    expect(publicCode(publicText.toUpperCase())).toBe("ERR_HAWSER_KEY_WRONG_CASE");
    expect(secretCode(secretText.toLowerCase())).toBe("ERR_HAWSER_KEY_WRONG_CASE");
  });

  it.each(["1", "b", "i", "o", "-", "é", "\ud800"])("KT-009: %j inside, and where it stands", (character) => {
    const error = refusal(() => parsePublicKey(publicText.slice(0, 20) + character + publicText.slice(21)));
    expect(error.code).toBe("ERR_HAWSER_KEY_CHARACTER");
    expect(error.message).toContain("character 21 ");
  });

  it("KT-010: a character too few or too many, and how many there are", () => {
    expect(publicCode(publicText.slice(0, -1))).toBe("ERR_HAWSER_KEY_LENGTH");
    expect(publicCode(`${publicText}q`)).toBe("ERR_HAWSER_KEY_LENGTH");
    expect(refusal(() => parseSecretKey(`${secretText}Q`)).message).toMatch(/has 78 characters.*has 77/);
    expect(publicCode("hawser1")).toBe("ERR_HAWSER_KEY_LENGTH");
  });

  it("KT-010: 31 and 33 bytes under a right checksum", () => {
    for (const length of [31, 33]) {
      const text = bech32.encode("hawser", bech32.toWords(new Uint8Array(length)), false);
      expect(publicCode(text)).toBe("ERR_HAWSER_KEY_LENGTH");
    }
  });

  it("KT-011: a wrong checksum, Bech32m's too", () => {
    expect(publicCode(publicText.replace("s5s0", "s5s3"))).toBe("ERR_HAWSER_KEY_CHECKSUM");
    expect(secretCode(secretText.replace("WURK", "WURR"))).toBe("ERR_HAWSER_KEY_CHECKSUM");
    const swapped = publicText.replace("hawser1s5", "hawser15s");
    expect(publicCode(swapped)).toBe("ERR_HAWSER_KEY_CHECKSUM");
  });

  it("KT-012: unused bits that are not zero, under a right checksum", () => {
    const words = bech32.toWords(publicBytes);
    for (let bits = 1; bits < 16; bits++) {
      const last = (words[51] as number) | bits;
      expect(publicCode(bech32.encode("hawser", [...words.slice(0, 51), last], false))).toBe(
        "ERR_HAWSER_KEY_PADDING",
      );
    }
  });

  it("KT-013, KT-016: a secret key where a public one belongs, whole, damaged, in any case, anywhere", () => {
    for (const text of [
      secretText,
      secretText.toLowerCase(),
      secretText.slice(0, -3),
      `key: ${secretText}\n`,
      `${publicText} ${secretText}`,
      "Hawser-Secret-Key",
    ]) {
      const error = refusal(() => parsePublicKey(text));
      expect(error.code).toBe("ERR_HAWSER_KEY_SECRET");
      expect(error.message).toContain("this is a secret key");
      expect(shows(everythingOf(error), secretText.slice(19))).toBe(false);
    }
  });

  it("KT-014: a public key where a secret one belongs", () => {
    for (const text of [publicText, publicText.toUpperCase(), ` ${publicText}`, publicText.slice(0, 30)]) {
      const error = refusal(() => parseSecretKey(text));
      expect(error.code).toBe("ERR_HAWSER_KEY_PUBLIC");
      expect(error.message).toContain("this is a public key");
    }
  });
});
