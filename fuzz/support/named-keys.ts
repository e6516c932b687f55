/** Texts in which a control character stands for a key's text, so that a fuzzer need not find a checksum. */
import { formatPublicKey, formatSecretKey } from "../../src/keys/portable.ts";

function key(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

const texts = new Map<string, string>([
  ["\u0001", formatPublicKey(key(1))],
  ["\u0002", formatPublicKey(key(2))],
  ["\u0003", formatPublicKey(key(3))],
  ["\u0004", formatPublicKey(key(4))],
  ["\u0005", formatPublicKey(key(5)).toUpperCase()],
  ["\u0006", formatSecretKey(key(6))],
]);

/** The bytes with the texts of keys in the place of 0x01 to 0x06. */
export function withKeys(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("latin1")
    .replace(/[\u0001-\u0006]/g, (control) => texts.get(control) ?? control);
}
