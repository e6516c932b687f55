import type { Primitives } from "../../crypto/primitives.ts";
import { ascii, concat } from "../bytes.ts";
import { hashLength, keyLength } from "../limits.ts";
import { CipherState } from "./cipher-state.ts";
import { hkdf } from "./hkdf.ts";

/** Noise's SymmetricState: the chaining key `ck`, the handshake hash `h` and a CipherState (Noise rev 34 §5.2). */
export class SymmetricState {
  readonly #primitives: Primitives;
  readonly #cipherState: CipherState;
  #ck: Uint8Array;
  #h: Uint8Array;
  #wiped = false;

  /** InitializeSymmetric. The name has at most 64 ASCII characters; it is padded with zeros, not hashed. */
  constructor(primitives: Primitives, protocolName: string) {
    const name = ascii(protocolName);
    if (name.length > hashLength) throw new RangeError("a protocol name has at most 64 bytes here");
    this.#primitives = primitives;
    this.#cipherState = new CipherState(primitives);
    this.#h = new Uint8Array(hashLength);
    this.#h.set(name);
    this.#ck = this.#h.slice();
  }

  mixKey(inputKeyMaterial: Uint8Array): void {
    const [ck, tempK] = hkdf(this.#primitives, this.#chainingKey(), inputKeyMaterial);
    this.#primitives.wipe(this.#ck);
    this.#ck = ck;
    this.#cipherState.initializeKey(tempK.subarray(0, keyLength));
    this.#primitives.wipe(tempK);
  }

  mixHash(data: Uint8Array): void {
    this.#h = this.#primitives.blake2b(concat(this.#h, data));
  }

  /** `h`: 64 bytes that stand for all that was said so far. Public. */
  getHandshakeHash(): Uint8Array {
    return this.#h.slice();
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext = this.#cipherState.encryptWithAd(this.#h, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  /** The plaintext, or `undefined` when it does not authenticate: then the handshake is over. */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#cipherState.decryptWithAd(this.#h, ciphertext);
    if (plaintext !== undefined) this.mixHash(ciphertext);
    return plaintext;
  }

  /** The transport keys, from initiator to responder and back. */
  split(): [CipherState, CipherState] {
    const [first, second] = hkdf(this.#primitives, this.#chainingKey(), new Uint8Array(0));
    const pair: [CipherState, CipherState] = [
      new CipherState(this.#primitives, first.subarray(0, keyLength)),
      new CipherState(this.#primitives, second.subarray(0, keyLength)),
    ];
    this.#primitives.wipe(first);
    this.#primitives.wipe(second);
    return pair;
  }

  /**
   * A secret of 64 bytes beside the handshake's own: the first output of `HKDF(ck, label | h, 2)`. Hawser's addition
   * to Noise, for the verdict key and the exporter.
   */
  deriveSecret(label: string): Uint8Array {
    const [secret, unused] = hkdf(this.#primitives, this.#chainingKey(), concat(ascii(label), this.#h));
    this.#primitives.wipe(unused);
    return secret;
  }

  wipe(): void {
    this.#primitives.wipe(this.#ck);
    this.#cipherState.wipe();
    this.#wiped = true;
  }

  #chainingKey(): Uint8Array {
    if (this.#wiped) throw new Error("this handshake's keys have been wiped");
    return this.#ck;
  }
}
