import { KEY_ERRORS, KeyError } from "../../src/keys/portable.ts";
import { check } from "./check.ts";

/** What a call gave, or the documented error that it ended in; whatever else is thrown is a finding. */
export function keyResult<T>(call: () => T): { readonly value: T } | { readonly error: KeyError } {
  try {
    return { value: call() };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    check(Object.hasOwn(KEY_ERRORS, error.code), `the code ${error.code} is not documented`);
    checkKeepsSecrets(error);
    return { error };
  }
}

/** KT-020: no error has a part of a key in it. No word of the messages is that many of Bech32's characters long. */
function checkKeepsSecrets(error: KeyError): void {
  check(error.cause === undefined, "the error has a cause");
  const said = `${error.message} ${error.reason} ${error.path ?? ""}`;
  check(!/[02-9ac-hj-np-z]{14}/i.test(said), `the error shows what may be a part of a key: ${error.code}`);
}
