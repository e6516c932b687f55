/**
 * Every error of this layer by its code, with what it means. The codes are stable: programs may branch on them,
 * never on a message. `spec/keys.md` and `docs/guides/keys.md` list the same codes, and a test holds them equal.
 */
export const KEY_ERRORS = {
  ERR_HAWSER_KEY_ARGUMENT: "an argument is of another type or length than expected",
  ERR_HAWSER_KEY_EMPTY: "there is no text where a key belongs",
  ERR_HAWSER_KEY_SECRET: "a secret key is where none belongs",
  ERR_HAWSER_KEY_PUBLIC: "a public key is where a secret key belongs",
  ERR_HAWSER_KEY_SURROUNDED: "something stands before or after the key",
  ERR_HAWSER_KEY_MIXED_CASE: "upper-case and lower-case letters are mixed",
  ERR_HAWSER_KEY_PREFIX: "the text does not begin as a key of this kind begins",
  ERR_HAWSER_KEY_WRONG_CASE: "a public key in upper case, or a secret key in lower case",
  ERR_HAWSER_KEY_CHARACTER: "a character that no key contains",
  ERR_HAWSER_KEY_LENGTH: "too few or too many characters",
  ERR_HAWSER_KEY_CHECKSUM: "the checksum is wrong: a character was changed",
  ERR_HAWSER_KEY_PADDING: "the unused bits at the end are not zero",
  ERR_HAWSER_KEY_WIPED: "the key pair was wiped and can't be used any more",
  ERR_HAWSER_KEY_FILE_PATH: "an empty path, one with a NUL character, or - where standard input is not read",
  ERR_HAWSER_KEY_FILE_EXISTS: "a secret key's file is never overwritten",
  ERR_HAWSER_KEY_FILE_MISSING: "there is no such file",
  ERR_HAWSER_KEY_FILE_SYSTEM: "the system refused; its error is the cause",
  ERR_HAWSER_KEY_FILE_KIND: "a folder, pipe, device or socket instead of a regular file",
  ERR_HAWSER_KEY_FILE_MODE: "others may read the secret key's file, or write to the authorized-keys file",
  ERR_HAWSER_KEY_FILE_SIZE: "the file is larger than any such file can be",
  ERR_HAWSER_KEY_FILE_ENCODING: "the file is not UTF-8 text",
  ERR_HAWSER_KEY_FILE_NO_KEY: "the file holds no secret key",
  ERR_HAWSER_KEY_FILE_TWO_KEYS: "the file holds more than one secret key",
  ERR_HAWSER_KEY_FILE_SYNTAX: "a line of the authorized-keys file is not options, a key and at most a name",
  ERR_HAWSER_KEY_FILE_NAME:
    "a name in the authorized-keys file is too long or has a character that is not allowed",
  ERR_HAWSER_KEY_FILE_OPTION:
    "an option in the authorized-keys file is unknown, badly written, there twice, or not for this program",
  ERR_HAWSER_KEY_FILE_DUPLICATE: "the authorized-keys file lists a key twice",
  ERR_HAWSER_KEY_FILE_CHANGING: "the file kept changing while it was read",
  ERR_HAWSER_URL_LENGTH: "the connection string is longer than 2,048 characters",
  ERR_HAWSER_URL_SCHEME: "the text begins with neither hawser:// nor hawser+unix://",
  ERR_HAWSER_URL_CHARACTER: "a character that a URL may not contain",
  ERR_HAWSER_URL_ENCODING:
    "a percent sign without two hexadecimal digits, or encoded bytes that are not UTF-8",
  ERR_HAWSER_URL_FRAGMENT: "a fragment (#)",
  ERR_HAWSER_URL_USERINFO: "what stands before the @ is not one public key",
  ERR_HAWSER_URL_HOST: "the host is missing, not valid, or where none belongs",
  ERR_HAWSER_URL_PORT: "the port is missing or not a number from 1 to 65535",
  ERR_HAWSER_URL_PATH: "a path where none belongs, or not the path of a unix socket",
  ERR_HAWSER_URL_PARAMETER: "a parameter that is neither via nor context, is repeated, or has no value",
  ERR_HAWSER_URL_VIA: "a via key without a server key",
  ERR_HAWSER_URL_CONTEXT: "the context is longer than 32 bytes or has a byte outside 0x21 to 0x7E",
} as const;

/** The stable code of a {@link KeyError}. */
export type KeyErrorCode = keyof typeof KEY_ERRORS;

/** Where in a file an error was found. */
export interface KeyErrorPlace {
  /** The file's path; `"-"` is standard input. */
  readonly path?: string;
  /** The line, counted from 1. */
  readonly line?: number;
}

/**
 * A key, a key file or a connection string that can't be used. The message says what is wrong, what was expected
 * and what to do.
 *
 * It never contains any part of the text that was refused, since that may be a secret key, mangled or in the wrong
 * place (KT-020). What it may name: positions, lengths, line numbers, and the path of a file that was opened. The
 * `cause` is a system error or absent.
 */
export class KeyError extends Error {
  override readonly name = "KeyError";
  readonly code: KeyErrorCode;
  /** The file's path, when a file is at fault: absolute for authorized keys, else as it was given; `"-"` is standard input. */
  readonly path?: string;
  /** The line at fault, counted from 1. */
  readonly line?: number;
  /** What is wrong, without the place. */
  readonly reason: string;

  constructor(code: KeyErrorCode, reason: string, place: KeyErrorPlace = {}, options?: ErrorOptions) {
    super(placeText(place) + reason, options);
    this.code = code;
    this.reason = reason;
    if (place.path !== undefined) this.path = place.path;
    if (place.line !== undefined) this.line = place.line;
  }

  /** The same error, found at a place in a file. */
  at(place: KeyErrorPlace): KeyError {
    const known = {
      ...(this.path === undefined ? {} : { path: this.path }),
      ...(this.line === undefined ? {} : { line: this.line }),
    };
    const options = this.cause === undefined ? undefined : { cause: this.cause };
    return new KeyError(this.code, this.reason, { ...known, ...place }, options);
  }
}

function placeText(place: KeyErrorPlace): string {
  const file =
    place.path === "-" ? "standard input" : place.path === undefined ? undefined : showPath(place.path);
  if (file === undefined) return place.line === undefined ? "" : `line ${place.line}: `;
  return place.line === undefined ? `${file}: ` : `${file}:${place.line}: `;
}

/**
 * A path as one word of a shell command: as it is when that is safe, else quoted. Control characters and the
 * invisible ones of Unicode (which could turn a message around on a terminal) are written as `$'\u202e'`, which
 * bash, zsh and POSIX.1-2024 understand. A leading hyphen gets `./` so that no command takes it for an option.
 */
export function showPath(path: string): string {
  const word = path.startsWith("-") ? `./${path}` : path;
  if (/^[A-Za-z0-9_./:@%+,=-]+$/.test(word)) return word;
  if (!/[\p{C}\p{Zl}\p{Zp}]/u.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = word.replace(/[\\']/g, "\\$&").replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const point = character.codePointAt(0) as number;
    return point > 0xffff
      ? `\\U${hex(point, 8)}`
      : point > 0x7f
        ? `\\u${hex(point, 4)}`
        : `\\x${hex(point, 2)}`;
  });
  return `$'${escaped}'`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
