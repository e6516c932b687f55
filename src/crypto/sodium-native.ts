/**
 * The fast provider: libsodium as a native addon, from the optional dependency `sodium-native`. It works on the
 * caller's bytes where they lie, so there is no memory of its own to wipe; what C leaves on the thread's stack is
 * out of reach (`docs/wiping.md`).
 */
import { checkLength, checkOpen, checkSeal, DIGEST_LENGTH, X25519_LENGTH } from "./lengths.ts";
import type { Primitives } from "./primitives.ts";
import { unmovedBytes } from "./unmoved-bytes.ts";

/** What is used of `sodium-native`, which ships no types. A failure throws `Error`. */
interface SodiumNative {
  crypto_scalarmult_base(out: Uint8Array, secretKey: Uint8Array): void;
  crypto_scalarmult(out: Uint8Array, secretKey: Uint8Array, publicKey: Uint8Array): void;
  crypto_generichash(out: Uint8Array, input: Uint8Array): void;
  crypto_aead_chacha20poly1305_ietf_encrypt(
    out: Uint8Array,
    plaintext: Uint8Array,
    associatedData: Uint8Array,
    unused: null,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
  crypto_aead_chacha20poly1305_ietf_decrypt(
    out: Uint8Array,
    unused: null,
    ciphertext: Uint8Array,
    associatedData: Uint8Array,
    nonce: Uint8Array,
    key: Uint8Array,
  ): number;
  sodium_memcmp(a: Uint8Array, b: Uint8Array): boolean;
  sodium_memzero(bytes: Uint8Array): void;
}

const FUNCTIONS = [
  "crypto_scalarmult_base",
  "crypto_scalarmult",
  "crypto_generichash",
  "crypto_aead_chacha20poly1305_ietf_encrypt",
  "crypto_aead_chacha20poly1305_ietf_decrypt",
  "sodium_memcmp",
  "sodium_memzero",
] as const satisfies readonly (keyof SodiumNative)[];

/**
 * The primitives over `sodium-native`, or `undefined` where it does not load: not installed, no build for this
 * platform, addons forbidden, a browser.
 *
 * @param onUnavailable is told why, whatever the reason: a fault nobody expected must not look like an absence
 */
export async function loadNativePrimitives(
  onUnavailable?: (cause: unknown) => void,
): Promise<Primitives | undefined> {
  let native: SodiumNative;
  try {
    native = await importSodiumNative();
  } catch (cause) {
    onUnavailable?.(cause);
    return undefined;
  }
  return primitivesOver(native);
}

async function importSodiumNative(): Promise<SodiumNative> {
  // Not a literal: bundlers would follow it and TypeScript would ask for types, but it is meant for where it is.
  const specifier: string = "sodium-native";
  const imported: { default?: unknown } = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ specifier
  );
  const native = imported.default;
  if (!isSodiumNative(native)) throw new Error("sodium-native does not export the functions needed");
  return native;
}

function isSodiumNative(native: unknown): native is SodiumNative {
  if (typeof native !== "object" || native === null) return false;
  return FUNCTIONS.every((name) => typeof Reflect.get(native, name) === "function");
}

function primitivesOver(native: SodiumNative): Primitives {
  return {
    name: "sodium-native",

    x25519PublicKey(secretKey) {
      checkLength("secretKey", secretKey, X25519_LENGTH);
      const publicKey = unmovedBytes(X25519_LENGTH);
      native.crypto_scalarmult_base(publicKey, secretKey);
      return publicKey;
    },

    x25519(secretKey, publicKey) {
      checkLength("secretKey", secretKey, X25519_LENGTH);
      checkLength("publicKey", publicKey, X25519_LENGTH);
      const shared = unmovedBytes(X25519_LENGTH);
      try {
        native.crypto_scalarmult(shared, secretKey, publicKey);
      } catch {
        // With the lengths right, an output of zeros is the only thing left that it refuses.
        return undefined;
      }
      return shared;
    },

    blake2b(input, out) {
      const digest = out ?? unmovedBytes(DIGEST_LENGTH);
      checkLength("out", digest, DIGEST_LENGTH);
      native.crypto_generichash(digest, input);
      return digest;
    },

    seal(key, nonce, associatedData, plaintext, out) {
      checkSeal(key, nonce, plaintext, out);
      native.crypto_aead_chacha20poly1305_ietf_encrypt(out, plaintext, associatedData, null, nonce, key);
    },

    open(key, nonce, associatedData, ciphertext, out) {
      checkOpen(key, nonce, ciphertext, out);
      try {
        native.crypto_aead_chacha20poly1305_ietf_decrypt(out, null, ciphertext, associatedData, nonce, key);
      } catch {
        // With the lengths right, a wrong tag is the only thing left that it refuses. libsodium zeroes the output
        // then, but our promise does not hang on its habit.
        out.fill(0);
        return false;
      }
      return true;
    },

    equal(a, b) {
      checkLength("b", b, a.length);
      return native.sodium_memcmp(a, b);
    },

    wipe(bytes) {
      native.sodium_memzero(bytes);
    },
  };
}
