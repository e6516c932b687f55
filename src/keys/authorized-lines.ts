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
  /** The line it stands in, counted from 1. */
  readonly line: number;
}

/**
 * The keys in the content of an authorized-keys file, in its order, none twice. The first bad line is the error:
 * a file is good as a whole or not at all. (KT-040, KT-042, KT-045, KT-046)
 *
 * @throws KeyError with the line, of a code of the key's text or ERR_HAWSER_KEY_FILE_ENCODING, _SYNTAX, _NAME,
 *   _DUPLICATE
 */
export function parseAuthorizedKeys(content: Uint8Array): AuthorizedKey[] {
  const keys = new Map<string, AuthorizedKey>();
  const lines = significantLines(content);
  for (const [index, line] of lines.entries()) {
    try {
      const { id, key } = parseLine(line);
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

/** A key, at most a name, and nothing else: KT-040, KT-041, KT-043, KT-044. The key's text, having one form only, identifies it. */
function parseLine(line: Line): { id: string; key: AuthorizedKey } {
  if (mentionsSecretKey(line.text)) throw secretMisplaced("a public key (hawser1…)");
  const [id = "", name, ...more] = line.text.split(/[ \t]+/);
  if (
    !id.startsWith("hawser1") &&
    (name?.startsWith("hawser1") || more.some((word) => word.startsWith("hawser1")))
  ) {
    throw new KeyError(
      "ERR_HAWSER_KEY_FILE_SYNTAX",
      NAME.test(id) && name?.startsWith("hawser1")
        ? "a line begins with its public key: the name comes after the key"
        : "a line begins with its public key; options before it are not known to this version",
    );
  }
  const publicKey = parsePublicKey(id);
  const second = [name ?? "", ...more].some((word) => looksLikePublicKey(word) && word.length > NAME_MAX);
  if (second)
    throw new KeyError("ERR_HAWSER_KEY_FILE_SYNTAX", "there is a second key on the line: write one a line");
  if (more.length > 0) {
    throw new KeyError(
      "ERR_HAWSER_KEY_FILE_SYNTAX",
      "after the public key comes at most a name, which is one word; a comment (#) takes a line of its own",
    );
  }
  if (name === undefined) return { id, key: { publicKey, line: line.number } };
  if (!NAME.test(name)) {
    throw new KeyError(
      "ERR_HAWSER_KEY_FILE_NAME",
      "the name after the key is not 1 to 64 letters, digits and . _ @ + - of ASCII; a comment (#) takes a line of its own",
    );
  }
  return { id, key: { publicKey, name, line: line.number } };
}
