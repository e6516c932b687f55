import { requireBytes } from "./arguments.ts";
import { KeyError } from "./errors.ts";

/** A line that says something, without the blanks around it. */
export interface Line {
  /** Counted from 1, blank lines and comments too. */
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a key file that say something. The bytes must be UTF-8; a byte order mark at their start, carriage
 * returns before line feeds, and spaces and tabs around a line are dropped; blank lines and those that begin with
 * `#` are left out. (KT-030, KT-031)
 *
 * @throws KeyError ERR_HAWSER_KEY_FILE_ENCODING, ERR_HAWSER_KEY_ARGUMENT
 */
export function significantLines(bytes: Uint8Array): Line[] {
  requireBytes("the content", bytes);
  return decode(bytes)
    .split("\n")
    .map((text, index) => ({
      number: index + 1,
      text: text.replace(/\r$/, "").replace(/^[ \t]+|[ \t]+$/g, ""),
    }))
    .filter((line) => line.text !== "" && !line.text.startsWith("#"));
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new KeyError(
      "ERR_HAWSER_KEY_FILE_ENCODING",
      "this is UTF-16 text (as the > of Windows PowerShell writes it), and UTF-8 was expected: save it as UTF-8",
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new KeyError("ERR_HAWSER_KEY_FILE_ENCODING", "this is not UTF-8 text; is it the right file?");
  }
}
