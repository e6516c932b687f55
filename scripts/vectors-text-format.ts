/** The format of the vectors of texts, which spec/vectors/texts/schema.json says in full, and what their rows are made of. */
import { type Fault, writeKey } from "../properties/reference/key-text.ts";
import { publicOf } from "../properties/reference/primitives.ts";
import { SECRETS } from "./vectors-setting.ts";

export type TextKind =
  | "public-key"
  | "secret-key"
  | "secret-key-file"
  | "authorized-keys"
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

export const isFault = (read: object): read is Fault => "error" in read;

export function expectError(slug: string, read: object, error: string | undefined): string | null {
  const found = isFault(read) ? read.error : undefined;
  const meant =
    error === undefined
      ? undefined
      : error.startsWith("URL")
        ? `ERR_HAWSER_${error}`
        : `ERR_HAWSER_KEY_${error}`;
  if (found !== meant) throw new Error(`${slug}: ${found} and not ${meant}`);
  return found ?? null;
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
