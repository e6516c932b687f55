import { isUtf8 } from "node:buffer";
import { alertBody, alertName, escapeMessage } from "../src/protocol/record/alert.ts";
import { alertCodes } from "../src/protocol/record/alert-codes.ts";
import { parsePlaintext, writePlaintext } from "../src/protocol/record/plaintext.ts";
import { check, checkSameBytes } from "./support/check.ts";
import { judgePlaintext } from "./support/wire.ts";

/** An Alert's body, code and message. */
export const lengths = { usual: 48, longest: 1_200 };

const registered = Object.entries(alertCodes);

/** What {@link escapeMessage} made, undone. */
function unescaped(shown: string): string {
  return shown.replace(/\\(?:\\|u\{([0-9a-f]+)\})/g, (_, hex: string | undefined) =>
    hex === undefined ? "\\" : String.fromCodePoint(Number.parseInt(hex, 16)),
  );
}

/**
 * An Alert is taken just when its words are strictly UTF-8 and short enough, which two others say too; what is taken
 * makes the same bytes again, and can be shown without a character that does something to a terminal, and without loss.
 */
export function fuzz(data: Uint8Array): void {
  if (data.length > lengths.longest) return;
  const body = new Uint8Array(data);
  const plaintext = new Uint8Array(3 + body.length);
  writePlaintext(plaintext, "alert", body, plaintext.length);
  const found = parsePlaintext(plaintext);
  const code = ((body[0] ?? 0) << 8) | (body[1] ?? 0);
  const good = body.length >= 2 && body.length <= 1_026 && code !== 0 && isUtf8(body.subarray(2));
  check(good === !("fault" in judgePlaintext(plaintext)), "the generated parser does not agree with Node's");
  if ("fault" in found) {
    check(!good, `a good Alert, refused: ${found.fault}`);
    check(found.fault === "body" && found.alert, `the check that fails is ${found.fault}`);
    return;
  }
  check(good && found.type === "alert", `a bad Alert, taken for ${found.type}`);
  if (found.type !== "alert") return;
  check(found.code === code, `code ${found.code} instead of ${code}`);
  checkSameBytes(alertBody(found.code, found.message), body, "the body, written again");
  const name = registered.find(([, number]) => number === code)?.[0];
  check(
    alertName(code) === (name ?? (code >= 0x8000 ? "application" : undefined)),
    `named ${alertName(code)}`,
  );
  const shown = escapeMessage(found.message);
  check(!/[\p{C}\p{Zl}\p{Zp}]/u.test(shown), "a character that does something to a terminal is shown");
  // At most `\u{..}` for each byte of a control character.
  check(shown.length <= 6 * body.length, `memory: ${shown.length} characters for ${body.length} bytes`);
  check(unescaped(shown) === found.message, "what is shown is not what was said");
}
