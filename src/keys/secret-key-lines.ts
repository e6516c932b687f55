import { argumentError } from "./arguments.ts";
import { KeyError } from "./errors.ts";
import { type LocalKeyHolder, requireHolder } from "./key-pair.ts";
import { significantLines } from "./lines.ts";
import { isWrapped } from "./lookalikes.ts";
import { parseSecretKey, SECRET_KEY_TEXT_LENGTH } from "./text.ts";

/**
 * The content of a secret key's file: when it was made and the public key as comments, then the secret key.
 * (KT-032)
 *
 * @param created when the key pair was made; to the second, in UTC
 * @throws KeyError ERR_HAWSER_KEY_ARGUMENT, _WIPED
 */
export function formatSecretKeyFile(holder: LocalKeyHolder, created: Date): string {
  requireHolder(holder);
  if (!(created instanceof Date) || Number.isNaN(created.getTime())) {
    throw argumentError("the time of making", created, "a valid Date was expected");
  }
  const time = created.toISOString().replace(/\.\d+Z$/, "Z");
  return `# created: ${time}\n# public key: ${holder.publicKeyText}\n${holder.secretKeyText()}\n`;
}

/**
 * The one secret key (32 bytes; the caller wipes them) in the content of a secret key's file. (KT-033)
 *
 * @throws KeyError with the line, of a code of the key's text or ERR_HAWSER_KEY_FILE_ENCODING, _NO_KEY, _TWO_KEYS
 */
export function parseSecretKeyFile(content: Uint8Array): Uint8Array {
  let secretKey: Uint8Array | undefined;
  const lines = significantLines(content);
  for (const [index, { number, text }] of lines.entries()) {
    if (secretKey !== undefined) {
      secretKey.fill(0);
      throw new KeyError(
        "ERR_HAWSER_KEY_FILE_TWO_KEYS",
        "one secret key was expected, and here is a second line after it: keep each key in a file of its own",
        { line: number },
      );
    }
    try {
      secretKey = parseSecretKey(text);
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      const wrapped =
        error.code === "ERR_HAWSER_KEY_LENGTH" &&
        isWrapped(text, lines[index + 1]?.text, SECRET_KEY_TEXT_LENGTH);
      const reason = wrapped ? "the key was wrapped over two lines: join them to one" : error.reason;
      throw new KeyError(error.code, reason, { line: number });
    }
  }
  if (secretKey === undefined) {
    // The whole file is one comment then.
    const oldLineEnds = content.includes(0x0d) && !content.includes(0x0a);
    throw new KeyError(
      "ERR_HAWSER_KEY_FILE_NO_KEY",
      content.length === 0
        ? "this is empty, and a secret key (HAWSER-SECRET-KEY-1…) was expected"
        : oldLineEnds
          ? "no key was found: the lines end with carriage returns alone, and line feeds were expected: save it with those"
          : "there are only blank lines and comments here, and a secret key (HAWSER-SECRET-KEY-1…) was expected",
    );
  }
  return secretKey;
}
