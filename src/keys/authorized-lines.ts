import { requireObject } from "./arguments.ts";
import {
  firstWord,
  KEY_OPTION_NAMES,
  type KeyOptionName,
  type KeyOptions,
  looksLikeOptions,
  parseKeyOptions,
  requireHonoured,
} from "./authorized-options.ts";
import { KeyError } from "./errors.ts";
import { type Line, significantLines } from "./lines.ts";
import { isWrapped, looksLikePublicKey } from "./lookalikes.ts";
import { mentionsSecretKey, PUBLIC_KEY_TEXT_LENGTH, parsePublicKey, secretMisplaced } from "./text.ts";

/** A key that is let in. */
export interface AuthorizedKey {
  /** The public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The name after the key, if there is one: 1 to 64 ASCII letters, digits and `. _ @ + -`. Names may repeat. */
  readonly name?: string;
  /** What stands before the key: each narrows what the line allows. */
  readonly options?: KeyOptions;
  /** The line it stands in, counted from 1. */
  readonly line: number;
}

/** For {@link parseAuthorizedKeys}. */
export interface ParseAuthorizedKeysOptions {
  /** The options that the program honours, by looking at them itself; a line with another is bad. None unless given. */
  readonly honours?: readonly KeyOptionName[];
}

/** @throws KeyError ERR_HAWSER_KEY_ARGUMENT */
export function requireHonours(honours: readonly KeyOptionName[]): readonly KeyOptionName[] {
  if (Array.isArray(honours) && honours.every((name) => KEY_OPTION_NAMES.includes(name))) return [...honours];
  throw new KeyError("ERR_HAWSER_KEY_ARGUMENT", `honours is not a list of ${KEY_OPTION_NAMES.join(", ")}`);
}

/**
 * The keys in the content of an authorized-keys file, in its order, none twice. The first bad line is the error:
 * a file is good as a whole or not at all. (KT-040, KT-042, KT-045, KT-046)
 *
 * @throws KeyError with the line, of a code of the key's text or ERR_HAWSER_KEY_FILE_ENCODING, _SYNTAX, _NAME,
 *   _OPTION, _DUPLICATE
 */
export function parseAuthorizedKeys(
  content: Uint8Array,
  options: ParseAuthorizedKeysOptions = {},
): AuthorizedKey[] {
  requireObject("options", options, "an object such as { honours } was expected");
  const honours = requireHonours(options.honours ?? []);
  const keys = new Map<string, AuthorizedKey>();
  const lines = significantLines(content);
  for (const [index, line] of lines.entries()) {
    try {
      const { id, key } = parseLine(line);
      if (key.options !== undefined) requireHonoured(key.options, honours);
      const earlier = keys.get(id);
      if (earlier !== undefined) {
        throw new KeyError(
          "ERR_HAWSER_KEY_FILE_DUPLICATE",
          `this key stands in line ${earlier.line} already: keep one of the two, so that removing it removes it`,
        );
      }
      keys.set(id, key);
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      const wrapped =
        error.code === "ERR_HAWSER_KEY_LENGTH" &&
        isWrapped(line.text, lines[index + 1]?.text, PUBLIC_KEY_TEXT_LENGTH);
      const reason = wrapped ? "the key was wrapped over two lines: join them to one" : error.reason;
      throw new KeyError(error.code, reason, { line: line.number });
    }
  }
  return [...keys.values()];
}

/** The longest name, in characters: shorter than a key, so that no key is a name. */
const NAME_MAX = 64;
const NAME = new RegExp(`^[A-Za-z0-9._@+-]{1,${NAME_MAX}}$`);

/** Options, a key, at most a name, and nothing else: KT-040, KT-041, KT-043, KT-044. The key's text, having one form only, identifies it. */
function parseLine(line: Line): { id: string; key: AuthorizedKey } {
  if (mentionsSecretKey(line.text)) throw secretMisplaced("a public key (hawser1…)");
  const { options, rest } = cutOptions(line.text);
  const [id = "", name, ...more] = rest.split(/[ \t]+/);
  const publicKey = parsePublicKey(id);
  const second = [name ?? "", ...more].some((word) => looksLikePublicKey(word) && word.length > NAME_MAX);
  if (second) throw syntaxError("there is a second key on the line: write one a line");
  if (more.length > 0) {
    throw syntaxError(
      "after the public key comes at most a name, which is one word; a comment (#) takes a line of its own",
    );
  }
  if (name !== undefined && !NAME.test(name)) {
    throw new KeyError(
      "ERR_HAWSER_KEY_FILE_NAME",
      "the name after the key is not 1 to 64 letters, digits and . _ @ + - of ASCII; a comment (#) takes a line of its own",
    );
  }
  const named = name === undefined ? {} : { name };
  return { id, key: { publicKey, ...named, ...options, line: line.number } };
}

/** What a line says before its key, and the rest. A line that begins as a key does has no options. */
function cutOptions(text: string): { options?: { options: KeyOptions }; rest: string } {
  if (/^hawser1/i.test(text)) return { rest: text };
  const { word, rest, isOpen } = firstWord(text);
  const hasKey = /(?:^|[ \t])hawser1/.test(rest);
  if (isOpen && looksLikeOptions(word, /[ \t]hawser1/.test(word))) {
    throw new KeyError("ERR_HAWSER_KEY_FILE_OPTION", "a quote of an option's value is not closed");
  }
  if (looksLikeOptions(word, hasKey)) {
    const options = parseKeyOptions(word);
    if (rest === "") throw syntaxError("after the options comes the public key");
    if (/^[^ \t]*="/.test(rest)) {
      throw new KeyError(
        "ERR_HAWSER_KEY_FILE_OPTION",
        "after the options comes the public key: options are joined by commas, without blanks",
      );
    }
    return { options: { options }, rest };
  }
  if (!hasKey) return { rest: text };
  throw syntaxError(
    NAME.test(word) && rest.startsWith("hawser1")
      ? "a line begins with its public key, or with options: the name comes after the key"
      : 'a line begins with its public key, or with options such as from="192.0.2.1",max="2"',
  );
}

function syntaxError(reason: string): KeyError {
  return new KeyError("ERR_HAWSER_KEY_FILE_SYNTAX", reason);
}
