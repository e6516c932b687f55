/**
 * Why: which provider computes a connection depends on the machine, so two that differ in one byte for one input
 * would be two protocols. Both are held equal, and node:crypto, which shares no code with them, says which is right.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
} from "node:crypto";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { loadPrimitives, type Primitives } from "../src/crypto/index.ts";

const native = await loadPrimitives({ provider: "native" });
const wasm = await loadPrimitives({ provider: "wasm" });

const exactly = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
/** Lengths spread over the whole range, where fast-check by itself prefers short arrays. */
const upTo = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.nat({ max: maxLength }).chain((length) => exactly(length));
/** Short, at the edges of ChaCha20's and Poly1305's blocks, or up to a record's. */
const message = fc.oneof(upTo(300), fc.constantFrom(0, 1, 15, 16, 17, 63, 64, 65).chain(exactly), upTo(5000));
const associatedData = fc.oneof(fc.constant(new Uint8Array(0)), upTo(80));

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function withHighBit(u: Uint8Array): Uint8Array {
  return u.with(31, (u[31] ?? 0) | 0x80);
}

const P = 2n ** 255n - 19n;

/** Points of order 1, 2, 4 and 8 on the curve and its twist: the five below P, and 0 and 1 as P and P + 1. */
const LOW_ORDER = [
  littleEndian(0n),
  littleEndian(1n),
  new Uint8Array(Buffer.from("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "hex")),
  new Uint8Array(Buffer.from("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", "hex")),
  littleEndian(P - 1n),
  littleEndian(P),
  littleEndian(P + 1n),
];

/** Every 255-bit string that is no reduced field element. RFC 7748 §5: accepted, and reduced. */
const NON_CANONICAL = Array.from({ length: 19 }, (_, i) => littleEndian(P + BigInt(i)));

/** X25519 by node:crypto, which throws for an output of zeros. */
function oracleX25519(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), secretKey]);
  const spki = Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), publicKey]);
  const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const peer = createPublicKey({ key: spki, format: "der", type: "spki" });
  try {
    return new Uint8Array(diffieHellman({ privateKey, publicKey: peer }));
  } catch {
    return undefined;
  }
}

function oracleSeal(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  cipher.setAAD(ad, { plaintextLength: plaintext.length });
  return new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]));
}

