import type { Primitives } from "../../crypto/primitives.ts";
import { concat } from "../bytes.ts";
import { hashLength } from "../limits.ts";

/** BLAKE2b's block: Noise's BLOCKLEN, and the key block of HMAC (Noise rev 34 §12.8). */
const blockLength = 128;

/**
 * HMAC-BLAKE2b (RFC 2104 over BLAKE2b-512, not BLAKE2b's keyed mode; NO-015). The key has at most 128 bytes; 64 come
 * back.
 */
export function hmac(primitives: Primitives, key: Uint8Array, data: Uint8Array): Uint8Array {
  if (key.length > blockLength) throw new RangeError(`an HMAC key has at most ${blockLength} bytes`);
  const inner = new Uint8Array(blockLength).fill(0x36);
  const outer = new Uint8Array(blockLength).fill(0x5c);
  key.forEach((byte, i) => {
    inner[i] = 0x36 ^ byte;
    outer[i] = 0x5c ^ byte;
  });
  const innerInput = concat(inner, data);
  const innerHash = primitives.blake2b(innerInput);
  const outerInput = concat(outer, innerHash);
  const mac = primitives.blake2b(outerInput);
  for (const secret of [inner, outer, innerInput, innerHash, outerInput]) primitives.wipe(secret);
  return mac;
}

/** Noise's HKDF with two outputs of 64 bytes each (Noise rev 34 §4.3; NO-016). */
export function hkdf(
  primitives: Primitives,
  chainingKey: Uint8Array,
  inputKeyMaterial: Uint8Array,
): [Uint8Array, Uint8Array] {
  const tempKey = hmac(primitives, chainingKey, inputKeyMaterial);
  const first = hmac(primitives, tempKey, Uint8Array.of(1));
  const secondInput = concat(first, Uint8Array.of(2));
  const second = hmac(primitives, tempKey, secondInput);
  primitives.wipe(tempKey);
  primitives.wipe(secondInput);
  if (first.length !== hashLength) throw new Error("BLAKE2b-512 gives 64 bytes");
  return [first, second];
}
