/**
 * The parser that Kaitai Struct's compiler makes of `spec/wire.ksy`, and its verdicts in the words of the specification.
 * It is made anew, in memory, whenever this file is loaded: nothing generated is kept, and nothing can be out of date.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compileFunction } from "node:vm";
import { parse } from "yaml";

const require = createRequire(import.meta.url);

interface Compiler {
  compile(language: string, ksy: unknown, importer: unknown, debug: boolean): Promise<Record<string, string>>;
}
/** What was read before a parse failed stays in the object; `content` is parsed when it is asked for. */
interface Plaintext {
  readonly type: number;
  readonly lenBody?: number;
  readonly body?: Uint8Array;
  readonly padding?: readonly number[];
  readonly content: unknown;
}
interface Header {
  readonly magic?: Uint8Array;
  readonly version?: number;
}
interface Type<T> {
  readonly prototype: T & { _read(): void };
}
interface Wire {
  readonly Plaintext: Type<Plaintext>;
  readonly AlertBody: Type<{ readonly code: number; readonly message: readonly object[] }>;
  readonly Header: Type<Header>;
  readonly Hello: Type<unknown>;
  readonly Challenge: Type<unknown>;
  readonly Response: Type<unknown>;
  readonly Record: Type<{ readonly length?: number; readonly ciphertext?: Uint8Array }>;
}

/** The repository's folder: this file lies at another depth once it is compiled. */
function root(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "spec", "wire.ksy"))) return folder;
    if (folder === dirname(folder)) throw new Error("spec/wire.ksy is not above this file");
  }
}

async function generate(): Promise<Wire> {
  const compiler = require("kaitai-struct-compiler") as Compiler;
  const ksy: unknown = parse(readFileSync(join(root(), "spec", "wire.ksy"), "utf8"));
  const { "Wire.js": code } = await compiler.compile("javascript", ksy, null, false);
  if (code === undefined) throw new Error("spec/wire.ksy made no Wire.js");
  const exports: { Wire?: Wire } = {};
  compileFunction(code, ["exports", "require"], { filename: "Wire.js" })(exports, require);
  if (exports.Wire === undefined) throw new Error("Wire.js exports no Wire");
  return exports.Wire;
}

const Stream = require("kaitai-struct/KaitaiStream") as new (
  buffer: ArrayBufferLike,
  offset: number,
) => object;
const wire = await generate();

/** Parses bytes as a type; what was read before a failure is in the result too. */
export function parseWire<K extends keyof Wire>(
  type: K,
  bytes: Uint8Array,
): { readonly value: Wire[K]["prototype"]; readonly failed: boolean } {
  // Kaitai's streams go on to the end of their buffer, so these bytes get one of their own.
  const value = Object.create(wire[type].prototype) as Wire[K]["prototype"];
  Object.assign(value as object, { _io: new Stream(new Uint8Array(bytes).buffer, 0), _root: value });
  return { value, failed: fails(() => value._read()) };
}

function fails(parse: () => unknown): boolean {
  try {
    parse();
    return false;
  } catch {
    return true;
  }
}

/** A record's plaintext (3 bytes at least) as the generated parser sees it: the check that fails first, or its parts. */
export type PlaintextVerdict =
  | { readonly fault: "type" | "size" | "padding" | "body" }
  | { readonly type: number; readonly body: Uint8Array };

export function judgePlaintext(plaintext: Uint8Array): PlaintextVerdict {
  const { value, failed } = parseWire("Plaintext", plaintext);
  const { type, lenBody, body } = value;
  if (lenBody === undefined) return { fault: "type" };
  if (body === undefined) return { fault: "size" };
  if (failed) return { fault: "padding" };
  return fails(() => value.content) ? { fault: "body" } : { type, body };
}

/** What 8 bytes are to a server that speaks version 1 and suite 1. */
export function judgeHeader(bytes: Uint8Array): "spoken" | "unsupported" | "alien" {
  const { value, failed } = parseWire("Header", bytes);
  if (!failed) return "spoken";
  return value.version === undefined ? "alien" : "unsupported";
}
