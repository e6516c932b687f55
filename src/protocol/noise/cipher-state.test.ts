import { describe, expect, it } from "vitest";
import { loadPrimitives } from "../../crypto/index.ts";
import { loadWasmPrimitives } from "../../crypto/libsodium-wrappers.ts";
import type { LongOpening } from "../../crypto/primitives.ts";
import { maxNonce } from "../limits.ts";
import { CipherState, encodeNonce } from "./cipher-state.ts";

const primitives = await loadPrimitives();
const key = new Uint8Array(32).fill(5);
const none = new Uint8Array(0);
const text = Uint8Array.of(1, 2, 3);

describe("CipherState", () => {
  it("NO-013: a nonce is four zeros and the counter, little-endian", () => {
    expect([...encodeNonce(0x0102030405060708n)]).toEqual([0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it("passes everything through until it has a key, as Noise says", () => {
    const cipher = new CipherState(primitives);
    expect(cipher.encryptWithAd(none, text)).toEqual(text);
    expect(cipher.decryptWithAd(none, text)).toEqual(text);
    expect(cipher.nonce).toBe(0n);
    // Whoever wipes the one must not wipe the other.
    expect(cipher.encryptWithAd(none, text)).not.toBe(text);
    expect(cipher.decryptWithAd(none, text)).not.toBe(text);
  });

  it("counts, and leaves the count where a tag is wrong", () => {
    const [one, other] = [new CipherState(primitives, key), new CipherState(primitives, key)];
    const first = one.encryptWithAd(none, text);
    const second = one.encryptWithAd(none, text);
    expect(second).not.toEqual(first);
    expect(other.decryptWithAd(none, second)).toBeUndefined();
    expect(other.nonce).toBe(0n);
    expect(other.decryptWithAd(none, first)).toEqual(text);
    expect(other.decryptWithAd(text, second)).toBeUndefined();
    expect(other.decryptWithAd(none, second)).toEqual(text);
  });

  describe("a text that its provider has a faster way to open", () => {
    const from = 100;
    const sealed = (length: number, associatedData = none) =>
      new CipherState(primitives, key).encryptWithAd(associatedData, new Uint8Array(length - 16).fill(7));
    /** A cipher, and the lengths of what it has opened in that way. */
    function watched(): [CipherState, number[]] {
      const lengths: number[] = [];
      const open: LongOpening["open"] = (k, nonce, ciphertext) => {
        lengths.push(ciphertext.length);
        const plaintext = new Uint8Array(ciphertext.length - 16);
        return primitives.open(k, nonce, none, ciphertext, plaintext) ? plaintext : undefined;
      };
      return [new CipherState({ ...primitives, openLong: { from, open } }, key), lengths];
    }

    it.each([
      [from - 1, []],
      [from, [from]],
      [from + 1, [from + 1]],
    ])("is one from a length on: %i bytes", (length, expected) => {
      const [cipher, lengths] = watched();
      expect(cipher.decryptWithAd(none, sealed(length))).toEqual(new Uint8Array(length - 16).fill(7));
      expect([cipher.nonce, lengths]).toEqual([1n, expected]);
    });

    it("is none with associated data, and is authenticated with that", () => {
      const [cipher, lengths] = watched();
      const ciphertext = sealed(2 * from, text);
      expect(cipher.decryptWithAd(none, ciphertext)).toBeUndefined();
      expect(lengths.splice(0)).toEqual([2 * from]);
      expect(cipher.decryptWithAd(text, ciphertext)).toEqual(new Uint8Array(2 * from - 16).fill(7));
      expect(lengths).toEqual([]);
    });

    it("is opened as any other where the provider has no such way", async () => {
      const libsodium = await loadWasmPrimitives();
      expect(libsodium.openLong).toBeUndefined();
      const length = 65_535;
      const opened = new CipherState(libsodium, key).decryptWithAd(none, sealed(length));
      expect(opened?.length).toBe(length - 16);
    });
  });

  it("rekeys as Noise §4.2 says, and goes on counting", () => {
    const cipher = new CipherState(primitives, key);
    cipher.setNonce(9n);
    cipher.rekey();
    const stream = new Uint8Array(48);
    primitives.seal(key, encodeNonce(maxNonce), none, new Uint8Array(32), stream);
    const next = new CipherState(primitives, stream.subarray(0, 32));
    next.setNonce(9n);
    expect(cipher.encryptWithAd(none, text)).toEqual(next.encryptWithAd(none, text));
    expect(cipher.nonce).toBe(10n);
  });

  it("refuses the last nonce, which is REKEY's alone", () => {
    const cipher = new CipherState(primitives, key);
    cipher.setNonce(maxNonce);
    expect(() => cipher.encryptWithAd(none, text)).toThrow(/used up/);
    expect(() => cipher.decryptWithAd(none, new Uint8Array(20))).toThrow(/used up/);
  });

  it("counts across 32 bits, and says how many nonces are left and when a multiple is reached", () => {
    const cipher = new CipherState(primitives, key);
    expect([cipher.isAtMultiple(65_536), cipher.isAtMultiple(1)]).toEqual([false, false]);
    cipher.setNonce(0xffff_ffffn);
    expect(cipher.isAtMultiple(65_536)).toBe(false);
    const sealed = new Uint8Array(text.length + 16);
    primitives.seal(key, encodeNonce(0xffff_ffffn), none, text, sealed);
    expect(cipher.encryptWithAd(none, text)).toEqual(sealed);
    expect(cipher.nonce).toBe(0x1_0000_0000n);
    expect(cipher.isAtMultiple(65_536)).toBe(true);
    primitives.seal(key, encodeNonce(0x1_0000_0000n), none, text, sealed);
    expect(cipher.encryptWithAd(none, text)).toEqual(sealed);
    cipher.setNonce(maxNonce - 3n);
    expect([cipher.nonce, cipher.noncesLeft]).toEqual([maxNonce - 3n, 3]);
    cipher.setNonce(maxNonce - 0x1_0000_0005n);
    expect(cipher.noncesLeft).toBe(0x1_0000_0005);
  });

  it("ST-033: a wiped cipher passes nothing through, unlike one that never had a key", () => {
    const cipher = new CipherState(primitives, key);
    cipher.wipe();
    expect(() => cipher.encryptWithAd(none, text)).toThrow(/wiped/);
    expect(() => cipher.decryptWithAd(none, text)).toThrow(/wiped/);
    expect(() => cipher.rekey()).toThrow(/wiped/);
  });

  it("TR-022: gives a copy of its key, where it has one", () => {
    const cipher = new CipherState(primitives, key);
    const copy = cipher.copyKey();
    cipher.wipe();
    expect(copy).toEqual(key);
    expect(() => new CipherState(primitives).copyKey()).toThrow("a cipher without a key");
  });

  it("refuses a key of another length, and a ciphertext shorter than a tag", () => {
    expect(() => new CipherState(primitives, key.slice(1))).toThrow(RangeError);
    expect(new CipherState(primitives, key).decryptWithAd(none, new Uint8Array(15))).toBeUndefined();
  });
});
