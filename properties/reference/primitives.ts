/**
 * The primitives, from OpenSSL through `node:crypto`, so that not even the cryptographic library is shared with
 * the implementation under test. Slow on purpose: a key object is built for every single use.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
} from "node:crypto";

/** DER in front of a raw key: an X25519 SubjectPublicKeyInfo and a PKCS #8 private key (RFC 8410 §4, §7). */
const SPKI = fromHex("302a300506032b656e032100");
const PKCS8 = fromHex("302e020100300506032b656e04220420");

/** The block length of BLAKE2b, which HMAC needs (RFC 7693 §2.1; Noise rev 34 §12.8 "BLOCKLEN = 128"). */
const BLOCKLEN = 128;

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const zeros = (length: number): Uint8Array => new Uint8Array(length);

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Two bytes, big-endian. */
export function u16(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw new RangeError(`not a u16: ${value}`);
  return Uint8Array.of(value >> 8, value & 0xff);
}

export function readU16(bytes: Uint8Array, at: number): number {
  if (at + 2 > bytes.length) throw new RangeError("u16 past the end");
  return (bytes[at] as number) * 256 + (bytes[at + 1] as number);
}

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export function fromHex(hex: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(hex)) throw new SyntaxError("not lower-case hexadecimal");
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function need32(key: Uint8Array): Uint8Array {
  if (key.length !== 32) throw new RangeError(`a key is 32 bytes, not ${key.length}`);
  return key;
}

const privateKey = (raw: Uint8Array) =>
  createPrivateKey({ key: Buffer.from(concat(PKCS8, need32(raw))), format: "der", type: "pkcs8" });
const publicKey = (raw: Uint8Array) =>
  createPublicKey({ key: Buffer.from(concat(SPKI, need32(raw))), format: "der", type: "spki" });

/** The 32-byte public key of a raw 32-byte secret, clamped at use (RFC 7748 §6.1). */
export function publicOf(secret: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKey(secret)).export({ format: "der", type: "spki" });
  return new Uint8Array(spki.subarray(SPKI.length));
}

/** X25519 (RFC 7748 §5), 32 bytes; `null` in place of an all-zero output, which OpenSSL refuses to give. */
export function dh(secret: Uint8Array, peer: Uint8Array): Uint8Array | null {
  const ours = privateKey(secret);
  const theirs = publicKey(peer);
  try {
    return new Uint8Array(diffieHellman({ privateKey: ours, publicKey: theirs }));
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_OSSL_FAILED_DURING_DERIVATION") return null;
    throw error;
  }
}

/** Noise's 96-bit nonce for ChaChaPoly: 32 zero bits, then the counter, little-endian (rev 34 §12.3). */
function nonceBytes(n: bigint): Uint8Array {
  const nonce = new Uint8Array(12);
  for (let i = 0; i < 8; i++) nonce[4 + i] = Number((n >> BigInt(8 * i)) & 0xffn);
  return nonce;
}

/** ChaCha20-Poly1305 (RFC 8439 §2.8): the ciphertext with its 16-byte tag. */
export function seal(key: Uint8Array, n: bigint, ad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return sealWith(key, nonceBytes(n), ad, plaintext);
}

/** As `seal`, with the 12 nonce bytes given; only the RFC's own vectors need that. */
export function sealWith(
  key: Uint8Array,
  nonce: Uint8Array,
  ad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv("chacha20-poly1305", need32(key), nonce, { authTagLength: 16 });
  cipher.setAAD(ad, { plaintextLength: plaintext.length });
  const body = concat(cipher.update(plaintext), cipher.final());
  return concat(body, cipher.getAuthTag());
}

/** The plaintext, or `null` when the tag does not match or there is no room for one. */
export function open(key: Uint8Array, n: bigint, ad: Uint8Array, ciphertext: Uint8Array): Uint8Array | null {
  if (ciphertext.length < 16) return null;
  const body = ciphertext.subarray(0, ciphertext.length - 16);
  const tag = ciphertext.subarray(ciphertext.length - 16);
  const decipher = createDecipheriv("chacha20-poly1305", need32(key), nonceBytes(n), { authTagLength: 16 });
  decipher.setAAD(ad, { plaintextLength: body.length });
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(body);
  try {
    return concat(plaintext, decipher.final());
  } catch {
    return null;
  }
}

/** BLAKE2b with 64 bytes of output and no key (RFC 7693). */
export function blake2b(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(
    createHash("blake2b512")
      .update(concat(...parts))
      .digest(),
  );
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** HMAC (RFC 2104) over BLAKE2b-512: not BLAKE2b's keyed mode. */
export function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const block = new Uint8Array(BLOCKLEN);
  block.set(key.length > BLOCKLEN ? blake2b(key) : key);
  const inner = blake2b(
    block.map((byte) => byte ^ 0x36),
    ...parts,
  );
  return blake2b(
    block.map((byte) => byte ^ 0x5c),
    inner,
  );
}

/** HKDF with two outputs of 64 bytes (Noise rev 34 §4.3). */
export function hkdf(chainingKey: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  const temp = hmac(chainingKey, input);
  const first = hmac(temp, Uint8Array.of(1));
  const second = hmac(temp, first, Uint8Array.of(2));
  return [first, second];
}
