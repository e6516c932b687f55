import type { Primitives } from "../../crypto/primitives.ts";
import { secretCopy } from "../bytes.ts";
import { keyLength, maxNonce, tagLength } from "../limits.ts";

const empty = new Uint8Array(0);

/** Noise's CipherState: a key and the counter of the next nonce (Noise rev 34 §5.1). */
export class CipherState {
  readonly #primitives: Primitives;
  #k: Uint8Array | undefined;
  /** The counter's upper and lower 32 bits: numbers, as arithmetic on a bigint allocates. */
  #high = 0;
  #low = 0;
  #wiped = false;

  constructor(primitives: Primitives, key?: Uint8Array) {
    this.#primitives = primitives;
    if (key !== undefined) this.initializeKey(key);
  }

  /** Takes a copy of a 32-byte key; the counter starts at 0. */
  initializeKey(key: Uint8Array): void {
    if (key.length !== keyLength) throw new RangeError("a cipher key has 32 bytes");
    if (this.#k === undefined) this.#k = secretCopy(key);
    else this.#k.set(key);
    this.#high = 0;
    this.#low = 0;
    this.#wiped = false;
  }

  /** The counter that the next message takes. */
  get nonce(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  setNonce(nonce: bigint): void {
    this.#high = Number(nonce >> 32n);
    this.#low = Number(nonce & 0xffff_ffffn);
  }

  /** A copy of the key, for a session that goes on elsewhere; the caller wipes it. */
  copyKey(): Uint8Array {
    const key = this.#key();
    if (key === undefined) throw new Error("a cipher without a key");
    return secretCopy(key);
  }

  /** How many messages can follow before the nonces are used up; above 2⁵³ not exactly. */
  get noncesLeft(): number {
    return (0xffff_ffff - this.#high) * 0x1_0000_0000 + (0xffff_ffff - this.#low);
  }

  /** Whether the counter is a positive multiple of so many, a power of two up to 2³². */
  isAtMultiple(of: number): boolean {
    return this.#low % of === 0 && (this.#low > 0 || this.#high > 0);
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
    this.#count(); // RC-003, SC-041
    return ciphertext;
  }

  /**
   * The plaintext, in memory that `allocate` gives, or `undefined` when the tag is wrong: then the counter stays where
   * it was.
   */
  decryptWithAd(
    associatedData: Uint8Array,
    ciphertext: Uint8Array,
    allocate: (length: number) => Uint8Array = newArray,
  ): Uint8Array | undefined {
    const key = this.#key();
    if (key === undefined) return ciphertext.slice();
    if (ciphertext.length < tagLength) return undefined;
    const { openLong } = this.#primitives;
    const plaintext =
      openLong !== undefined && ciphertext.length >= openLong.from && associatedData.length === 0
        ? openLong.open(key, this.#nextNonce(), ciphertext)
        : this.#open(key, associatedData, ciphertext, allocate(ciphertext.length - tagLength));
    if (plaintext !== undefined) this.#count(); // SC-042
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
    if (this.noncesLeft === 0) throw new Error("the nonces of this key are used up");
    nonceCounter.setUint32(0, this.#low, true);
    nonceCounter.setUint32(4, this.#high, true);
    return nextNonce;
  }

  #open(
    key: Uint8Array,
    associatedData: Uint8Array,
    ciphertext: Uint8Array,
    plaintext: Uint8Array,
  ): Uint8Array | undefined {
    const isAuthentic = this.#primitives.open(key, this.#nextNonce(), associatedData, ciphertext, plaintext);
    return isAuthentic ? plaintext : undefined;
  }

  #count(): void {
    this.#low = (this.#low + 1) >>> 0;
    if (this.#low === 0) this.#high++;
  }
}

const newArray = (length: number): Uint8Array => new Uint8Array(length);

/** One for all, as it is used up before the next is made: there is one to a record. */
const nextNonce = new Uint8Array(12);
const nonceCounter = new DataView(nextNonce.buffer, 4);

/** ChaChaPoly's nonce: 4 zero bytes, then the counter as a little-endian 64-bit integer (Noise rev 34 §12.3). */
export function encodeNonce(counter: bigint): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, counter, true);
  return nonce;
}
