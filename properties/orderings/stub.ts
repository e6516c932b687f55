/**
 * Stubs of the primitives, for runs by the hundred thousand: cheap, deterministic, and without any secrecy. What a
 * channel can see of them is as it should be all the same: both ends of a DH agree, a key, a nonce, the associated
 * data and every byte of a ciphertext decide about its tag, and a low-order point (all zeros) gives no DH output.
 */
import type { Primitives } from "../../src/crypto/primitives.ts";

const hashBytes = 64;

/** A hash of 64 bytes: two lanes over all bytes, then sixteen words drawn from them. No cryptographic strength. */
export function stubHash(...parts: readonly Uint8Array[]): Uint8Array {
  let a = 0x9e3779b9 | 0;
  let b = 0x243f6a88 | 0;
  let length = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) {
      a = Math.imul(a ^ (part[i] as number), 0x01000193);
      b = (Math.imul(b, 0x5bd1e995) + a) | 0;
    }
    length += part.length;
  }
  a ^= length;
  const words = new Int32Array(hashBytes / 4);
  for (let i = 0; i < words.length; i++) {
    a = (Math.imul(a ^ (b >>> 15), 0x2c1b3c6d) + i) | 0;
    b = Math.imul(b ^ (a >>> 13), 0x297a2d39);
    words[i] = a ^ b;
  }
  return new Uint8Array(words.buffer);
}

const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)];

/** In the place of HKDF: two outputs that every byte of both inputs decides. */
export function stubHkdf(chainingKey: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  return [stubHash(first, chainingKey, input), stubHash(second, chainingKey, input)];
}

function publicOf(secret: Uint8Array): Uint8Array {
  return secret.map((byte) => byte ^ 0xa5);
}

function dh(secret: Uint8Array, peer: Uint8Array): Uint8Array | undefined {
  if (peer.every((byte) => byte === 0)) return undefined;
  const own = publicOf(secret);
  // What both ends have in common, in an order that both know: the two public keys, byte by byte.
  const [low, high] = [
    own.map((byte, i) => Math.min(byte, peer[i] ?? 0)),
    own.map((byte, i) => Math.max(byte, peer[i] ?? 0)),
  ];
  return stubHash(low, high).slice(0, 32);
}

function stream(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  return stubHash(key, nonce);
}

function tag(pad: Uint8Array, associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return stubHash(pad, associatedData, ciphertext).subarray(0, 16);
}

function seal(
  key: Uint8Array,
  nonce: Uint8Array,
  ad: Uint8Array,
  plaintext: Uint8Array,
  out: Uint8Array,
): void {
  const pad = stream(key, nonce);
  const length = plaintext.length;
  for (let i = 0; i < length; i++) out[i] = (plaintext[i] as number) ^ (pad[i & 63] as number);
  out.set(tag(pad, ad, out.subarray(0, length)), length);
}

function open(
  key: Uint8Array,
  nonce: Uint8Array,
  ad: Uint8Array,
  ciphertext: Uint8Array,
  out: Uint8Array,
): boolean {
  const pad = stream(key, nonce);
  const length = ciphertext.length - 16;
  const expected = tag(pad, ad, ciphertext.subarray(0, length));
  if (!expected.every((byte, i) => byte === ciphertext[length + i])) {
    out.fill(0);
    return false;
  }
  for (let i = 0; i < length; i++) out[i] = (ciphertext[i] as number) ^ (pad[i & 63] as number);
  return true;
}

export const stubPrimitives: Primitives = {
  name: "stub",
  x25519PublicKey: publicOf,
  x25519: dh,
  blake2b: (input) => stubHash(input),
  seal,
  open,
  equal: (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]),
  wipe: (bytes) => void bytes.fill(0),
};

function counted(n: bigint): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, n, true);
  return nonce;
}

/** The same, in the form in which the reference implementation has its primitives. */
export const stubReferencePrimitives = {
  publicOf,
  dh: (secret: Uint8Array, peer: Uint8Array) => dh(secret, peer) ?? null,
  seal(key: Uint8Array, n: bigint, ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const out = new Uint8Array(plaintext.length + 16);
    seal(key, counted(n), ad, plaintext, out);
    return out;
  },
  open(key: Uint8Array, n: bigint, ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | null {
    if (ciphertext.length < 16) return null;
    const out = new Uint8Array(ciphertext.length - 16);
    return open(key, counted(n), ad, ciphertext, out) ? out : null;
  },
  blake2b: stubHash,
  hkdf: stubHkdf,
};
