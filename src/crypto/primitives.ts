/** `open` without associated data and into memory of its own. */
export interface LongOpening {
  /** How long a ciphertext is worth it, in bytes. */
  readonly from: number;
  /** The plaintext, which is the caller's; `undefined` when the tag was wrong. */
  open(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
}

/**
 * The primitives that the protocol is built from: X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439) and
 * BLAKE2b-512 (RFC 7693). HMAC, HKDF and everything above them are the protocol's own (`src/protocol/noise`).
 *
 * Two providers implement it, and the same properties hold them equal: `libsodium-wrappers` (WebAssembly, runs
 * everywhere) and `sodium-native` (an optional native addon).
 *
 * Every argument's length is the caller's duty: a wrong one is a bug and throws `RangeError`, before anything is
 * written. What a *peer* may choose (a public key, a ciphertext) never throws: it yields `undefined` or `false`.
 *
 * Arguments are read only, `out` and the argument of `wipe` aside; what is returned is the caller's, to wipe too.
 * `docs/wiping.md` says what the providers wipe themselves.
 */
export interface Primitives {
  /** The provider's name, for reports: `"libsodium-wrappers"` or `"sodium-native"`. */
  readonly name: string;

  /**
   * X25519 of the base point: the public key (32 bytes) of a secret key (32 bytes, clamped at use: NO-007).
   * RFC 7748 §5.
   */
  x25519PublicKey(secretKey: Uint8Array): Uint8Array;

  /**
   * X25519 of a secret key (32 bytes, clamped at use) and a public key (32 bytes, used as received, its high bit
   * ignored as RFC 7748 §5 says: NO-009). 32 bytes, or `undefined` when the output is all zeros (a low-order point).
   */
  x25519(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined;

  /**
   * BLAKE2b with a 64-byte output, no key, no salt, of any number of bytes. RFC 7693. The output is written to `out` and
   * that given back where there is one (64 bytes, apart from the input); a provider need not know of it.
   */
  blake2b(input: Uint8Array, out?: Uint8Array): Uint8Array;

  /**
   * ChaCha20-Poly1305 encryption. RFC 8439 §2.8. Writes the ciphertext and its 16-byte tag to `out`, whose length
   * is the plaintext's plus 16. `plaintext` may be the start of `out` (sealing in place); any other overlap of the
   * two is a `RangeError`.
   *
   * @param key 32 bytes
   * @param nonce 12 bytes
   */
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    associatedData: Uint8Array,
    plaintext: Uint8Array,
    out: Uint8Array,
  ): void;

  /**
   * ChaCha20-Poly1305 decryption. RFC 8439 §2.8. Writes the plaintext to `out`, whose length is the ciphertext's
   * minus 16, and says whether the tag was right; when not, `out` is all zeros. `out` may be the start of
   * `ciphertext` (opening in place); any other overlap of the two is a `RangeError`.
   *
   * @param key 32 bytes
   * @param nonce 12 bytes
   * @param ciphertext at least 16 bytes
   */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    associatedData: Uint8Array,
    ciphertext: Uint8Array,
    out: Uint8Array,
  ): boolean;

  /** A faster way to open long texts, where a provider has one. */
  readonly openLong?: LongOpening;

  /** Whether two byte strings of one length are equal, in time that depends on the length alone (NO-021, SC-040). */
  equal(a: Uint8Array, b: Uint8Array): boolean;

  /** Overwrites the bytes with zeros. */
  wipe(bytes: Uint8Array): void;
}
