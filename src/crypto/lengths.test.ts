/**
 * Why: behind each of these checks is C, which reads and writes as far as it is told. Both providers refuse the same, in
 * words that say which argument it is.
 */
import { describe, expect, it } from "vitest";
import { loadPrimitives } from "./index.ts";

const providers = await Promise.all(
  (["native", "wasm"] as const).map((provider) => loadPrimitives({ provider })),
);
const bytes = (length: number) => new Uint8Array(length);

describe.each(providers.map((primitives) => [primitives.name, primitives] as const))(
  "%s",
  (_, primitives) => {
    it.each<[string, () => unknown]>([
      ["secretKey must be 32 bytes, not 31", () => primitives.x25519PublicKey(bytes(31))],
      ["secretKey must be 32 bytes, not 33", () => primitives.x25519(bytes(33), bytes(32))],
      ["publicKey must be 32 bytes, not 31", () => primitives.x25519(bytes(32), bytes(31))],
      ["out must be 64 bytes, not 63", () => primitives.blake2b(bytes(1), bytes(63))],
      [
        "key must be 32 bytes, not 31",
        () => primitives.seal(bytes(31), bytes(12), bytes(0), bytes(1), bytes(17)),
      ],
      [
        "nonce must be 12 bytes, not 8",
        () => primitives.seal(bytes(32), bytes(8), bytes(0), bytes(1), bytes(17)),
      ],
      [
        "out must be 17 bytes, not 16",
        () => primitives.seal(bytes(32), bytes(12), bytes(0), bytes(1), bytes(16)),
      ],
      [
        "key must be 32 bytes, not 33",
        () => primitives.open(bytes(33), bytes(12), bytes(0), bytes(17), bytes(1)),
      ],
      [
        "nonce must be 12 bytes, not 24",
        () => primitives.open(bytes(32), bytes(24), bytes(0), bytes(17), bytes(1)),
      ],
      [
        "out must be 1 bytes, not 2",
        () => primitives.open(bytes(32), bytes(12), bytes(0), bytes(17), bytes(2)),
      ],
      [
        "ciphertext must be at least 16 bytes, not 15",
        () => primitives.open(bytes(32), bytes(12), bytes(0), bytes(15), bytes(0)),
      ],
      ["b must be 3 bytes, not 4", () => primitives.equal(bytes(3), bytes(4))],
    ])("refuses: %s", (words, call) => {
      expect(call).toThrow(RangeError);
      expect(call).toThrow(new RegExp(`^${words}$`));
    });

    it("refuses a text that overlaps its output, unless both begin at one byte", () => {
      const memory = bytes(100);
      const words = (what: string) => `${what} and out overlap, but do not start at the same byte`;
      const seal = (at: number) => () =>
        primitives.seal(
          bytes(32),
          bytes(12),
          bytes(0),
          memory.subarray(40, 50),
          memory.subarray(at, at + 26),
        );
      const open = (at: number) => () =>
        primitives.open(
          bytes(32),
          bytes(12),
          bytes(0),
          memory.subarray(40, 66),
          memory.subarray(at, at + 10),
        );
      for (const at of [15, 39, 41, 49]) expect(seal(at), `${at}`).toThrow(words("plaintext"));
      for (const at of [31, 39, 41, 65]) expect(open(at), `${at}`).toThrow(words("ciphertext"));
      for (const at of [14, 40, 50]) expect(seal(at), `${at}`).not.toThrow();
      for (const at of [30, 40, 66]) expect(open(at), `${at}`).not.toThrow();
    });

    it("takes texts of no bytes anywhere, and of another memory at any offset", () => {
      const [memory, other] = [bytes(100), bytes(100)];
      const call = (plaintext: Uint8Array, out: Uint8Array) => () => {
        primitives.seal(bytes(32), bytes(12), bytes(0), plaintext, out);
        expect(primitives.open(bytes(32), bytes(12), bytes(0), out, plaintext)).toBe(true);
      };
      expect(call(memory.subarray(45, 45), memory.subarray(40, 56))).not.toThrow();
      expect(call(memory.subarray(45, 55), other.subarray(40, 66))).not.toThrow();
    });

    it("finds a difference in the first byte, the last and any one bit, and none where there is none", () => {
      const text = bytes(32).fill(0x5a);
      expect(primitives.equal(text, text.slice())).toBe(true);
      expect(primitives.equal(bytes(0), bytes(0))).toBe(true);
      for (const at of [0, 15, 31]) {
        for (let bit = 1; bit < 256; bit *= 2) {
          const other = text.slice();
          other[at] = 0x5a ^ bit;
          expect(primitives.equal(text, other)).toBe(false);
        }
      }
    });

    it("puts a digest where it is wanted, the same as in an array of its own", () => {
      const out = bytes(64);
      expect(primitives.blake2b(bytes(3), out)).toBe(out);
      expect(out).toEqual(primitives.blake2b(bytes(3)));
      expect(out).not.toEqual(bytes(64));
    });

    it("wipes, and knows no secret in common with a key of zeros", () => {
      const secret = bytes(40).fill(7);
      primitives.wipe(secret);
      expect(secret).toEqual(bytes(40));
      expect(primitives.x25519(bytes(32).fill(7), bytes(32))).toBeUndefined();
    });

    it("leaves zeros in the place of a text whose tag is wrong", () => {
      const out = bytes(50).fill(7);
      expect(primitives.open(bytes(32), bytes(12), bytes(0), bytes(66).fill(9), out)).toBe(false);
      expect(out).toEqual(bytes(50));
    });
  },
);

it.each(providers.map((primitives) => [primitives.name, primitives] as const))(
  "a long text is checked as any other, by %s",
  (_, { seal, openLong }) => {
    const open = openLong?.open;
    expect(() => open?.(bytes(31), bytes(12), bytes(9_000))).toThrow("key must be 32 bytes, not 31");
    expect(() => open?.(bytes(32), bytes(11), bytes(9_000))).toThrow("nonce must be 12 bytes, not 11");
    expect(() => open?.(bytes(32), bytes(12), bytes(15))).toThrow(
      "ciphertext must be at least 16 bytes, not 15",
    );
    expect(open?.(bytes(32), bytes(12), bytes(9_000))).toBeUndefined();
    const sealInto = (key: number, nonce: number, out: number) => () =>
      seal(bytes(key), bytes(nonce), bytes(0), bytes(9_000), bytes(out));
    expect(sealInto(33, 12, 9_016)).toThrow("key must be 32 bytes, not 33");
    expect(sealInto(32, 13, 9_016)).toThrow("nonce must be 12 bytes, not 13");
    expect(sealInto(32, 12, 9_015)).toThrow("out must be 9016 bytes, not 9015");
  },
);
