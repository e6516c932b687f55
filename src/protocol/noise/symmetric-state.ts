import type { Primitives } from "../../crypto/primitives.ts";
import { ascii, concat } from "../bytes.ts";
import { hashLength, keyLength } from "../limits.ts";
import { CipherState } from "./cipher-state.ts";
import { hashInto, hkdf, newDigest } from "./hkdf.ts";

/** What `h` is made of, in one piece of memory for all: nothing in it is secret. */
const hashed = new Uint8Array(512);
/** The second output of HKDF until it has been taken on. */
const tempKey = newDigest();
const nothing = new Uint8Array(0);

/** Noise's SymmetricState: the chaining key `ck`, the handshake hash `h` and a CipherState (Noise rev 34 §5.2). */
export class SymmetricState {
  readonly #primitives: Primitives;
  readonly #cipherState: CipherState;
  readonly #ck = newDigest();
  readonly #h = new Uint8Array(new ArrayBuffer(hashLength));
  #wiped = false;

  /** InitializeSymmetric. The name has at most 64 ASCII characters; it is padded with zeros, not hashed. */
  constructor(primitives: Primitives, protocolName: string) {
    const name = ascii(protocolName);
    if (name.length > hashLength) throw new RangeError("a protocol name has at most 64 bytes here");
    this.#primitives = primitives;
    this.#cipherState = new CipherState(primitives);
    this.#h.set(name);
    this.#ck.set(name);
  }

  mixKey(inputKeyMaterial: Uint8Array): void {
    hkdf(this.#primitives, this.#chainingKey(), inputKeyMaterial, this.#ck, tempKey);
    this.#cipherState.initializeKey(tempKey.subarray(0, keyLength));
    this.#primitives.wipe(tempKey);
  }

  mixHash(data: Uint8Array): void {
    const length = hashLength + data.length;
    const input = length <= hashed.length ? hashed : new Uint8Array(length);
    input.set(this.#h);
    input.set(data, hashLength);
    hashInto(this.#primitives, this.#h, input.subarray(0, length));
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
    const first = newDigest();
    hkdf(this.#primitives, this.#chainingKey(), nothing, first, tempKey);
    const pair: [CipherState, CipherState] = [
      new CipherState(this.#primitives, first.subarray(0, keyLength)),
      new CipherState(this.#primitives, tempKey.subarray(0, keyLength)),
    ];
    this.#primitives.wipe(first);
    this.#primitives.wipe(tempKey);
    return pair;
  }

  /**
   * A secret of 64 bytes beside the handshake's own: the first output of `HKDF(ck, label | h, 2)`. Hawser's addition
   * to Noise, for the verdict key and the exporter.
   */
  deriveSecret(label: string): Uint8Array {
    const secret = newDigest();
    hkdf(this.#primitives, this.#chainingKey(), concat(ascii(label), this.#h), secret);
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
