import type { Primitives } from "../../crypto/primitives.ts";
import { ascii } from "../../protocol/bytes.ts";
import { bytesFromHex } from "../shim/hex.ts";

/** A long-term or an ephemeral key pair of the runner's. */
export interface Pair {
  readonly secret: Uint8Array;
  readonly public: Uint8Array;
}

/** A key pair for tests, always the same for one name. */
export function testPair(primitives: Primitives, name: string): Pair {
  const secret = ascii(`TEST KEY ${name} `.padEnd(32, ".")).slice(0, 32);
  return { secret, public: primitives.x25519PublicKey(secret) };
}

/**
 * The public keys whose X25519 output is all zeros for every secret key (RFC 7748 §7): small-order points of the curve
 * and of its twist, and the ways to write them that the field's reduction and the ignored highest bit leave.
 */
export const lowOrderPoints: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  [
    ["zero", "00".repeat(32)],
    ["one", `01${"00".repeat(31)}`],
    ["order-8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"],
    ["order-8-other", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"],
    ["p-less-1", `ec${"ff".repeat(30)}7f`],
    ["p", `ed${"ff".repeat(30)}7f`],
    ["p-plus-1", `ee${"ff".repeat(30)}7f`],
    ["zero-high-bit", `${"00".repeat(31)}80`],
    ["one-high-bit", `01${"00".repeat(30)}80`],
    ["p-high-bit", `ed${"ff".repeat(31)}`],
  ].map(([name, hex]) => [name, bytesFromHex(hex ?? "") ?? new Uint8Array(0)]),
);

/** The same key, written with its highest bit set: another 32 bytes, the same outputs of DH (NO-009). */
export function withHighBit(publicKey: Uint8Array): Uint8Array {
  const copy = publicKey.slice();
  copy[31] = (copy[31] ?? 0) | 0x80;
  return copy;
}

/**
 * The base point 9 written as p + 9, which is no reduced value and is to be used all the same (NO-009). Its DH with a key
 * is that key's public half, so that nobody needs its secret.
 */
export const unreduced: Pair = {
  secret: new Uint8Array(0),
  public: bytesFromHex(`f6${"ff".repeat(30)}7f`) ?? new Uint8Array(0),
};

export function flipped(bytes: Uint8Array, at: number, bit = 1): Uint8Array {
  const copy = bytes.slice();
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ bit;
  return copy;
}
