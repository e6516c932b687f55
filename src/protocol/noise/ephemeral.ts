import type { Primitives } from "../../crypto/primitives.ts";
import { isSame, secretCopy } from "../bytes.ts";

/** An ephemeral key pair, for one handshake and what belongs to it. */
export class Ephemeral {
  readonly #primitives: Primitives;
  readonly #secretKey: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  #kept: { readonly publicKey: Uint8Array; readonly output: Uint8Array } | undefined;

  /** @param secretKey 32 bytes, copied: the caller wipes its own */
  constructor(primitives: Primitives, secretKey: Uint8Array) {
    this.#primitives = primitives;
    this.#secretKey = secretCopy(secretKey);
    this.publicKey = primitives.x25519PublicKey(this.#secretKey);
  }

  /**
   * X25519 with a key that more than one message wants it with, computed once: whether it is one, or all zeros. A client's
   * route is sealed with the same as its `es` where the server itself opens it.
   */
  keep(publicKey: Uint8Array): boolean {
    const output = this.#primitives.x25519(this.#secretKey, publicKey);
    if (output !== undefined) this.#kept = { publicKey, output };
    return output !== undefined;
  }

  /** X25519 with a peer's key, the caller's to wipe; `undefined` for all zeros. */
  dh(publicKey: Uint8Array): Uint8Array | undefined {
    const kept = this.#kept;
    // Which of the two decides nothing: who the peer is, the caller judges (NO-021).
    if (kept !== undefined && isSame(kept.publicKey, publicKey)) return secretCopy(kept.output);
    return this.#primitives.x25519(this.#secretKey, publicKey);
  }

  wipe(): void {
    this.#primitives.wipe(this.#secretKey);
    if (this.#kept !== undefined) this.#primitives.wipe(this.#kept.output);
  }
}
