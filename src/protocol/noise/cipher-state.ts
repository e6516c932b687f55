import type { Primitives } from "../../crypto/primitives.ts";
import { secretCopy } from "../bytes.ts";
import { keyLength, maxNonce, tagLength } from "../limits.ts";

const empty = new Uint8Array(0);

/** Noise's CipherState: a key and the counter of the next nonce (Noise rev 34 §5.1). */
export class CipherState {
  readonly #primitives: Primitives;
  #k: Uint8Array | undefined;
  #n = 0n;
  #wiped = false;

  constructor(primitives: Primitives, key?: Uint8Array) {
    this.#primitives = primitives;
    if (key !== undefined) this.initializeKey(key);
  }

  /** Takes a copy of a 32-byte key; the counter starts at 0. */
  initializeKey(key: Uint8Array): void {
    if (key.length !== keyLength) throw new RangeError("a cipher key has 32 bytes");
    this.wipe();
    this.#k = secretCopy(key);
    this.#n = 0n;
    this.#wiped = false;
  }

  /** The counter that the next message takes. */
  get nonce(): bigint {
    return this.#n;
  }

  setNonce(nonce: bigint): void {
    this.#n = nonce;
  }

  /**
   * Writes ciphertext and tag to `out` (the plaintext's length plus 16, and `plaintext` may be its start); without a
   * key the plaintext as it is, as Noise says.
   */
  encryptWithAd(associatedData: Uint8Array, plaintext: Uint8Array, out?: Uint8Array): Uint8Array {
    const key = this.#key();
    if (key === undefined) return plaintext.slice();
    const ciphertext = out ?? new Uint8Array(plaintext.length + tagLength);
    this.#primitives.seal(key, this.#nextNonce(), associatedData, plaintext, ciphertext);
    this.#n += 1n; // RC-003, SC-041
    return ciphertext;
  }

  /** The plaintext, or `undefined` when the tag is wrong: then the counter stays where it was. */
  decryptWithAd(associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    const key = this.#key();
    if (key === undefined) return ciphertext.slice();
    if (ciphertext.length < tagLength) return undefined;
    const plaintext = new Uint8Array(ciphertext.length - tagLength);
    if (!this.#primitives.open(key, this.#nextNonce(), associatedData, ciphertext, plaintext))
      return undefined; // SC-042
    this.#n += 1n;
    return plaintext;
  }

  /** Noise's REKEY (rev 34 §4.2): a new key from the old one; the counter goes on. */
  rekey(): void {
    const key = this.#key();
    if (key === undefined) throw new Error("rekey without a key");
    const stream = new Uint8Array(keyLength + tagLength);
    this.#primitives.seal(key, encodeNonce(maxNonce), empty, new Uint8Array(keyLength), stream);
    key.set(stream.subarray(0, keyLength));
    this.#primitives.wipe(stream);
  }

  /** Forgets the key for good: unlike a cipher that never had one, a wiped one passes nothing through. */
  wipe(): void {
    if (this.#k !== undefined) this.#primitives.wipe(this.#k);
    this.#k = undefined;
    this.#wiped = true;
  }

  #key(): Uint8Array | undefined {
    if (this.#wiped) throw new Error("this cipher's key has been wiped");
    return this.#k;
  }

  #nextNonce(): Uint8Array {
    if (this.#n >= maxNonce) throw new Error("the nonces of this key are used up");
    return encodeNonce(this.#n);
  }
}

/** ChaChaPoly's nonce: 4 zero bytes, then the counter as a little-endian 64-bit integer (Noise rev 34 §12.3). */
export function encodeNonce(counter: bigint): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, counter, true);
  return nonce;
}
