/**
 * Hawser: a PKI-less secure channel between two ends that know each other's X25519 public keys.
 *
 * @module
 */
export * from "./agent/index.ts";
export * from "./cluster/index.ts";
export {
  type LoadPrimitivesOptions,
  loadPrimitives,
  NativeUnavailableError,
  type Provider,
} from "./crypto/index.ts";
export * from "./keys/index.ts";
export * from "./net/index.ts";
// Named once more: the one that loads the primitives itself stands before that of the keys' layer.
export { generateKeyPair, readKeyFile } from "./net/index.ts";
export * from "./protocol/index.ts";
