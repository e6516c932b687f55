import { BECH32_ALPHABET } from "./alphabet.ts";

/**
 * What a refused text seems to be, for the words of its error alone: what is refused, and with which code, is decided
 * elsewhere. Everything said here is a kind or a count, never a part of the text (KT-020).
 */

/** A key, or the first third of one; `hawser1.example.org` is none. In any case of letters. */
export function looksLikePublicKey(text: string): boolean {
  return BEGINNING.test(text);
}

const BEGINNING = new RegExp(`^hawser1[${BECH32_ALPHABET}]{20}`, "i");

/** What a text that is no key of this project looks like, `undefined` where it looks like nothing known. */
export function lookalike(text: string): string | undefined {
  return FOREIGN.find(([form]) => form.test(text))?.[1];
}

const FOREIGN: readonly (readonly [RegExp, string])[] = [
  // Half of the bytes of plain text in UTF-16 are zero.
  [/^\0?(?:[^\0]\0){3}/, "UTF-16 text without a byte order mark: save it as UTF-8"],
  [/^.*\r(?!$)/, "text whose lines end with carriage returns alone: save it with line feeds"],
  [/^-----BEGIN /, "PEM, as openssl and ssh-keygen write it"],
  [/^(?:ssh-|ecdsa-sha2-|sk-ssh-|sk-ecdsa-)/, "a key of ssh"],
  [/^age(?:1|-secret-key-)/i, "a key of age"],
  [/^[0-9a-f]{64}$/i, "a key in hexadecimal digits"],
  // Upper and lower case and digits, as no text of Bech32 has them, with the padding or the length of 32 bytes.
  [
    /^(?!.*hawser)(?=.*[a-z])(?=.*[A-Z])(?:[A-Za-z0-9+/_-]{43}|[A-Za-z0-9+/_-]{42,}={1,2})$/,
    "a key in base64",
  ],
];

/** Whether a key of so many characters stands here in two halves, a line end between them. */
export function isWrapped(text: string, next: string | undefined, length: number): boolean {
  return next !== undefined && text.length + next.length === length && DATA.test(next);
}

const DATA = new RegExp(`^[${BECH32_ALPHABET}]+$`, "i");
