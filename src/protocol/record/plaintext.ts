import { readU16 } from "../bytes.ts";
import { maxAlertMessage, maxRecordBody, pingLength, recordHeadLength } from "../limits.ts";

/** The types of records, by their byte. */
export const recordTypes = { data: 0, alert: 1, accept: 2, close: 3, ping: 4, pong: 5 } as const;
export type RecordType = keyof typeof recordTypes;

const typeNames = Object.keys(recordTypes) as RecordType[];

/** A record's plaintext, parsed, without its padding (RC-010). Bodies are views of the plaintext. */
export type RecordContent =
  | { readonly type: "data"; readonly body: Uint8Array }
  | { readonly type: "alert"; readonly code: number; readonly message: string }
  | { readonly type: "accept" | "close" }
  | { readonly type: "ping" | "pong"; readonly body: Uint8Array };

/** The check of a record that failed, in the order in which they are made. */
export type RecordCheck = "length" | "cipher" | "type" | "size" | "padding" | "body";

export interface RecordFault {
  readonly fault: RecordCheck;
  /** The record authenticates and is of type Alert: it is not answered. */
  readonly alert: boolean;
}

/**
 * The plaintext of a record before it is padded: `type u8 | size u16 | body`, at the start of `length` bytes of zeros.
 *
 * @param length of the padded plaintext, at least 3 more than the body's
 */
export function writePlaintext(out: Uint8Array, type: RecordType, body: Uint8Array, length: number): void {
  out[0] = recordTypes[type];
  out[1] = body.length >> 8;
  out[2] = body.length & 0xff;
  out.set(body, recordHeadLength);
  out.fill(0, recordHeadLength + body.length, length);
}

/** Parses a record's plaintext (at least 3 bytes), strictly: type, size, padding, body (RC-014 to RC-017); the first failure counts. */
export function parsePlaintext(plaintext: Uint8Array): RecordContent | RecordFault {
  const type = typeNames[plaintext[0] ?? typeNames.length];
  if (type === undefined) return { fault: "type", alert: false };
  const alert = type === "alert";
  const size = readU16(plaintext, 1);
  if (size > plaintext.length - recordHeadLength) return { fault: "size", alert };
  const bodyEnd = recordHeadLength + size;
  for (let i = bodyEnd; i < plaintext.length; i++) {
    if (plaintext[i] !== 0) return { fault: "padding", alert };
  }
  // RC-010: the body ends where its size says.
  return parseBody(type, plaintext.subarray(recordHeadLength, bodyEnd)) ?? { fault: "body", alert };
}

function parseBody(type: RecordType, body: Uint8Array): RecordContent | undefined {
  switch (type) {
    case "data":
      return body.length >= 1 && body.length <= maxRecordBody ? { type, body } : undefined; // RC-025
    case "alert":
      return parseAlert(body);
    case "accept":
    case "close":
      return body.length === 0 ? { type } : undefined;
    case "ping":
    case "pong":
      return body.length === pingLength ? { type, body } : undefined;
  }
}

function parseAlert(body: Uint8Array): RecordContent | undefined {
  if (body.length < 2 || body.length > 2 + maxAlertMessage) return undefined;
  const code = readU16(body, 0);
  if (code === 0) return undefined;
  try {
    // AL-025, AL-026: strict, and a byte order mark stays.
    const message = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body.subarray(2));
    return { type: "alert", code, message };
  } catch {
    return undefined; // not UTF-8
  }
}
