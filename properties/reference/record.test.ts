import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { rekey } from "./noise.ts";
import { ascii, concat, fromHex, open, u16, zeros } from "./primitives.ts";
import {
  blockPadding,
  decodeAlert,
  encodeAlert,
  encodePlaintext,
  type Failed,
  fresh,
  keyOfNext,
  MAX_PLAINTEXT,
  maySend,
  noPadding,
  openRecord,
  type Parsed,
  padme,
  parsePlaintext,
  sealRecord,
  typeNumber,
  verdictRecord,
} from "./record.ts";

const key = new Uint8Array(32).fill(0x42);
const failedAt = (result: Parsed | Failed) => ("failed" in result ? result.failed : "nothing");
const body = (hex: string) => fromHex(hex);

describe("the reference's record plaintexts", () => {
  const good: [string, number, string][] = [
    ["one byte of Data", 0, "ff"],
    ["an Alert without words", 1, "0001"],
    ["an Alert with the largest code and a BOM", 1, "ffffefbbbf"],
    ["an Accept", 2, ""],
    ["a Close", 3, ""],
    ["a Ping", 4, "0011223344556677"],
    ["a Pong", 5, "0011223344556677"],
  ];
  it.each(good)("take %s, with and without padding", (_, type, hex) => {
    for (const length of [3 + body(hex).length, 300]) {
      expect(parsePlaintext(encodePlaintext(type, body(hex), length))).toEqual({ type, body: body(hex) });
    }
  });

  const bad: [string, number, string][] = [
    ["RC-025: empty Data", 0, ""],
    ["an Alert of 1 byte", 1, "01"],
    ["an Alert of no bytes", 1, ""],
    ["an Alert with code 0", 1, "0000"],
    ["AL-025: an Alert with a lone continuation byte", 1, "000180"],
    ["AL-025: an Alert with an overlong slash", 1, "0001c0af"],
    ["AL-025: an Alert with a surrogate", 1, "0001eda080"],
    ["AL-025: an Alert past U+10FFFF", 1, "0001f4908080"],
    ["AL-025: an Alert cut inside a character", 1, "0001e282"],
    ["an Alert of 1,025 bytes of words", 1, `0001${"61".repeat(1025)}`],
    ["an Accept with a body", 2, "00"],
    ["a Close with a body", 3, "00"],
    ["a Ping of 7 bytes", 4, "00112233445566"],
    ["a Pong of 9 bytes", 5, "001122334455667788"],
  ];
  it.each(bad)("RC-017: refuse %s by its body", (_, type, hex) => {
    expect(parsePlaintext(encodePlaintext(type, body(hex)))).toEqual({ failed: "body", alert: type === 1 });
  });

  it("RC-011: check type, size, padding and body in this order", () => {
    // Each has every fault that comes later in the order as well.
    expect(failedAt(parsePlaintext(concat(Uint8Array.of(6), u16(9), Uint8Array.of(1))))).toBe("type");
    expect(failedAt(parsePlaintext(concat(Uint8Array.of(2), u16(2), Uint8Array.of(1))))).toBe("size");
    expect(failedAt(parsePlaintext(concat(Uint8Array.of(4), u16(1), Uint8Array.of(0, 0, 1))))).toBe(
      "padding",
    );
    expect(failedAt(parsePlaintext(concat(Uint8Array.of(4), u16(1), Uint8Array.of(0, 0, 0))))).toBe("body");
  });

  it("RC-015: take a size that ends with the plaintext and refuse one more", () => {
    expect(failedAt(parsePlaintext(concat(Uint8Array.of(0), u16(4), ascii("abcd"))))).toBe("nothing");
    expect(failedAt(parsePlaintext(concat(Uint8Array.of(0), u16(5), ascii("abcd"))))).toBe("size");
    expect(failedAt(parsePlaintext(concat(Uint8Array.of(0), u16(0xffff), ascii("abcd"))))).toBe("size");
  });

  it("RC-016: find one byte of padding that is not zero, wherever it is", () => {
    for (let at = 4; at < 40; at++) {
      const plaintext = encodePlaintext(0, ascii("x"), 40);
      plaintext[at] = 0x80;
      expect(failedAt(parsePlaintext(plaintext))).toBe("padding");
    }
  });

  it("AL-026: keep a BOM; AL-011: cut at the boundary of a character", () => {
    expect(decodeAlert(fromHex("0003efbbbf6869"))).toEqual({ code: 3, message: "\ufeffhi" });
    const words = (text: string) => encodeAlert(1, text).length - 2;
    expect(words("a".repeat(2000))).toBe(1024);
    expect(words("€".repeat(2000))).toBe(1023);
    expect(words(`a${"😀".repeat(300)}`)).toBe(1021);
    expect(decodeAlert(encodeAlert(1, `a${"😀".repeat(300)}`))?.message).toBe(`a${"😀".repeat(255)}`);
    expect(() => encodeAlert(0, "")).toThrow(RangeError);
  });
});

