/**
 * The provider that runs everywhere: libsodium in WebAssembly, from the `libsodium-wrappers` package. It calls the
 * compiled functions on memory of its own, which is zeros again after each operation (`wasm-scratch.ts`);
 * `docs/wiping.md` says what that reaches and what it does not.
 */
import {
  checkLength,
  checkOpen,
  checkSeal,
  DIGEST_LENGTH,
  KEY_LENGTH,
  NONCE_LENGTH,
  TAG_LENGTH,
  X25519_LENGTH,
} from "./lengths.ts";
import type { Primitives } from "./primitives.ts";
import { type Address, loadRawSodium, type RawSodium } from "./raw-sodium.ts";
import { unmovedBytes } from "./unmoved-bytes.ts";
import { createWasmScratch, type WasmScratch } from "./wasm-scratch.ts";

/** A null pointer, for the outputs and inputs that libsodium may do without. */
const NONE: Address = 0;

let loading: Promise<Primitives> | undefined;

/**
 * The primitives over WebAssembly. The module has one memory, so every call gives the same object.
 *
 * @throws Error when WebAssembly does not start here, or libsodium is not as expected
 */
export function loadWasmPrimitives(): Promise<Primitives> {
  loading ??= loadRawSodium().then((raw) =>
    primitivesOver(
      raw,
      createWasmScratch(raw, (scratch, round) => rehearse(primitivesOver(raw, scratch), round)),
    ),
  );
  return loading;
}

function primitivesOver(raw: RawSodium, scratch: WasmScratch): Primitives {
  const write = (bytes: Uint8Array, address: Address): void => raw.HEAPU8.set(bytes, address);
  const read = (address: Address, length: number): Uint8Array =>
    raw.HEAPU8.subarray(address, address + length);
  const copy = (address: Address, length: number): Uint8Array => {
    const bytes = unmovedBytes(length);
    bytes.set(read(address, length));
    return bytes;
  };

  return {
    name: "libsodium-wrappers",

    x25519PublicKey(secretKey) {
      checkLength("secretKey", secretKey, X25519_LENGTH);
      return scratch.use(0, () => {
        write(secretKey, scratch.key);
        demand(raw._crypto_scalarmult_base(scratch.output, scratch.key) === 0, "crypto_scalarmult_base");
        return copy(scratch.output, X25519_LENGTH);
      });
    },

    x25519(secretKey, publicKey) {
      checkLength("secretKey", secretKey, X25519_LENGTH);
      checkLength("publicKey", publicKey, X25519_LENGTH);
      return scratch.use(0, () => {
        write(secretKey, scratch.key);
        write(publicKey, scratch.publicKey);
        // It fails for an output of zeros, and for nothing else.
        if (raw._crypto_scalarmult(scratch.output, scratch.key, scratch.publicKey) !== 0) return undefined;
        return copy(scratch.output, X25519_LENGTH);
      });
    },

    blake2b(input, out) {
      if (out !== undefined) checkLength("out", out, DIGEST_LENGTH);
      return scratch.use(input.length, (buffer) => {
        write(input, buffer);
        const { output } = scratch;
        demand(
          raw._crypto_generichash(output, DIGEST_LENGTH, buffer, input.length, 0, NONE, 0) === 0,
          "crypto_generichash",
        );
        if (out === undefined) return copy(output, DIGEST_LENGTH);
        out.set(read(output, DIGEST_LENGTH));
        return out;
      });
    },

    seal(key, nonce, associatedData, plaintext, out) {
      checkSeal(key, nonce, plaintext, out);
      const length = plaintext.length;
      // The tag grows at the message's end, so the associated data lies before it.
      scratch.use(associatedData.length + out.length, (buffer) => {
        const message = buffer + associatedData.length;
        write(key, scratch.key);
        write(nonce, scratch.nonce);
        write(associatedData, buffer);
        write(plaintext, message);
        demand(
          raw._crypto_aead_chacha20poly1305_ietf_encrypt(
            message,
            NONE,
            message,
            length,
            0,
            buffer,
            associatedData.length,
            0,
            NONE,
            scratch.nonce,
            scratch.key,
          ) === 0,
          "crypto_aead_chacha20poly1305_ietf_encrypt",
        );
        out.set(read(message, out.length));
      });
    },

    open(key, nonce, associatedData, ciphertext, out) {
      checkOpen(key, nonce, ciphertext, out);
      return scratch.use(associatedData.length + ciphertext.length, (buffer) => {
        const message = buffer + associatedData.length;
        write(key, scratch.key);
        write(nonce, scratch.nonce);
        write(associatedData, buffer);
        write(ciphertext, message);
        const opened =
          raw._crypto_aead_chacha20poly1305_ietf_decrypt(
            message,
            NONE,
            NONE,
            message,
            ciphertext.length,
            0,
            buffer,
            associatedData.length,
            0,
            scratch.nonce,
            scratch.key,
          ) === 0;
        if (opened) out.set(read(message, out.length));
        else out.fill(0);
        return opened;
      });
    },

    equal(a, b) {
      checkLength("b", b, a.length);
      let difference = 0;
      for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
      return difference === 0;
    },

    wipe(bytes) {
      bytes.fill(0);
    },
  };
}

/** A C function that can't fail on what it was given, and did. */
function demand(held: boolean, what: string): void {
  if (!held) throw new Error(`${what} of libsodium-wrappers failed`);
}

/**
 * Runs every operation on each of its paths, for `createWasmScratch` to see where they spill; and holds on the way
 * that the compiled functions take their arguments as `raw-sodium.ts` declares them.
 */
function rehearse(primitives: Primitives, round: number): void {
  const bytes = (length: number, salt: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => (salt + round * 97 + i * 31) & 0xff);
  const secretKey = bytes(X25519_LENGTH, 1);
  const peer = bytes(X25519_LENGTH, 2);
  const shared = primitives.x25519(secretKey, primitives.x25519PublicKey(peer));
  const mirrored = primitives.x25519(peer, primitives.x25519PublicKey(secretKey));
  demand(
    shared !== undefined && mirrored !== undefined && primitives.equal(shared, mirrored),
    "crypto_scalarmult",
  );
  demand(primitives.x25519(secretKey, new Uint8Array(X25519_LENGTH)) === undefined, "crypto_scalarmult");

  for (const length of [0, 1, 127, 128, 129, 300]) primitives.blake2b(bytes(length, 3));

  const key = bytes(KEY_LENGTH, 4);
  const nonce = bytes(NONCE_LENGTH, 5);
  for (const length of [0, 1, 15, 16, 64, 65, 300]) {
    for (const associatedData of [bytes(0, 6), bytes(37, 6)]) {
      const plaintext = bytes(length, 7);
      const sealed = new Uint8Array(length + TAG_LENGTH);
      const opened = new Uint8Array(length);
      primitives.seal(key, nonce, associatedData, plaintext, sealed);
      const held = primitives.open(key, nonce, associatedData, sealed, opened);
      demand(held && primitives.equal(plaintext, opened), "crypto_aead_chacha20poly1305_ietf_decrypt");
      sealed.fill(~(sealed[0] ?? 0), 0, 1);
      demand(
        !primitives.open(key, nonce, associatedData, sealed, opened),
        "crypto_aead_chacha20poly1305_ietf_decrypt",
      );
    }
  }
}
