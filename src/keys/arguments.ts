import { KeyError } from "./errors.ts";

/**
 * What callers hand in, judged by its type: programs without types, and those whose types lie, get an error with a
 * code like any other, and it says what was expected. It never shows the value, which may be a secret key.
 */

/** The error for an argument of another kind than expected. */
export function argumentError(name: string, value: unknown, expected: string): KeyError {
  return new KeyError("ERR_HAWSER_KEY_ARGUMENT", `${name} is ${kindOf(value)}, and ${expected}`);
}

/** @throws KeyError ERR_HAWSER_KEY_ARGUMENT */
export function requireText(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") {
    throw argumentError(name, value, `a string was expected${value instanceof URL ? ": use its href" : ""}`);
  }
}

/** Whether a value is a `Uint8Array`, of another realm (a frame, a test's sandbox) too. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** @throws KeyError ERR_HAWSER_KEY_ARGUMENT */
export function requireBytes(name: string, value: unknown): asserts value is Uint8Array {
  if (!isBytes(value)) throw argumentError(name, value, "a Uint8Array was expected");
}

/**
 * Holds a key against its type and length.
 *
 * @param parser what makes bytes of a key's text
 * @throws KeyError ERR_HAWSER_KEY_ARGUMENT
 */
export function requireKey(
  name: string,
  value: unknown,
  bytes: number,
  parser: string,
): asserts value is Uint8Array {
  if (!isBytes(value)) {
    const hint = typeof value === "string" ? `: use ${parser} first` : "";
    throw argumentError(name, value, `a Uint8Array of ${bytes} bytes was expected${hint}`);
  }
  if (value.length !== bytes) {
    throw new KeyError(
      "ERR_HAWSER_KEY_ARGUMENT",
      `${name} has ${value.length} bytes, and ${bytes} were expected`,
    );
  }
}

/** @throws KeyError ERR_HAWSER_KEY_ARGUMENT */
export function requireObject(name: string, value: unknown, expected: string): asserts value is object {
  if (typeof value !== "object" || value === null || value instanceof Promise) {
    throw argumentError(name, value, expected);
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return "undefined";
  if (value === null) return "null";
  if (typeof value === "string") return "text";
  if (value instanceof Promise) return "a promise (an await is missing)";
  if (value instanceof URL) return "a URL object";
  if (Array.isArray(value)) return "a list";
  if (ArrayBuffer.isView(value)) return "an array of bytes or numbers";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
