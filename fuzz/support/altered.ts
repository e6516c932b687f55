import type { Input } from "./input.ts";

/** Bytes as an attacker hands them on: a count, at most three, then a place and what is flipped there, for each. */
export function altered(bytes: Uint8Array, input: Input): Uint8Array {
  const result = bytes.slice();
  const count = input.u8() & 3;
  for (let i = 0; i < count; i++) {
    const at = input.u8() % result.length;
    result[at] = (result[at] ?? 0) ^ input.u8();
  }
  return result;
}
