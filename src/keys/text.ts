import { bech32 } from "@scure/base";
import { BECH32_ALPHABET } from "./alphabet.ts";
import { requireKey, requireText } from "./arguments.ts";
import { KeyError } from "./errors.ts";
import { lookalike } from "./lookalikes.ts";

/**
 * Keys as text: Bech32 (BIP-173, without its limit of 90 characters) of the 32 bytes, as age writes its keys. A
 * public key is `hawser1…` in lower case, a secret key `HAWSER-SECRET-KEY-1…` in upper case, and neither is read in
 * the other case, so that a key has one text only and its kind is seen at a glance.
 *
 * Nothing here imports Node, and no error contains a character of what was refused.
 */

/** Bytes of a key, public or secret. */
export const KEY_BYTES = 32;

interface Kind {
  readonly what: string;
  /** The human-readable part (BIP-173), in lower case. */
  readonly hrp: string;
  readonly upperCase: boolean;
  /** The name of the function that reads it, for messages. */
  readonly parser: string;
}

const PUBLIC: Kind = { what: "public key", hrp: "hawser", upperCase: false, parser: "parsePublicKey" };
const SECRET: Kind = {
  what: "secret key",
  hrp: "hawser-secret-key-",
  upperCase: true,
  parser: "parseSecretKey",
};

/** Characters after the separator: 52 for 256 bits, 6 for the checksum. */
const DATA_LENGTH = 58;

/** Length of a public key's text, in characters. */
export const PUBLIC_KEY_TEXT_LENGTH = PUBLIC.hrp.length + 1 + DATA_LENGTH;

/** Length of a secret key's text, in characters. */
export const SECRET_KEY_TEXT_LENGTH = SECRET.hrp.length + 1 + DATA_LENGTH;

/**
 * Whether a text speaks of a secret key anywhere, in any case, whole or mangled. Such a text is never shown. (KT-016)
 */
export function mentionsSecretKey(text: string): boolean {
  return /hawser-secret-key/i.test(text);
}

/**
 * The text of a public key (32 bytes): 65 characters, `hawser1…`. (KT-001, KT-002)
 *
 * @throws KeyError ERR_HAWSER_KEY_ARGUMENT for another length, or what are no bytes
 */
export function formatPublicKey(publicKey: Uint8Array): string {
  return format(PUBLIC, publicKey);
}

/**
 * The text of a secret key (32 bytes): 77 characters, `HAWSER-SECRET-KEY-1…`. The string can't be wiped: make it
 * only to store it. (KT-001, KT-003)
 *
 * @throws KeyError ERR_HAWSER_KEY_ARGUMENT for another length, or what are no bytes
 */
export function formatSecretKey(secretKey: Uint8Array): string {
  return format(SECRET, secretKey);
}

/**
 * The 32 bytes of a public key's text, any 32 bytes: whether they are of use is found by the handshake. Nothing is
 * trimmed. (KT-015)
 *
 * @throws KeyError ERR_HAWSER_KEY_…, ERR_HAWSER_KEY_SECRET when it is a secret key's text
 */
export function parsePublicKey(text: string): Uint8Array {
  requireText("the text of a key", text);
  if (mentionsSecretKey(text)) throw secretMisplaced("a public key (hawser1…)");
  return parse(PUBLIC, text);
}

/**
 * The 32 bytes of a secret key's text. Nothing is trimmed. The caller wipes them. (KT-015)
 *
 * @throws KeyError ERR_HAWSER_KEY_…, ERR_HAWSER_KEY_PUBLIC when it is a public key's text (KT-014)
 */
export function parseSecretKey(text: string): Uint8Array {
  requireText("the text of a key", text);
  if (!mentionsSecretKey(text) && /hawser1/i.test(text)) {
    throw new KeyError(
      "ERR_HAWSER_KEY_PUBLIC",
      "this is a public key, and a secret key (HAWSER-SECRET-KEY-1…) was expected: " +
        "give the file that the key pair was made in",
    );
  }
  return parse(SECRET, text);
}

/** The error for a secret key in the wrong place; it does not contain the key. (KT-013) */
export function secretMisplaced(expected: string): KeyError {
  return new KeyError(
    "ERR_HAWSER_KEY_SECRET",
    `this is a secret key, and ${expected} was expected. It is not shown here. ` +
      "If anyone else may have seen it, in a shell's history or a chat, make a new key pair",
  );
}

