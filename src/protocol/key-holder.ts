/**
 * A long-term X25519 key pair, reached through the one operation the protocol needs of it (NO-022). The secret key may
 * be in this process, in another one, or in a token: `dh` may answer at once or with a promise.
 *
 * One use of `dh` per connection suffices.
 */
export interface KeyHolder {
  /** The public key, 32 bytes. */
  readonly publicKey: Uint8Array;

  /**
   * X25519 of the secret key and a peer's public key (32 bytes). 32 bytes; an all-zero output is either handed back
   * as it is or said by `undefined`, and the protocol refuses it. Throws, or rejects, when the operation could not
   * be done. The output is the caller's, which
   * wipes it once it is used.
   */
  dh(publicKey: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

/** A key holder, with a copy of its public key as it was when the channel was made. */
export interface OwnKey {
  readonly keyHolder: KeyHolder;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}
