/**
 * libsodium's C functions as the `libsodium-wrappers` package carries them: compiled to WebAssembly, on addresses
 * in its memory instead of byte arrays. The package hands this module out as its `libsodium` property, without
 * types; so what is used of it is declared here, and looked at before it is believed.
 */
import sodium from "libsodium-wrappers";

/** An address in the WebAssembly memory, or, as an argument, a null pointer. */
export type Address = number;

/** What is used of the compiled module. Return values are C's: 0 for success, -1 for failure. */
export interface RawSodium {
  /** The whole memory. Another array after the memory has grown: never keep it across calls. */
  readonly HEAPU8: Uint8Array;
  /** An allocation of `length` bytes, not zeroed; 0 when there is no memory. */
  _malloc(length: number): Address;
  _free(allocation: Address): void;
  _crypto_scalarmult_base(out: Address, secretKey: Address): number;
  _crypto_scalarmult(out: Address, secretKey: Address, publicKey: Address): number;
  _crypto_generichash(
    out: Address,
    outLength: number,
    input: Address,
    inputLength: number,
    inputLengthHigh: number,
    key: Address,
    keyLength: number,
  ): number;
  _crypto_aead_chacha20poly1305_ietf_encrypt(
    out: Address,
    outLength: Address,
    plaintext: Address,
    plaintextLength: number,
    plaintextLengthHigh: number,
    associatedData: Address,
    associatedDataLength: number,
    associatedDataLengthHigh: number,
    unused: Address,
    nonce: Address,
    key: Address,
  ): number;
  _crypto_aead_chacha20poly1305_ietf_decrypt(
    out: Address,
    outLength: Address,
    unused: Address,
    ciphertext: Address,
    ciphertextLength: number,
    ciphertextLengthHigh: number,
    associatedData: Address,
    associatedDataLength: number,
    associatedDataLengthHigh: number,
    nonce: Address,
    key: Address,
  ): number;
}

/** The names above that are functions, for the look at what the package hands out. */
const FUNCTIONS = [
  "_malloc",
  "_free",
  "_crypto_scalarmult_base",
  "_crypto_scalarmult",
  "_crypto_generichash",
  "_crypto_aead_chacha20poly1305_ietf_encrypt",
  "_crypto_aead_chacha20poly1305_ietf_decrypt",
] as const satisfies readonly (keyof RawSodium)[];

/**
 * The compiled module, ready for use.
 *
 * @throws Error when WebAssembly does not start here, or the package is not shaped as expected
 */
export async function loadRawSodium(): Promise<RawSodium> {
  await sodium.ready;
  const raw: unknown = Reflect.get(sodium, "libsodium");
  if (!isRawSodium(raw)) throw new Error("libsodium-wrappers does not expose the libsodium functions needed");
  return raw;
}

function isRawSodium(raw: unknown): raw is RawSodium {
  if (typeof raw !== "object" || raw === null) return false;
  const heap: unknown = Reflect.get(raw, "HEAPU8");
  return (
    heap instanceof Uint8Array && FUNCTIONS.every((name) => typeof Reflect.get(raw, name) === "function")
  );
}
