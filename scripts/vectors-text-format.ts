/** The format of the vectors of texts, which spec/vectors/texts/schema.json says in full, and what their rows are made of. */
import { type Fault, writeKey } from "../properties/reference/key-text.ts";
import { publicOf, toHex } from "../properties/reference/primitives.ts";
import { SECRETS } from "./vectors-setting.ts";

export type TextKind =
  | "public-key"
  | "secret-key"
  | "secret-key-file"
  | "authorized-keys"
  | "authorized-keys-options"
  | "authorized-keys-from"
  | "connection-string"
  | "x25519";

/** One text: what it says, or why it must be refused. Which fields there are depends on the kind. */
export interface TextCase {
  readonly slug: string;
  readonly title: string;
  readonly requirements: readonly string[];
  readonly [field: string]: unknown;
}

export interface TextVector {
  readonly slug: TextKind;
  readonly title: string;
  readonly notice: string;
  readonly cases: readonly TextCase[];
}

export const server = writeKey("public", publicOf(SECRETS.server));
export const via = writeKey("public", publicOf(SECRETS.via));
export const client = writeKey("public", publicOf(SECRETS.client));
export const secret = writeKey("secret", SECRETS.client);

/** Slug, title, requirements, the text, and the error that it must give; none for a good one. */
export type Row = readonly [slug: string, title: string, requirements: string, text: string, error?: string];

/** What the reference made of a text: what it says, or the code and the line of its fault. */
export interface Reading<T> {
  readonly good: T | null;
  readonly error: string | null;
  readonly line: number | null;
}

/** The cases of some rows, each with what `say` makes of its reading, whose error has to be the one that is meant. */
export function casesOf<T extends object>(
  rows: readonly Row[],
  read: (text: string) => T | Fault,
  say: (text: string, reading: Reading<T>) => object,
): TextCase[] {
  return rows.map(([slug, title, requirements, text, meant]) => {
    const found = read(text);
    const reading: Reading<T> =
      "error" in found
        ? { good: null, error: found.error, line: found.line ?? null }
        : { good: found, error: null, line: null };
    const code = meant?.startsWith("URL") ? `ERR_HAWSER_${meant}` : `ERR_HAWSER_KEY_${meant}`;
    const error = meant === undefined ? null : code;
    if (reading.error !== error) throw new Error(`${slug}: ${reading.error} and not ${error}`);
    return { slug, title, requirements: requirements.split(" "), ...say(text, reading) };
  });
}

/** As {@link casesOf}, of files: Latin-1, so that any byte can stand in a row. `before` is what a case has besides. */
export function fileCasesOf<T extends object>(
  rows: readonly Row[],
  read: (bytes: Uint8Array) => T | Fault,
  say: (good: T) => unknown,
  before: object = {},
): TextCase[] {
  const bytesOf = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  return casesOf(
    rows,
    (text) => read(bytesOf(text)),
    (text, { good, error, line }) => ({
      ...before,
      bytes: toHex(bytesOf(text)),
      good: good === null ? null : say(good),
      error,
      line,
    }),
  );
}

/** Another letter in the place of one. */
export const swap = (text: string, at: number, letter: string): string =>
  text.slice(0, at) + letter + text.slice(at + 1);

export function other(text: string, at: number): string {
  const [q, p] = /[A-Z]/.test(text) ? ["Q", "P"] : ["q", "p"];
  return text[at] === q ? p : q;
}

/** ASCII only, as the other vectors. */
export const textOf = (vector: TextVector): string =>
  `${JSON.stringify(vector, null, 2).replace(/[^\x20-\x7e\n]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
