import type { Primitives } from "../../crypto/primitives.ts";
import { hashLength } from "../limits.ts";

/** BLAKE2b's block: Noise's BLOCKLEN, and the key block of HMAC (Noise rev 34 §12.8). */
const blockLength = 128;
/** Room for what the handshake authenticates at once: a digest, and a label or a byte. */
const usualData = 128;

/**
 * The hash's inputs, each a padded key with data behind it, and HKDF's own key: in one piece of memory for all, as a
 * handshake takes forty digests and new arrays would cost more than those. Whoever has used it wipes it.
 */
const memory = new Uint8Array(new ArrayBuffer(2 * blockLength + usualData + 2 * hashLength));
const inner = part(0, blockLength + usualData);
const outer = part(inner.length, blockLength + hashLength);
const innerHash = outer.subarray(blockLength);
const tempKey = part(inner.length + outer.length, hashLength);

function part(start: number, length: number): Uint8Array {
  return memory.subarray(start, start + length);
}

/**
 * HMAC-BLAKE2b (RFC 2104 over BLAKE2b-512, not BLAKE2b's keyed mode; NO-015). The key has at most 128 bytes; 64 come
 * back, in an array of their own.
 */
export function hmac(primitives: Primitives, key: Uint8Array, data: Uint8Array): Uint8Array {
  if (key.length > blockLength) throw new RangeError(`an HMAC key has at most ${blockLength} bytes`);
  const mac = newDigest();
  const input = data.length <= usualData ? inner : new Uint8Array(blockLength + data.length);
  input.set(data, blockLength);
  macInto(primitives, mac, key, input, data.length);
  primitives.wipe(input);
  primitives.wipe(memory);
  return mac;
}

/**
 * Noise's HKDF with two outputs of 64 bytes each (Noise rev 34 §4.3; NO-016), which are written to `first` and, where
 * it is wanted, to `second`. `first` may be the chaining key.
 *
 * @param inputKeyMaterial at most 128 bytes
 */
export function hkdf(
  primitives: Primitives,
  chainingKey: Uint8Array,
  inputKeyMaterial: Uint8Array,
  first: Uint8Array,
  second?: Uint8Array,
): void {
  inner.set(inputKeyMaterial, blockLength);
  macInto(primitives, tempKey, chainingKey, inner, inputKeyMaterial.length);
  inner[blockLength] = 1;
  macInto(primitives, first, tempKey, inner, 1);
  if (second !== undefined) {
    inner.set(first, blockLength);
    inner[blockLength + hashLength] = 2;
    macInto(primitives, second, tempKey, inner, hashLength + 1);
  }
  primitives.wipe(memory);
}

/** 64 bytes where a garbage collector does not move them: see `secretCopy`. */
export function newDigest(): Uint8Array {
  return new Uint8Array(new ArrayBuffer(hashLength));
}

/** BLAKE2b, into memory that is there: a provider may write it there itself, or not know how. */
export function hashInto(primitives: Primitives, out: Uint8Array, input: Uint8Array): void {
  const digest = primitives.blake2b(input, out);
  if (digest === out) return;
  if (digest.length !== hashLength) throw new Error("BLAKE2b-512 gives 64 bytes");
  out.set(digest);
  primitives.wipe(digest);
}

/** The MAC of the data that lies behind the first block of `input`. */
function macInto(
  primitives: Primitives,
  out: Uint8Array,
  key: Uint8Array,
  input: Uint8Array,
  length: number,
): void {
  pad(input, key, 0x36);
  pad(outer, key, 0x5c);
  hashInto(primitives, innerHash, input.subarray(0, blockLength + length));
  hashInto(primitives, out, outer);
}

/** The first block: the key, padded with zeros, each byte XORed with one. */
function pad(block: Uint8Array, key: Uint8Array, byte: number): void {
  const { length } = key;
  for (let i = 0; i < length; i++) block[i] = (key[i] as number) ^ byte;
  block.fill(byte, length, blockLength);
}
