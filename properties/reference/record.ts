/**
 * Records: what a plaintext looks like, in which order it is checked, how a direction's key and nonce go on.
 */
import { rekey } from "./noise.ts";
import { concat, open, readU16, seal, u16, zeros } from "./primitives.ts";

export const TYPES = ["Data", "Alert", "Accept", "Close", "Ping", "Pong"] as const;
export type TypeName = (typeof TYPES)[number];

export const MAX_BODY = 65_516;
export const MAX_PLAINTEXT = 65_519;
export const MAX_WIRE = 65_537;
export const MAX_MESSAGE = 1_024;

const LAST_NONCE = 2n ** 64n - 2n;

export type RecordType = 0 | 1 | 2 | 3 | 4 | 5;
export const typeNumber = (name: TypeName): RecordType => TYPES.indexOf(name) as RecordType;

/** One direction: the key in use and the nonce of its next record. */
export interface Direction {
  readonly key: Uint8Array;
  readonly nonce: bigint;
}

/** A direction at its beginning, or at a later nonce, as if it had come there without rekeying. */
export const fresh = (key: Uint8Array, nonce = 0n): Direction => ({ key, nonce });

/** The step whose check failed first, in the order in which they are made. `nonce`: there is none left. */
export type Check = "length" | "nonce" | "cipher" | "type" | "size" | "padding" | "body";

export interface Parsed {
  readonly type: RecordType;
  readonly body: Uint8Array;
}

/** A failed check, and whether the plaintext was of type Alert: a malformed Alert is never answered. */
export interface Failed {
  readonly failed: Check;
  readonly alert: boolean;
}

const fail = (failed: Check, alert = false): Failed => ({ failed, alert });

/** type u8 | size u16 | body | zeros, `length` bytes in all. Any values are taken: hostile records are made here too. */
export function encodePlaintext(
  type: number,
  body: Uint8Array,
  length = 3 + body.length,
  size = body.length,
): Uint8Array {
  const filled = concat(Uint8Array.of(type), u16(size), body);
  return concat(filled, zeros(length - filled.length));
}

/** The checks after the AEAD: type, size, padding, body. `plaintext` has 3 bytes at least, by the length check. */
export function parsePlaintext(plaintext: Uint8Array): Parsed | Failed {
  const type = plaintext[0] as number;
  const alert = type === 1;
  if (type > 5) return fail("type");
  const size = readU16(plaintext, 1);
  if (3 + size > plaintext.length) return fail("size", alert);
  if (plaintext.subarray(3 + size).some((byte) => byte !== 0)) return fail("padding", alert);
  const body = plaintext.slice(3, 3 + size);
  if (!bodyIsValid(type as RecordType, body)) return fail("body", alert);
  return { type: type as RecordType, body };
}

function bodyIsValid(type: RecordType, body: Uint8Array): boolean {
  switch (TYPES[type] as TypeName) {
    case "Data":
      return body.length >= 1;
    case "Alert":
      return decodeAlert(body) !== null;
    case "Accept":
    case "Close":
      return body.length === 0;
    case "Ping":
    case "Pong":
      return body.length === 8;
  }
}

/** code u16 ≠ 0, then 0 to 1,024 bytes of strict UTF-8 (a BOM is a character like any other); else `null`. */
export function decodeAlert(body: Uint8Array): { code: number; message: string } | null {
  if (body.length < 2 || body.length > 2 + MAX_MESSAGE) return null;
  const code = readU16(body, 0);
  if (code === 0) return null;
  try {
    const message = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body.subarray(2));
    return { code, message };
  } catch {
    return null;
  }
}

/** An Alert's body: the message loses characters at its end until it has at most 1,024 bytes. */
export function encodeAlert(code: number, message: string): Uint8Array {
  if (code === 0) throw new RangeError("0 is no alert code");
  const characters = Array.from(message);
  while (new TextEncoder().encode(characters.join("")).length > MAX_MESSAGE) characters.pop();
  return concat(u16(code), new TextEncoder().encode(characters.join("")));
}

/** The key for the direction's next record: a new one when the nonce is a positive multiple of 2^16. */
export function keyOfNext({ key, nonce }: Direction): Uint8Array {
  return nonce > 0n && nonce % 65_536n === 0n ? rekey(key) : key;
}

/** Seals any plaintext as the direction's next record, under whatever nonce is next. */
export function sealRecord(
  direction: Direction,
  plaintext: Uint8Array,
): { wire: Uint8Array; key: Uint8Array; next: Direction } {
  const key = keyOfNext(direction);
  const ciphertext = seal(key, direction.nonce, zeros(0), plaintext);
  return {
    wire: concat(u16(ciphertext.length), ciphertext),
    key,
    next: { key, nonce: direction.nonce + 1n },
  };
}

/** Whether a sender may still seal a record of this type: the last nonce is kept for Alert and Close. */
export function maySend(direction: Direction, type: TypeName): boolean {
  if (type === "Alert" || type === "Close") return direction.nonce <= LAST_NONCE;
  return direction.nonce < LAST_NONCE;
}

/** The length field's check, possible as soon as its 2 bytes are in. */
export const lengthIsValid = (length: number): boolean => length >= 19;

/** Opens one whole record. The receiver does not check what the last nonce was used for. */
export function openRecord(direction: Direction, wire: Uint8Array): (Parsed & { next: Direction }) | Failed {
  const length = readU16(wire, 0);
  if (!lengthIsValid(length)) return fail("length");
  if (wire.length !== 2 + length) throw new RangeError("not one whole record");
  if (direction.nonce > LAST_NONCE) return fail("nonce");
  const key = keyOfNext(direction);
  const plaintext = open(key, direction.nonce, zeros(0), wire.subarray(2));
  if (plaintext === null) return fail("cipher");
  const parsed = parsePlaintext(plaintext);
  return "failed" in parsed ? parsed : { ...parsed, next: { key, nonce: direction.nonce + 1n } };
}

/** A padding policy: from the plaintext's length without padding (3 to 65,519) to its length with it. */
export type Padding = (length: number) => number;

export const noPadding: Padding = (length) => length;

/** Up to a multiple of `block`, or to the largest plaintext where that would be past it. */
export const blockPadding =
  (block: number): Padding =>
  (length) =>
    Math.min(Math.ceil(length / block) * block, MAX_PLAINTEXT);

/** Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", PoPETs 2019, §4), with the same cap. */
export const padme: Padding = (length) => {
  const exponent = Math.floor(Math.log2(length));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const unit = 2 ** (exponent - kept);
  return Math.min(Math.ceil(length / unit) * unit, MAX_PLAINTEXT);
};

/** The one record under the verdict key, padded to a multiple of 256 bytes. */
export function verdictRecord(key: Uint8Array, type: TypeName, body: Uint8Array): Uint8Array {
  return sealRecord(fresh(key), encodePlaintext(typeNumber(type), body, blockPadding(256)(3 + body.length)))
    .wire;
}
