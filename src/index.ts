/**
 * Hawser: a PKI-less secure channel between two ends that know each other's X25519 public keys.
 *
 * @module
 */
export * from "./protocol/index.ts";
