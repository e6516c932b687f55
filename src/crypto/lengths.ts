/**
 * What both providers check before they touch a byte. A wrong length is a bug of the caller, and libsodium, being C,
 * would read or write past the end; so each is refused here, alike for both providers.
 */

/** Bytes of an X25519 secret key, public key or output. RFC 7748 §5. */
export const X25519_LENGTH = 32;
/** Bytes of a ChaCha20-Poly1305 key. RFC 8439 §2.8. */
export const KEY_LENGTH = 32;
/** Bytes of a ChaCha20-Poly1305 nonce. RFC 8439 §2.8. */
export const NONCE_LENGTH = 12;
/** Bytes of a Poly1305 tag. RFC 8439 §2.5. */
export const TAG_LENGTH = 16;
/** Bytes of a BLAKE2b-512 digest. RFC 7693 §2.1. */
export const DIGEST_LENGTH = 64;

/** @throws RangeError unless `bytes` has exactly `length` bytes */
export function checkLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${what} must be ${length} bytes, not ${bytes.length}`);
}

/** @throws RangeError unless key, nonce and `out` fit a plaintext of this length */
export function checkSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, out: Uint8Array): void {
  checkLength("key", key, KEY_LENGTH);
  checkLength("nonce", nonce, NONCE_LENGTH);
  checkLength("out", out, plaintext.length + TAG_LENGTH);
  checkOverlap("plaintext", plaintext, out);
}

/** @throws RangeError unless key, nonce and `out` fit a ciphertext of this length */
export function checkOpen(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array, out: Uint8Array): void {
  checkCiphertext(key, nonce, ciphertext);
  checkLength("out", out, ciphertext.length - TAG_LENGTH);
  checkOverlap("ciphertext", ciphertext, out);
}

/** @throws RangeError unless key and nonce are such, and there is a tag */
export function checkCiphertext(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array): void {
  checkLength("key", key, KEY_LENGTH);
  checkLength("nonce", nonce, NONCE_LENGTH);
  if (ciphertext.length < TAG_LENGTH) {
    throw new RangeError(`ciphertext must be at least ${TAG_LENGTH} bytes, not ${ciphertext.length}`);
  }
}

/**
 * In place means from the same first byte on. Any other overlap would have the cipher read what it just wrote.
 *
 * The offsets come first: a short array's `buffer` is made, and its bytes moved to it, when it is asked for.
 */
function checkOverlap(what: string, input: Uint8Array, out: Uint8Array): void {
  if (input.byteOffset === out.byteOffset || input.buffer !== out.buffer) return;
  const apart =
    input.length === 0 ||
    out.length === 0 ||
    input.byteOffset + input.length <= out.byteOffset ||
    out.byteOffset + out.length <= input.byteOffset;
  if (!apart) throw new RangeError(`${what} and out overlap, but do not start at the same byte`);
}
