import type { Primitives } from "../../crypto/primitives.ts";
import { ascii, concat } from "../../protocol/bytes.ts";

export const none = new Uint8Array(0);

/** A counter as a nonce: four zeros, then eight bytes, little-endian (NO-013). */
function nonceOf(counter: bigint): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, counter, true);
  return nonce;
}

/** HMAC-BLAKE2b (NO-015): RFC 2104 with a block of 128 bytes; the key has no more. */
export function hmac(primitives: Primitives, key: Uint8Array, data: Uint8Array): Uint8Array {
  const block = (pad: number) => Uint8Array.from({ length: 128 }, (_, i) => (key[i] ?? 0) ^ pad);
  const inner = primitives.blake2b(concat(block(0x36), data));
  return primitives.blake2b(concat(block(0x5c), inner));
}

/** Noise's HKDF with two outputs of 64 bytes (NO-016). */
function hkdf(primitives: Primitives, ck: Uint8Array, ikm: Uint8Array): [Uint8Array, Uint8Array] {
  const temp = hmac(primitives, ck, ikm);
  const first = hmac(primitives, temp, Uint8Array.of(1));
  return [first, hmac(primitives, temp, concat(first, Uint8Array.of(2)))];
}

/** Noise's ENCRYPT. */
export function seal(
  primitives: Primitives,
  key: Uint8Array,
  counter: bigint,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const ciphertext = new Uint8Array(plaintext.length + 16);
  primitives.seal(key, nonceOf(counter), associatedData, plaintext, ciphertext);
  return ciphertext;
}

/** Noise's DECRYPT: `undefined` when the tag is wrong. */
export function open(
  primitives: Primitives,
  key: Uint8Array,
  counter: bigint,
  associatedData: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  if (ciphertext.length < 16) return undefined;
  const plaintext = new Uint8Array(ciphertext.length - 16);
  const isAuthentic = primitives.open(key, nonceOf(counter), associatedData, ciphertext, plaintext);
  return isAuthentic ? plaintext : undefined;
}

/**
 * Noise's SymmetricState (rev 34 §5.2) with everything in it open, so that a case can bend it: a key schedule that is
 * wrong in one place is what most faults of a handshake are.
 */
export class Schedule {
  readonly primitives: Primitives;
  ck: Uint8Array;
  h: Uint8Array;
  k: Uint8Array | undefined;
  n = 0n;

  constructor(primitives: Primitives, name: string) {
    this.primitives = primitives;
    this.h = concat(ascii(name), new Uint8Array(64 - name.length));
    this.ck = this.h;
  }

  mixHash(data: Uint8Array): void {
    this.h = this.primitives.blake2b(concat(this.h, data));
  }

  mixKey(inputKeyMaterial: Uint8Array): void {
    const [ck, key] = hkdf(this.primitives, this.ck, inputKeyMaterial);
    this.ck = ck;
    this.k = key.slice(0, 32);
    this.n = 0n;
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext =
      this.k === undefined ? plaintext : seal(this.primitives, this.k, this.n++, this.h, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  decryptAndHash(ciphertext: Uint8Array): Uint8Array | undefined {
    const plaintext =
      this.k === undefined ? ciphertext : open(this.primitives, this.k, this.n++, this.h, ciphertext);
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** The keys of the client's and the server's direction. */
  split(): [Uint8Array, Uint8Array] {
    const [first, second] = hkdf(this.primitives, this.ck, none);
    return [first.slice(0, 32), second.slice(0, 32)];
  }

  /** The first output of `HKDF(ck, label | h)`. */
  derive(label: string): Uint8Array {
    return hkdf(this.primitives, this.ck, concat(ascii(label), this.h))[0];
  }

  /**
   * DH, also where its output is all zeros. No bytes stand for the secret of the base point: DH with that is the other's
   * public key itself.
   */
  dh(secret: Uint8Array, publicKey: Uint8Array): Uint8Array {
    if (secret.length === 0) return publicKey;
    return this.primitives.x25519(secret, publicKey) ?? new Uint8Array(32);
  }
}

/** The keys of one direction of records. */
export class Direction {
  readonly primitives: Primitives;
  key: Uint8Array;
  counter: bigint;

  constructor(primitives: Primitives, key: Uint8Array, counter: bigint) {
    this.primitives = primitives;
    this.key = key;
    this.counter = counter;
  }

  /** The ciphertext of the next record. */
  seal(plaintext: Uint8Array): Uint8Array {
    this.#turn();
    return seal(this.primitives, this.key, this.counter++, none, plaintext);
  }

  open(ciphertext: Uint8Array): Uint8Array | undefined {
    this.#turn();
    return open(this.primitives, this.key, this.counter++, none, ciphertext);
  }

  /** Noise's REKEY. */
  rekey(): void {
    this.key = seal(this.primitives, this.key, 2n ** 64n - 1n, none, new Uint8Array(32)).slice(0, 32);
  }

  #turn(): void {
    if (this.counter > 0n && this.counter % 65_536n === 0n) this.rekey(); // RC-005
  }
}
