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
  const inner = padded(key, 0x36, data);
  const innerHash = primitives.blake2b(inner);
  const outer = padded(key, 0x5c, innerHash);
  const mac = primitives.blake2b(outer);
  primitives.wipe(inner);
  primitives.wipe(innerHash);
  primitives.wipe(outer);
  return mac;
}

/** The key, padded to a block and XORed with a byte, and the data behind it. */
function padded(key: Uint8Array, byte: number, data: Uint8Array): Uint8Array {
  const input = new Uint8Array(blockLength + data.length);
  for (let i = 0; i < blockLength; i++) input[i] = (key[i] ?? 0) ^ byte;
  input.set(data, blockLength);
  return input;
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
