import { argumentError } from "./arguments.ts";
import { KeyError } from "./errors.ts";
import { type LocalKeyHolder, requireHolder } from "./key-pair.ts";
import { significantLines } from "./lines.ts";
import { parseSecretKey } from "./text.ts";

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
  for (const { number, text } of significantLines(content)) {
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
      throw error instanceof KeyError ? error.at({ line: number }) : error;
    }
  }
  if (secretKey === undefined) {
    throw new KeyError(
      "ERR_HAWSER_KEY_FILE_NO_KEY",
      content.length === 0
        ? "this is empty, and a secret key (HAWSER-SECRET-KEY-1…) was expected"
        : "there are only blank lines and comments here, and a secret key (HAWSER-SECRET-KEY-1…) was expected",
    );
  }
  return secretKey;
}
