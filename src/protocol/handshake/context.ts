import { ascii } from "../bytes.ts";
import { contextLength } from "../limits.ts";
import { UsageError } from "../usage-error.ts";

/** Whether a string is a context, or `""`, which is none (HS-022, HS-023). */
export function isContext(context: string): boolean {
  return typeof context === "string" && context.length <= contextLength && /^[\x21-\x7e]*$/.test(context);
}

/**
 * HS-022: a context as it goes over the wire: an ASCII protocol name of at most 32 bytes, each 0x21 to 0x7E, padded with
 * zeros; none (`""`) is all zeros. Throws {@link UsageError} for any other string.
 */
export function encodeContext(context: string): Uint8Array {
  const bytes = new Uint8Array(contextLength);
  if (!isContext(context)) {
    throw new UsageError(
      "a context is 1 to 32 printable ASCII characters without spaces; leave it out for a channel without one",
    );
  }
  bytes.set(ascii(context));
  return bytes;
}

/** The context that a server serves, back as a string; `undefined` for none. */
export function decodeContext(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0);
  const name = String.fromCharCode(...bytes.subarray(0, end === -1 ? bytes.length : end));
  return name === "" ? undefined : name;
}
