import { createHmac } from "node:crypto";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { loadPrimitives } from "../../crypto/index.ts";
import { hkdf, hmac, newDigest } from "./hkdf.ts";

const primitives = await loadPrimitives();
const openssl = (key: Uint8Array, ...data: readonly Uint8Array[]) => {
  const mac = createHmac("blake2b512", key);
  for (const part of data) mac.update(part);
  return new Uint8Array(mac.digest());
};

describe("HMAC and HKDF", () => {
  test.prop([fc.uint8Array({ maxLength: 128 }), fc.uint8Array({ maxLength: 300 })])(
    "NO-015: HMAC agrees with OpenSSL's over BLAKE2b, block length 128",
    (key, data) => {
      expect(hmac(primitives, key, data)).toEqual(openssl(key, data));
    },
  );

  test.prop([fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.uint8Array({ maxLength: 80 })])(
    "NO-016: HKDF gives Noise's two outputs",
    (ck, ikm) => {
      const temp = openssl(ck, ikm);
      const first = openssl(temp, Uint8Array.of(1));
      const outputs = [newDigest(), newDigest(), ck.slice()] as const;
      hkdf(primitives, ck, ikm, outputs[0], outputs[1]);
      expect(outputs.slice(0, 2)).toEqual([first, openssl(temp, first, Uint8Array.of(2))]);
      hkdf(primitives, outputs[2], ikm, outputs[2]); // over the chaining key, and the first alone
      expect(outputs[2]).toEqual(first);
    },
  );

  it.each([0, 1, 64, 127, 128, 129, 300])(
    "NO-015: HMAC's key may be as long as a block, before %i bytes",
    (length) => {
      const [key, data] = [new Uint8Array(128).fill(3), new Uint8Array(length).fill(5)];
      expect(hmac(primitives, key, data)).toEqual(openssl(key, data));
    },
  );

  it("refuses a key longer than a block, which Noise never has", () => {
    expect(() => hmac(primitives, new Uint8Array(129), new Uint8Array(0))).toThrow(RangeError);
  });

  it("refuses a hash that is not BLAKE2b-512", () => {
    const short = { ...primitives, blake2b: (input: Uint8Array) => primitives.blake2b(input).slice(0, 32) };
    const [chainingKey, first] = [new Uint8Array(64), new Uint8Array(64)];
    expect(() => hkdf(short, chainingKey, new Uint8Array(0), first)).toThrow("BLAKE2b-512 gives 64 bytes");
  });
});
