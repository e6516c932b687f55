import { keyLength } from "./limits.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Bytes that a caller hands in, as a plain `Uint8Array` over the same memory: a subclass such as Node's `Buffer` has
 * methods of the same names that do other things (its `slice` makes no copy). Throws {@link UsageError} for all else.
 */
export function bytesOf(name: string, value: Uint8Array): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new UsageError(`${name} is a Uint8Array`);
  if (Object.getPrototypeOf(value) === Uint8Array.prototype) return value;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** A copy of a public key that a caller hands in, 32 bytes. */
export function publicKeyOf(name: string, value: Uint8Array): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== keyLength) {
    throw new UsageError(`${name} is a public key: a Uint8Array of ${keyLength} bytes`);
  }
  return new Uint8Array(value);
}

export function textOf(name: string, value: string): string {
  if (typeof value !== "string") throw new UsageError(`${name} is a string`);
  return value;
}

/** A key holder's answer: 32 bytes, or `undefined` for all zeros. */
export function dhOutputOf(output: Uint8Array | undefined): Uint8Array | undefined {
  if (output === undefined) return undefined;
  const bytes = bytesOf("a DH output", output);
  if (bytes.length === keyLength) return bytes;
  throw new UsageError(`a DH output has ${keyLength} bytes, not ${bytes.length}`);
}
