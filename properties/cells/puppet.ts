import { clientKey, serverKey, testKey } from "../model/pair.ts";
import { verdictKey } from "../reference/messages.ts";
import type { Symmetric } from "../reference/noise.ts";
import { ascii, equal } from "../reference/primitives.ts";
import {
  type Direction,
  decodeAlert,
  encodePlaintext,
  fresh,
  openRecord,
  sealRecord,
  TYPES,
  type TypeName,
} from "../reference/record.ts";
import { CODES } from "../reference/talk.ts";

export const viaKey = testKey("via");
export const otherKey = testKey("other");
export const newerKey = testKey("newer");

/** A test key's name, for words that a test can compare. */
export function nameOf(key: Uint8Array): string {
  const names = { client: clientKey, server: serverKey, via: viaKey, other: otherKey, newer: newerKey };
  return Object.entries(names).find(([, { publicKey }]) => equal(publicKey, key))?.[0] ?? "somebody";
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What data is, in short: its text, or its length where it is long. */
export function dataWords(bytes: Uint8Array): string {
  return bytes.length > 40 ? `${bytes.length} bytes` : new TextDecoder().decode(bytes);
}

export function alertWords(code: number, message: string): string {
  const name = Object.entries(CODES).find(([, number]) => number === code)?.[0] ?? code;
  return `${name} ${message}`.trim();
}

/** The nonces that both directions of a connection begin with. */
export interface FirstNonces {
  readonly client: bigint;
  readonly server: bigint;
}

/**
 * The other end of a connection, held by a test: it says whatever it is told to say, and reads what the channel under
 * test transmits, in words. It is made of the reference implementation alone.
 */
export abstract class Puppet {
  protected readonly firstNonces: FirstNonces;
  /** The handshake's state right after the Challenge. */
  protected challenged: Symmetric | undefined;
  protected incoming: Direction | undefined;
  protected outgoing: Direction | undefined;

  constructor(firstNonces: FirstNonces) {
    this.firstNonces = firstNonces;
  }

  /** What one `transmit` of the channel says: messages and records, in order. */
  abstract read(bytes: Uint8Array): string[];

  /** The next record of the puppet's direction. `length` and `size` lie about the plaintext where they are given. */
  seal(type: TypeName | number, body: Uint8Array, length?: number, size?: number): Uint8Array {
    const number = typeof type === "number" ? type : TYPES.indexOf(type);
    const { wire, next } = sealRecord(have(this.outgoing), encodePlaintext(number, body, length, size));
    this.outgoing = next;
    return wire;
  }

  data(text: string): Uint8Array {
    return this.seal("Data", ascii(text));
  }

  protected get verdictKey(): Uint8Array {
    return verdictKey(have(this.challenged));
  }

  protected get verdictDirection(): Direction {
    return fresh(this.verdictKey);
  }

  /** Whole records of the channel's direction. */
  protected readRecords(bytes: Uint8Array): string[] {
    const words: string[] = [];
    for (let rest = bytes; rest.length > 0; ) {
      const length = 2 + (rest[0] ?? 0) * 256 + (rest[1] ?? 0);
      const record = openRecord(have(this.incoming), rest.subarray(0, length));
      if ("failed" in record) return [...words, `a record that fails: ${record.failed}`];
      this.incoming = record.next;
      words.push(recordWords(record.type, record.body));
      rest = rest.subarray(length);
    }
    return words;
  }
}

export function recordWords(type: number, body: Uint8Array): string {
  const name = TYPES[type] as TypeName;
  switch (name) {
    case "Data":
      return `Data ${dataWords(body)}`;
    case "Alert": {
      const alert = have(decodeAlert(body) ?? undefined);
      return `Alert ${alertWords(alert.code, alert.message)}`;
    }
    case "Accept":
    case "Close":
      return name;
    case "Ping":
    case "Pong":
      return `${name} ${hex(body)}`;
  }
}

/** A puppet is asked for what it can't make yet. */
export class TooEarly extends Error {}

/** A value that the order of a test's steps has put there. */
export function have<T>(value: T | undefined): T {
  if (value === undefined) throw new TooEarly("the connection has not come so far");
  return value;
}
