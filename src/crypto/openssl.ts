/**
 * ChaCha20-Poly1305 of the OpenSSL that Node carries, for long texts. It uses wider vectors than libsodium (AVX-512,
 * where there is such), and takes 26 µs for 64 KiB instead of the addon's 39 and WebAssembly's 108; but a call costs 3 µs
 * before it begins, so that for short texts libsodium is the faster one.
 *
 * OpenSSL's copy of the key lives until `final`, which frees and zeroes it.
 */

import { freeMemory } from "./free-memory.ts";
import { checkCiphertext, checkSeal, KEY_LENGTH, NONCE_LENGTH, TAG_LENGTH } from "./lengths.ts";
import type { Primitives } from "./primitives.ts";

/** What is used of `node:crypto`, which is not imported, as there is none in a browser. */
interface Crypto {
  createCipheriv(name: string, key: Uint8Array, nonce: Uint8Array, options: object): Cipher;
  createDecipheriv(name: string, key: Uint8Array, nonce: Uint8Array, options: object): Decipher;
}

interface Decipher {
  setAuthTag(tag: Uint8Array): void;
  update(text: Uint8Array): Uint8Array;
  /** Throws where the tag is wrong. */
  final(): Uint8Array;
}

interface Cipher extends Pick<Decipher, "update" | "final"> {
  getAuthTag(): Uint8Array;
}

const name = "chacha20-poly1305";
const options = { authTagLength: TAG_LENGTH };

/** Sealing and opening without associated data, as the primitives have them; the lengths have been checked. */
export interface LongTexts {
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, out: Uint8Array): void;
  open(key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
}

/**
 * The same primitives, but for texts of `from` bytes or more that come without associated data: where the runtime has
 * OpenSSL's cipher, they are its.
 */
export function withLongTexts(primitives: Primitives, from: number): Primitives {
  const longTexts = opensslLongTexts();
  if (longTexts === undefined) return primitives;
  return {
    ...primitives,

    seal(key, nonce, associatedData, plaintext, out) {
      if (plaintext.length < from || associatedData.length > 0) {
        primitives.seal(key, nonce, associatedData, plaintext, out);
        return;
      }
      checkSeal(key, nonce, plaintext, out);
      longTexts.seal(key, nonce, plaintext, out);
    },

    openLong: {
      from,
      open(key, nonce, ciphertext) {
        checkCiphertext(key, nonce, ciphertext);
        return longTexts.open(key, nonce, ciphertext);
      },
    },
  };
}

/** `undefined` where the runtime has no such cipher: in FIPS mode, or where it only resembles Node. */
export function opensslLongTexts(): LongTexts | undefined {
  const crypto = globalThis.process?.getBuiltinModule?.("node:crypto") as Crypto | undefined;
  if (crypto === undefined) return undefined;
  try {
    const [key, nonce] = [new Uint8Array(KEY_LENGTH), new Uint8Array(NONCE_LENGTH)];
    const sealed = new Uint8Array(1 + TAG_LENGTH);
    const cipher = longTexts(crypto);
    cipher.seal(key, nonce, new Uint8Array(1), sealed);
    return cipher.open(key, nonce, sealed) === undefined ? undefined : cipher;
  } catch {
    return undefined;
  }
}

function longTexts({ createCipheriv, createDecipheriv }: Crypto): LongTexts {
  return {
    seal(key, nonce, plaintext, out) {
      const { length } = plaintext;
      const cipher = withoutStackTraces(() => createCipheriv(name, key, nonce, options));
      const text = cipher.update(plaintext);
      out.set(text);
      freeMemory(text);
      cipher.final();
      out.set(cipher.getAuthTag(), length);
    },

    open(key, nonce, ciphertext) {
      const length = ciphertext.length - TAG_LENGTH;
      const decipher = withoutStackTraces(() => createDecipheriv(name, key, nonce, options));
      decipher.setAuthTag(ciphertext.subarray(length));
      const plaintext = decipher.update(ciphertext.subarray(0, length));
      try {
        decipher.final();
      } catch {
        plaintext.fill(0);
        return undefined;
      }
      // Not a Buffer, whose `slice` copies nothing.
      return new Uint8Array(plaintext.buffer, plaintext.byteOffset, length);
    },
  };
}

/**
 * Node 24 learns that a key is bytes from two errors, which it catches: their stack traces take 6 µs, twice as long as the
 * rest of a call.
 */
function withoutStackTraces<T>(call: () => T): T {
  const limit = Error.stackTraceLimit;
  // Where the language's own objects are frozen (`--frozen-intrinsics`) it stays as it is.
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return call();
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit);
  }
}