describe("the reference's directions", () => {
  const seal = (nonce: bigint, under = key) =>
    sealRecord({ key: under, nonce }, encodePlaintext(typeNumber("Data"), ascii("x")));

  it("RC-005: rekey before each positive multiple of 65,536, and the nonce goes on counting", () => {
    expect(keyOfNext(fresh(key))).toEqual(key);
    expect(keyOfNext({ key, nonce: 65_535n })).toEqual(key);
    expect(keyOfNext({ key, nonce: 65_537n })).toEqual(key);
    expect(keyOfNext({ key, nonce: 131_072n })).toEqual(rekey(key));
    const last = seal(65_535n);
    expect(last.next).toEqual({ key, nonce: 65_536n });
    const first = seal(65_536n);
    expect(first.next).toEqual({ key: rekey(key), nonce: 65_537n });
    // The old key no longer opens it, and the new one does under the count that goes on, not under 0.
    const ciphertext = first.wire.slice(2);
    expect(open(key, 65_536n, zeros(0), ciphertext)).toBeNull();
    expect(open(rekey(key), 0n, zeros(0), ciphertext)).toBeNull();
    expect(open(rekey(key), 65_536n, zeros(0), ciphertext)).toEqual(fromHex("00000178"));
    expect(openRecord(last.next, first.wire)).toMatchObject({ next: first.next });
  });

  it("RC-006, RC-007, RC-008: keep 2^64-2 for Alert and Close, never use 2^64-1", () => {
    const last = 2n ** 64n - 2n;
    for (const type of ["Data", "Ping", "Pong"] as const) {
      expect([last - 1n, last, last + 1n].map((nonce) => maySend({ key, nonce }, type))).toEqual([
        true,
        false,
        false,
      ]);
    }
    for (const type of ["Alert", "Close"] as const) {
      expect([last - 1n, last, last + 1n].map((nonce) => maySend({ key, nonce }, type))).toEqual([
        true,
        true,
        false,
      ]);
    }
    expect(openRecord({ key, nonce: last }, seal(last).wire)).toMatchObject({ body: ascii("x") });
    expect(openRecord({ key, nonce: last + 1n }, seal(last + 1n).wire)).toMatchObject({ failed: "nonce" });
  });

  test.prop([
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }),
    fc.nat(),
  ])("RC-013: open what was sealed, and nothing with a bit flipped in it", (data, nonce, where) => {
    const { wire, next } = sealRecord({ key, nonce }, encodePlaintext(0, data));
    expect(openRecord({ key, nonce }, wire)).toEqual({ type: 0, body: data, next });
    const flipped = wire.slice();
    flipped[2 + (where % (wire.length - 2))]! ^= 1 << (where % 8);
    expect(openRecord({ key, nonce }, flipped)).toEqual({ failed: "cipher", alert: false });
  });

  it("RC-012: refuse a length under 19 before anything else", () => {
    for (const length of [0, 1, 2, 16, 18]) {
      expect(openRecord(fresh(key), concat(u16(length), zeros(length)))).toMatchObject({ failed: "length" });
    }
    expect(openRecord(fresh(key), concat(u16(19), zeros(19)))).toMatchObject({ failed: "cipher" });
  });

  it("HS-096: a Verdict's plaintext is a multiple of 256 bytes", () => {
    expect(verdictRecord(key, "Accept", zeros(0)).length).toBe(2 + 256 + 16);
    expect(verdictRecord(key, "Alert", encodeAlert(1, "a".repeat(251))).length).toBe(2 + 256 + 16);
    expect(verdictRecord(key, "Alert", encodeAlert(1, "a".repeat(252))).length).toBe(2 + 512 + 16);
    expect(verdictRecord(key, "Alert", encodeAlert(1, "a".repeat(1024))).length).toBe(2 + 1280 + 16);
  });
});

describe("the reference's padding", () => {
  const length = fc.integer({ min: 3, max: MAX_PLAINTEXT });

  test.prop([length, fc.integer({ min: 1, max: 70_000 })])(
    "never shrinks and never passes the largest plaintext",
    (n, block) => {
      for (const policy of [noPadding, padme, blockPadding(block)]) {
        expect(policy(n)).toBeGreaterThanOrEqual(n);
        expect(policy(n)).toBeLessThanOrEqual(MAX_PLAINTEXT);
      }
      const padded = blockPadding(block)(n);
      expect(padded % block === 0 || padded === MAX_PLAINTEXT).toBe(true);
    },
  );

  test.prop([length])("Padmé costs at most 12 % and leaves few sizes", (n) => {
    expect(padme(n)).toBeLessThanOrEqual(n * 1.12);
    expect(padme(padme(n))).toBe(padme(n));
  });

  it("Padmé's sizes, computed by hand from the paper's formula", () => {
    expect([3, 8, 9, 11, 100, 1000, 1029, 65_519].map(padme)).toEqual([
      3, 8, 10, 12, 104, 1024, 1088, 65_519,
    ]);
  });
});