function format(kind: Kind, key: Uint8Array): string {
  requireKey(`the ${kind.what}`, key, KEY_BYTES, kind.parser);
  const words = bech32.toWords(key);
  const text = bech32.encode(kind.hrp, words, false);
  words.fill(0);
  return kind.upperCase ? text.toUpperCase() : text;
}

/** Lower case of ASCII letters alone: Unicode's rules would turn the Kelvin sign into a k. */
function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * The checks in the order of the specification; the first that fails is the error: KT-004, KT-005, KT-006, KT-007,
 * KT-008, KT-009, KT-010, KT-011, KT-012.
 */
function parse(kind: Kind, text: string): Uint8Array {
  const prefix = `${kind.hrp}1`;
  const shown = `${kind.upperCase ? prefix.toUpperCase() : prefix}…`;
  const wanted = `a ${kind.what} (${shown}) was expected`;
  const length = prefix.length + DATA_LENGTH;
  const lower = asciiLower(text);

  const like = lookalike(text);
  const foreign =
    like === undefined ? undefined : `there is no Hawser key here; this looks like ${like} (${wanted})`;

  if (text === "") throw new KeyError("ERR_HAWSER_KEY_EMPTY", `the key is empty; ${wanted}`);
  if (lower.indexOf(prefix) > 0 || /^[^0-9A-Za-z]|[^0-9A-Za-z]$|[\t-\r ]/.test(text)) {
    throw new KeyError(
      "ERR_HAWSER_KEY_SURROUNDED",
      foreign ??
        `something stands before or after the key, such as a blank, a line end, a quote or a comment; ${wanted}, and nothing else`,
    );
  }
  if (/[a-z]/.test(text) && /[A-Z]/.test(text)) {
    throw new KeyError(
      "ERR_HAWSER_KEY_MIXED_CASE",
      foreign ??
        `upper-case and lower-case letters are mixed; a ${kind.what} is all ` +
          `${kind.upperCase ? "upper" : "lower"} case: copy it again, unchanged`,
    );
  }
  if (!lower.startsWith(prefix)) {
    throw new KeyError(
      "ERR_HAWSER_KEY_PREFIX",
      foreign ??
        `this does not begin with ${shown.slice(0, -1)}; ${wanted} (keys of age or ssh are not Hawser keys)`,
    );
  }
  if ((kind.upperCase ? /[a-z]/ : /[A-Z]/).test(text)) {
    throw new KeyError(
      "ERR_HAWSER_KEY_WRONG_CASE",
      `a ${kind.what} is written in ${kind.upperCase ? "upper" : "lower"} case; ${wanted}: copy it again, unchanged`,
    );
  }
  for (let at = prefix.length; at < text.length; at++) {
    if (BECH32_ALPHABET.includes(lower.charAt(at))) continue;
    throw new KeyError(
      "ERR_HAWSER_KEY_CHARACTER",
      `character ${at + 1} occurs in no key (neither do 1, b, i and o after the first 1): copy it again, unchanged`,
    );
  }
  if (text.length !== length) {
    throw new KeyError(
      "ERR_HAWSER_KEY_LENGTH",
      `the text has ${text.length} characters, and a ${kind.what} has ${length}: copy all of it, and nothing else`,
    );
  }
  // Bech32's own error would contain the text, so it goes no further than here.
  const decoded = bech32.decodeUnsafe(text, false);
  if (!decoded) {
    throw new KeyError(
      "ERR_HAWSER_KEY_CHECKSUM",
      "the checksum is wrong: at least one character was changed; copy it again",
    );
  }
  const bytes = bech32.fromWordsUnsafe(decoded.words);
  decoded.words.fill(0);
  if (!bytes) {
    throw new KeyError(
      "ERR_HAWSER_KEY_PADDING",
      "the unused bits at the end are not zero, so another program made this text, and wrongly; make it again with hawser",
    );
  }
  // In an ArrayBuffer made by hand, where V8's collector moves nothing, so that the caller's wiping reaches it.
  const key = new Uint8Array(new ArrayBuffer(KEY_BYTES));
  key.set(bytes);
  bytes.fill(0);
  return key;
}