function oracleOpens(key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, sealed: Uint8Array): boolean {
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  decipher.setAAD(ad, { plaintextLength: sealed.length - 16 });
  decipher.setAuthTag(sealed.subarray(-16));
  decipher.update(sealed.subarray(0, -16));
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

function sealed(
  p: Primitives,
  key: Uint8Array,
  nonce: Uint8Array,
  ad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(plaintext.length + 16).fill(0xaa);
  p.seal(key, nonce, ad, plaintext, out);
  return out;
}

describe("both providers are equal", () => {
  it("are two", () => {
    expect([native.name, wasm.name]).toEqual(["sodium-native", "libsodium-wrappers"]);
  });

  const anyU = fc.oneof(
    exactly(32),
    fc.constantFrom(...LOW_ORDER, ...NON_CANONICAL),
    fc.constantFrom(...LOW_ORDER, ...NON_CANONICAL).map(withHighBit),
  );

  test.prop([exactly(32), anyU])(
    "NO-006: X25519 of any secret and any 32 bytes, as node:crypto has it",
    (secret, u) => {
      const expected = oracleX25519(secret, u);
      expect(native.x25519(secret, u)).toEqual(expected);
      expect(wasm.x25519(secret, u)).toEqual(expected);
    },
  );

  test.prop([exactly(32)])("NO-006: public keys, which are X25519 of 9", (secret) => {
    const expected = oracleX25519(secret, littleEndian(9n));
    expect(native.x25519PublicKey(secret)).toEqual(expected);
    expect(wasm.x25519PublicKey(secret)).toEqual(expected);
  });

  test.prop([fc.oneof(upTo(400), fc.constantFrom(0, 127, 128, 129, 256).chain(exactly), upTo(100_000))])(
    "NO-014: BLAKE2b of any length, as node:crypto has it",
    (input) => {
      const expected = new Uint8Array(createHash("blake2b512").update(input).digest());
      expect(native.blake2b(input)).toEqual(expected);
      expect(wasm.blake2b(input)).toEqual(expected);
    },
  );

  test.prop([exactly(32), exactly(12), associatedData, message])(
    "NO-012: sealing any length, as node:crypto has it",
    (key, nonce, ad, plaintext) => {
      const expected = hex(oracleSeal(key, nonce, ad, plaintext));
      expect(hex(sealed(native, key, nonce, ad, plaintext))).toBe(expected);
      expect(hex(sealed(wasm, key, nonce, ad, plaintext))).toBe(expected);
    },
  );

  it.each([65_519, 65_520, 65_535, 67_568, 67_584, 67_585, 1_000_000])("sealing %i bytes", (length) => {
    const [key, nonce, ad] = [new Uint8Array(32).fill(1), new Uint8Array(12).fill(2), new Uint8Array(0)];
    const plaintext = new Uint8Array(length).map((_, i) => i % 251);
    const expected = oracleSeal(key, nonce, ad, plaintext);
    for (const p of [native, wasm]) {
      expect(Buffer.compare(sealed(p, key, nonce, ad, plaintext), expected)).toBe(0);
      const opened = new Uint8Array(length);
      expect(p.open(key, nonce, ad, expected, opened)).toBe(true);
      expect(Buffer.compare(opened, plaintext)).toBe(0);
    }
  });
});

describe.each([native, wasm])("$name", (p) => {
  it.each([...LOW_ORDER, ...LOW_ORDER.map(withHighBit)].map((u) => ({ u, text: hex(u) })))(
    "NO-010: refuses the low-order point $text",
    ({ u }) => {
      for (const fill of [0, 1, 0x77, 0xff])
        expect(p.x25519(new Uint8Array(32).fill(fill), u)).toBeUndefined();
    },
  );

  it.each(NON_CANONICAL.slice(2).map((u, i) => ({ u, i: i + 2 })))(
    "NO-009: takes P + $i for $i",
    ({ u, i }) => {
      const secret = new Uint8Array(32).fill(0x55);
      const reduced = p.x25519(secret, littleEndian(BigInt(i)));
      expect(reduced).toBeDefined();
      expect(p.x25519(secret, u)).toEqual(reduced);
      expect(p.x25519(secret, withHighBit(u))).toEqual(reduced);
    },
  );

  test.prop([exactly(32), exactly(32)])(
    "NO-007: ignores the bits of a secret that clamping sets or clears",
    (secret, u) => {
      const clamped = secret.with(0, (secret[0] ?? 0) & 0xf8).with(31, ((secret[31] ?? 0) & 0x7f) | 0x40);
      expect(p.x25519(secret, u)).toEqual(p.x25519(clamped, u));
      expect(p.x25519PublicKey(secret)).toEqual(p.x25519PublicKey(clamped));
    },
  );

  test.prop([exactly(32), exactly(12), associatedData, message, fc.nat({ max: 7 })])(
    "opens what was sealed, and does both in place, anywhere in a buffer, touching nothing beside",
    (key, nonce, ad, plaintext, offset) => {
      const expected = oracleSeal(key, nonce, ad, plaintext);
      const apart = new Uint8Array(plaintext.length).fill(0xaa);
      expect(p.open(key, nonce, ad, expected, apart)).toBe(true);
      expect(hex(apart)).toBe(hex(plaintext));

      const around = new Uint8Array(offset + expected.length + 9).fill(0xbb);
      const place = around.subarray(offset, offset + expected.length);
      const start = place.subarray(0, plaintext.length);
      start.set(plaintext);
      p.seal(key, nonce, ad, start, place);
      expect(hex(place)).toBe(hex(expected));
      expect(p.open(key, nonce, ad, place, start)).toBe(true);
      expect(hex(start)).toBe(hex(plaintext));
      const beside = [...around.subarray(0, offset), ...around.subarray(offset + expected.length)];
      expect(beside.every((byte) => byte === 0xbb)).toBe(true);
    },
  );

  test.prop([exactly(32), exactly(12), associatedData, message])(
    "leaves its inputs alone",
    (key, nonce, ad, text) => {
      const inputs = [key, nonce, ad, text];
      const before = inputs.map(hex);
      const record = sealed(p, key, nonce, ad, text);
      const sent = hex(record);
      p.open(key, nonce, ad, record, new Uint8Array(text.length));
      p.x25519(key, key);
      p.x25519PublicKey(key);
      p.blake2b(text);
      p.equal(key, key);
      expect(inputs.map(hex)).toEqual(before);
      expect(hex(record)).toBe(sent);
    },
  );

  it("NO-012: opens no record with a single bit flipped, of ciphertext, tag, key, nonce or associated data", () => {
    const [key, nonce, ad] = [
      new Uint8Array(32).fill(3),
      new Uint8Array(12).fill(4),
      new Uint8Array(5).fill(5),
    ];
    const plaintext = new Uint8Array(33).fill(6);
    const record = sealed(p, key, nonce, ad, plaintext);
    for (const [name, bytes] of Object.entries({ key, nonce, ad, record })) {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const at = bit >> 3;
        const flip = (): void => bytes.set([(bytes[at] ?? 0) ^ (1 << (bit & 7))], at);
        const out = new Uint8Array(plaintext.length).fill(0xaa);
        flip();
        expect(p.open(key, nonce, ad, record, out), `${name}, bit ${bit}`).toBe(false);
        flip();
        expect(out.every((byte) => byte === 0)).toBe(true);
      }
    }
    expect(p.open(key, nonce, ad, record, new Uint8Array(plaintext.length))).toBe(true);
  });

  test.prop([
    exactly(32),
    exactly(12),
    associatedData,
    message,
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
    fc.boolean(),
  ])(
    "SC-042: leaves zeros where the plaintext would be, when a record does not open",
    (key, nonce, ad, plaintext, where, difference, inPlace) => {
      const record = sealed(p, key, nonce, ad, plaintext);
      const at = where % record.length;
      record[at] = (record[at] ?? 0) ^ difference;
      expect(oracleOpens(key, nonce, ad, record)).toBe(false);
      const tag = hex(record.subarray(plaintext.length));
      const out = inPlace
        ? record.subarray(0, plaintext.length)
        : new Uint8Array(plaintext.length).fill(0xaa);
      expect(p.open(key, nonce, ad, record, out)).toBe(false);
      expect(hex(out)).toBe("00".repeat(plaintext.length));
      expect(hex(record.subarray(plaintext.length))).toBe(tag);
    },
  );

  test.prop([exactly(32), exactly(12), fc.oneof(exactly(16), upTo(200))])(
    "opens nothing that was made up",
    (key, nonce, made) => {
      fc.pre(made.length >= 16);
      const out = new Uint8Array(made.length - 16).fill(0xaa);
      expect(p.open(key, nonce, new Uint8Array(0), made, out)).toBe(
        oracleOpens(key, nonce, new Uint8Array(0), made),
      );
      expect(out.every((byte) => byte === 0)).toBe(true);
    },
  );

  test.prop([upTo(200), fc.nat(), fc.integer({ min: 1, max: 255 })])(
    "compares: equal to a copy, not to one that differs anywhere",
    (bytes, where, difference) => {
      const copy = bytes.slice();
      expect(p.equal(bytes, copy)).toBe(true);
      fc.pre(bytes.length > 0);
      const at = where % bytes.length;
      copy[at] = (copy[at] ?? 0) ^ difference;
      expect(p.equal(bytes, copy)).toBe(false);
    },
  );

  test.prop([upTo(300), fc.nat({ max: 9 }), fc.nat({ max: 9 })])(
    "wipes exactly the bytes it is given",
    (bytes, before, after) => {
      const around = new Uint8Array(before + bytes.length + after).fill(0xbb);
      const within = around.subarray(before, before + bytes.length);
      within.set(bytes);
      p.wipe(within);
      expect(hex(around)).toBe("bb".repeat(before) + "00".repeat(bytes.length) + "bb".repeat(after));
    },
  );

  /** A length other than the right one. */
  const lengthBut = (right: number): fc.Arbitrary<Uint8Array> =>
    fc.nat({ max: right + 70 }).map((n) => new Uint8Array(n < right ? n : n + 1));
  const none = new Uint8Array(0);
  const [k, n] = [new Uint8Array(32), new Uint8Array(12)];

  test.prop([lengthBut(32), lengthBut(12), upTo(100), fc.nat({ max: 15 })])(
    "throws RangeError for each wrong length, and writes nothing",
    (bad32, bad12, text, short) => {
      const room = new Uint8Array(text.length + 16).fill(0xaa);
      const record = sealed(p, k, n, none, text);
      const smaller = new Uint8Array(text.length).fill(0xaa);
      const tooShort = new Uint8Array(short);
      const misuses: (() => unknown)[] = [
        () => p.x25519PublicKey(bad32),
        () => p.x25519(bad32, k),
        () => p.x25519(k, bad32),
        () => p.seal(bad32, n, none, text, room),
        () => p.seal(k, bad12, none, text, room),
        () => p.seal(k, n, none, text, room.subarray(1)),
        () => p.seal(k, n, none, text, new Uint8Array(text.length + 17)),
        () => p.open(bad32, n, none, record, smaller),
        () => p.open(k, bad12, none, record, smaller),
        () => p.open(k, n, none, record, new Uint8Array(text.length + 1)),
        () => p.open(k, n, none, new Uint8Array(record.length + 1), smaller),
        () => p.open(k, n, none, tooShort, none),
        () => p.equal(k, bad32),
        () => p.equal(bad32, k),
      ];
      for (const misuse of misuses) expect(misuse).toThrow(RangeError);
      expect([...room, ...smaller].every((byte) => byte === 0xaa)).toBe(true);
    },
  );

  it("refuses every overlap but the one in place, and nothing that merely touches", () => {
    const memory = new Uint8Array(200);
    const input = memory.subarray(60, 100);
    for (let shift = -60; shift <= 44; shift++) {
      if (shift === 0) continue;
      const sealInto = memory.subarray(60 + shift, 60 + shift + 56);
      const openInto = memory.subarray(60 + shift, 60 + shift + 24);
      const seal = expect(() => p.seal(k, n, none, input, sealInto), `seal, shifted by ${shift}`);
      const open = expect(() => p.open(k, n, none, input, openInto), `open, shifted by ${shift}`);
      if (shift <= -56 || shift >= 40) seal.not.toThrow();
      else seal.toThrow(RangeError);
      if (shift <= -24 || shift >= 40) open.not.toThrow();
      else open.toThrow(RangeError);
    }
  });

  it("takes an empty text from anywhere: nothing overlaps nothing", () => {
    const memory = new Uint8Array(40);
    expect(() => p.seal(k, n, none, memory.subarray(5, 5), memory.subarray(0, 16))).not.toThrow();
    expect(p.open(k, n, none, memory.subarray(0, 16), memory.subarray(5, 5))).toBe(true);
  });
});
