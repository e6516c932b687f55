import { concat, u16 } from "../bytes.ts";
import { maxAlertMessage } from "../limits.ts";
import { UsageError } from "../usage-error.ts";
import { type AlertName, alertCodes, applicationCodes } from "./alert-codes.ts";

const names = new Map<number, AlertName>();
for (const [name, code] of Object.entries(alertCodes)) names.set(code, name as AlertName);

/** The name of an alert code; `"application"` from 0x8000 on; `undefined` for a code that nobody has defined. */
export function alertName(code: number): AlertName | "application" | undefined {
  return (
    names.get(code) ??
    (code >= applicationCodes.from && code <= applicationCodes.to ? "application" : undefined)
  );
}

/** The code that an application may send: one of the registry's, by name or number, or its own from 0x8000 on. */
export function alertCode(code: number | AlertName): number {
  const number = typeof code === "string" ? alertCodes[code] : code;
  if (!Number.isInteger(number) || alertName(number) === undefined) {
    throw new UsageError("an alert code is one of the registry's or an application's own, 0x8000 to 0xffff");
  }
  return number;
}

/** An Alert's body: the code, then the message in UTF-8, cut at a character boundary to 1,024 bytes (AL-011). */
export function alertBody(code: number, message: string): Uint8Array {
  const bytes = new TextEncoder().encode(message);
  let length = Math.min(bytes.length, maxAlertMessage);
  while (isContinuation(bytes[length])) length--;
  return concat(u16(code), bytes.subarray(0, length));
}

/** Whether a byte goes on with a character. None, behind the last one, does not. */
function isContinuation(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}

/**
 * An alert's words as they may be shown or logged: control, format (bidirectional ones among them) and unassigned
 * characters, lone surrogates and line separators as `\u{…}`, so that a peer can't drive a terminal or turn text
 * around (AL-029); the backslash itself doubled, so that nothing is ambiguous.
 */
export function escapeMessage(message: string): string {
  return message.replace(/[\\\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\\" ? "\\\\" : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
