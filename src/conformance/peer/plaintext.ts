import { concat, readU16, u16 } from "../../protocol/bytes.ts";
import { Deviation } from "../deviation.ts";
import { hexOf } from "../shim/hex.ts";
import { none } from "./schedule.ts";

/** The types of records, by name (RC-051). */
export const types = { data: 0, alert: 1, accept: 2, close: 3, ping: 4, pong: 5 } as const;

/** A record's plaintext, or something that looks like one: the size and what follows the body may lie. */
export function plain(
  type: number,
  body: Uint8Array = none,
  { size = body.length, padding = none }: { readonly size?: number; readonly padding?: Uint8Array } = {},
): Uint8Array {
  return concat(Uint8Array.of(type), u16(size), body, padding);
}

export const alertBody = (code: number, words: Uint8Array = none) => concat(u16(code), words);

/** A ciphertext behind its length, or another. */
export function framed(ciphertext: Uint8Array, length = ciphertext.length): Uint8Array {
  return concat(u16(length), ciphertext);
}

/** What a shim said, in a word: `data`, `alert:5:<words>`, `accept`, `close`, `ping:<bytes>`, `pong:<bytes>`. */
export interface Said {
  readonly word: string;
  readonly data: Uint8Array;
}

/**
 * Reads the plaintext of a record that a shim sent, strictly.
 *
 * @throws Deviation
 */
export function saidBy(plaintext: Uint8Array): Said {
  if (plaintext.length < 3) throw new Deviation("a plaintext of 3 bytes or more (RC-001)", hexOf(plaintext));
  const type = plaintext[0] ?? 0;
  const size = readU16(plaintext, 1);
  if (size > plaintext.length - 3)
    throw new Deviation("a size within the record (RC-015)", `${size} of ${plaintext.length - 3} bytes`);
  const body = plaintext.slice(3, 3 + size);
  if (plaintext.subarray(3 + size).some((byte) => byte !== 0))
    throw new Deviation("padding of zeros (RC-016)", hexOf(plaintext.subarray(3 + size, 67 + size)));
  switch (type) {
    case types.data:
      if (size === 0) throw new Deviation("Data with a body (RC-025)", "an empty Data record");
      return { word: "data", data: body };
    case types.alert: {
      const words = body.subarray(2);
      const code = readU16(body, 0);
      if (size < 2 || words.length > 1_024 || code === 0 || !isUtf8(words))
        throw new Deviation("a well-formed Alert (RC-017, AL-025)", hexOf(body));
      return { word: `alert:${code}${words.length > 0 ? `:${hexOf(words)}` : ""}`, data: none };
    }
    case types.accept:
    case types.close:
      if (size > 0) throw new Deviation("an Accept or a Close without a body (RC-017)", hexOf(body));
      return { word: type === types.accept ? "accept" : "close", data: none };
    case types.ping:
    case types.pong:
      if (size !== 8) throw new Deviation("a Ping or a Pong of 8 bytes (RC-017)", hexOf(body));
      return { word: `${type === types.ping ? "ping" : "pong"}:${hexOf(body)}`, data: none };
    default:
      throw new Deviation("a type from 0 to 5 (RC-014)", String(type));
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
