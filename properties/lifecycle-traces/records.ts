import type { Primitives } from "../../src/crypto/primitives.ts";
import { ascii, toHex } from "../reference/primitives.ts";
import { decodeAlert, parsePlaintext, TYPES } from "../reference/record.ts";
import { CODES } from "../reference/talk.ts";
import type { RecordName, Side } from "./trace.ts";

/** A message on the wire, and its name in the model. */
export interface WireRecord {
  readonly name: RecordName;
  readonly bytes: Uint8Array;
}

/** The data that an end writes as its nth. Its second byte is the one that tampering changes. */
export function dataOf(side: Side, number: number): Uint8Array {
  return ascii(`${side} ${number}`);
}

/** The 8 bytes of an end's nth Ping. */
export function pingOf(number: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, number);
}

/**
 * All records of a connection, by their bytes. What they say is seen where it is sealed, through the primitives: the
 * channels are not asked.
 */
export class Records {
  readonly #plaintexts = new Map<string, Uint8Array>();
  readonly #records: WireRecord[] = [];

  /** Primitives that show what is sealed, and tell `opened` of each record that they find authentic. */
  watch(primitives: Primitives, opened: (record: WireRecord) => void): Primitives {
    return {
      ...primitives,
      seal: (key, nonce, associatedData, plaintext, out) => {
        const copy = plaintext.slice();
        primitives.seal(key, nonce, associatedData, plaintext, out);
        this.#plaintexts.set(toHex(out), copy);
      },
      open: (key, nonce, associatedData, ciphertext, out) => {
        const bytes = toHex(ciphertext);
        const isOpen = primitives.open(key, nonce, associatedData, ciphertext, out);
        const record = this.#records.find((known) => toHex(known.bytes.subarray(2)) === bytes);
        if (isOpen && record !== undefined) opened(record);
        return isOpen;
      },
    };
  }

  /** A record that an end has sealed, under its next name. */
  sealed(key: RecordName["key"], bytes: Uint8Array): WireRecord {
    const nonce = this.#records.filter(({ name }) => name.key === key && !name.tampered).length;
    const record = { name: { key, nonce, ...this.#contentOf(key, bytes) }, bytes };
    this.#records.push(record);
    return record;
  }

  /** One bit of the second byte of its body is flipped: an Alert's code, a part of Data. */
  tampered({ name, bytes }: WireRecord): WireRecord {
    const changed = bytes.slice();
    changed[2 + 3 + 1] = (changed[2 + 3 + 1] ?? 0) ^ 8;
    const record: WireRecord = { name: { ...name, tampered: true }, bytes: changed };
    this.#records.push(record);
    return record;
  }

  named({ key, nonce }: RecordName): WireRecord | undefined {
    return this.#records.find(({ name }) => name.key === key && name.nonce === nonce && !name.tampered);
  }

  #contentOf(key: RecordName["key"], bytes: Uint8Array): Pick<RecordName, "type" | "code" | "value"> {
    if (key === "response") return { type: "Response" };
    const plaintext = this.#plaintexts.get(toHex(bytes.subarray(2)));
    if (plaintext === undefined) throw new Error("a record that nobody sealed");
    const parsed = parsePlaintext(plaintext);
    if ("failed" in parsed) throw new Error(`a record that fails: ${parsed.failed}`);
    const type = TYPES[parsed.type];
    switch (type) {
      case "Data":
        return { type, value: Number(new TextDecoder().decode(parsed.body).split(" ")[1]) };
      case "Ping":
      case "Pong":
        return { type, value: parsed.body[7] ?? 0 };
      case "Alert":
        return { type, code: codeName(decodeAlert(parsed.body)?.code ?? 0) };
      default:
        return { type };
    }
  }
}

/** The name of an alert's code, or its number where it has none. */
export function codeName(code: number): string {
  return Object.entries(CODES).find(([, number]) => number === code)?.[0] ?? `${code}`;
}
