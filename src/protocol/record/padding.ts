import { maxPlaintext } from "../limits.ts";
import { UsageError } from "../usage-error.ts";

/**
 * How a sender pads the plaintext of its records. It changes sizes on the wire, never what is delivered.
 *
 * - `"none"`
 * - `"padme"`: to a length with few significant bits, at most 12 % more (Nikitin et al., PURBs, PoPETs 2019, §4)
 * - `{ block: n }`: to a multiple of n bytes, 1 to 65,519
 * - a function from a length to a length, both in bytes of plaintext (type, size and body included); what it gives
 *   is rounded down, and brought into the range that the record and the protocol allow
 */
export type Padding = "none" | "padme" | { readonly block: number } | ((length: number) => number);

/** A policy as a function from the plaintext's length to its padded length, never less and never over 65,519. */
export function paddedLength(padding: Padding): (length: number) => number {
  const policy = padTo(padding);
  return (length) => {
    const wanted = Math.floor(policy(length));
    return wanted >= length ? Math.min(wanted, maxPlaintext) : length;
  };
}

function padTo(padding: Padding): (length: number) => number {
  if (padding === "none") return (length) => length;
  if (padding === "padme") return padme;
  if (typeof padding === "function") return padding;
  const block = padding?.block;
  if (!Number.isInteger(block) || block < 1 || block > maxPlaintext) {
    throw new UsageError(`padding is "none", "padme", a function or { block: 1 to ${maxPlaintext} }`);
  }
  return (length) => Math.ceil(length / block) * block;
}

function padme(length: number): number {
  if (length < 2) return length;
  const exponent = Math.floor(Math.log2(length));
  const significant = Math.floor(Math.log2(exponent)) + 1;
  const unit = 2 ** Math.max(0, exponent - significant);
  return Math.ceil(length / unit) * unit;
}
