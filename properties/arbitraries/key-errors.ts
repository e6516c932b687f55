import { inspect } from "node:util";
import { KEY_ERRORS, KeyError } from "../../src/keys/portable.ts";

/** The KeyError that a call throws; fails when it throws none, or something else, or an unknown code. */
export function refusal(call: () => unknown): KeyError {
  try {
    call();
  } catch (error) {
    return known(error);
  }
  throw new Error("nothing was refused");
}

/** The KeyError that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<KeyError> {
  try {
    await promise;
  } catch (error) {
    return known(error);
  }
  throw new Error("nothing was refused");
}

function known(error: unknown): KeyError {
  if (error instanceof KeyError && Object.hasOwn(KEY_ERRORS, error.code)) return error;
  throw new Error("something other than a documented error was thrown", { cause: error });
}

/** All that a log or a debugger could show of an error, its causes and hidden properties included. */
export function everythingOf(error: Error): string {
  return [
    error.message,
    error.stack,
    JSON.stringify(error, Object.getOwnPropertyNames(error)),
    inspect(error, { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true }),
    error.cause instanceof Error ? everythingOf(error.cause) : inspect(error.cause),
  ].join("\n");
}

/** Whether any `length` characters in a row of a secret stand in a text, in either case. */
export function shows(text: string, secret: string, length = 8): boolean {
  const haystack = text.toLowerCase();
  const needle = secret.toLowerCase();
  for (let at = 0; at + length <= needle.length; at++) {
    if (haystack.includes(needle.slice(at, at + length))) return true;
  }
  return false;
}
