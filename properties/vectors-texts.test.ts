/** The keys layer reads the vectors of texts, and both providers compute X25519, as the files say. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { TextVector } from "../scripts/vectors-text-format.ts";
import { loadPrimitives } from "../src/crypto/index.ts";
import {
  type ConnectionTarget,
  formatConnectionString,
  formatPublicKey,
  formatSecretKey,
  KeyError,
  type KeyOptionName,
  parseAuthorizedKeys,
  parseConnectionString,
  parsePublicKey,
  parseSecretKey,
  parseSecretKeyFile,
} from "../src/keys/portable.ts";
import { isListed } from "../src/net/client-address.ts";
import { fromHex, toHex } from "./reference/primitives.ts";

function casesOf(slug: string) {
  const file = new URL(`../spec/vectors/texts/${slug}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, "utf8")) as TextVector;
  return cases.map((one) => [one.slug, one.requirements.join(", "), one as Record<string, unknown>] as const);
}

/** What reading gives, or the error's code and line. */
function reading<T>(read: () => T): { good: T | null; error: string | null; line: number | null } {
  try {
    return { good: read(), error: null, line: null };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    return { good: null, error: error.code, line: error.line ?? null };
  }
}

const hex = (bytes: Uint8Array | null | undefined): string | null => (bytes == null ? null : toHex(bytes));

describe.each([
  ["public-key", parsePublicKey, formatPublicKey],
  ["secret-key", parseSecretKey, formatSecretKey],
] as const)("KT-001 to KT-016: %s", (kind, parse, format) => {
  it.each(casesOf(kind))("%s (%s)", (_, __, { text, key, error }) => {
    const read = reading(() => parse(text as string));
    expect({ key: hex(read.good), error: read.error }).toEqual({ key, error });
    if (read.good !== null) expect(format(read.good)).toBe(text);
  });
});

describe("KT-030 to KT-033: secret-key-file", () => {
  it.each(casesOf("secret-key-file"))("%s (%s)", (_, __, { bytes, good, error, line }) => {
    const read = reading(() => parseSecretKeyFile(fromHex(bytes as string)));
    expect({ good: hex(read.good), error: read.error, line: read.line }).toEqual({ good, error, line });
  });
});

describe("KT-040 to KT-046: authorized-keys", () => {
  it.each(casesOf("authorized-keys"))("%s (%s)", (_, __, { bytes, good, error, line }) => {
    const read = reading(() => parseAuthorizedKeys(fromHex(bytes as string)));
    const keys = read.good?.map(({ publicKey, name }) => ({ key: toHex(publicKey), name: name ?? null }));
    expect({ good: keys ?? null, error: read.error, line: read.line }).toEqual({ good, error, line });
  });
});

describe("KT-090 to KT-096, KT-099, KT-100: authorized-keys-options", () => {
  it.each(casesOf("authorized-keys-options"))("%s (%s)", (_, __, one) => {
    const honours = one["honours"] as KeyOptionName[];
    const read = reading(() => parseAuthorizedKeys(fromHex(one["bytes"] as string), { honours }));
    const keys = read.good?.map(({ publicKey, name, options: { to, from, max } = {} }) => ({
      key: toHex(publicKey),
      name: name ?? null,
      to: to ?? null,
      from: from ?? null,
      max: max ?? null,
    }));
    const { good, error, line } = one;
    expect({ good: keys ?? null, error: read.error, line: read.line }).toEqual({ good, error, line });
  });
});

describe("KT-097, KT-098: authorized-keys-from", () => {
  it.each(casesOf("authorized-keys-from"))("%s (%s)", (_, __, { from, address, listed }) => {
    const line = `from="${from}" ${formatPublicKey(new Uint8Array(32))}`;
    const [key] = parseAuthorizedKeys(new TextEncoder().encode(line), { honours: ["from"] });
    expect(isListed(key?.options?.from ?? [], (address as string | null) ?? undefined)).toBe(listed);
  });
});

describe("KT-060 to KT-086: connection-string", () => {
  const fields = ({ endpoint, serverKey, via, context }: ConnectionTarget) => ({
    host: endpoint.transport === "tcp" ? endpoint.host : null,
    port: endpoint.transport === "tcp" ? endpoint.port : null,
    path: endpoint.transport === "unix" ? endpoint.path : null,
    serverKey: hex(serverKey),
    via: hex(via),
    context: context ?? "",
  });

  it.each(casesOf("connection-string"))("%s (%s)", (_, __, { text, target, canonical, error }) => {
    const read = reading(() => parseConnectionString(text as string));
    expect({ target: read.good && fields(read.good), error: read.error }).toEqual({ target, error });
    if (read.good !== null) expect(formatConnectionString(read.good)).toBe(canonical);
  });
});

describe.each(["native", "wasm"] as const)("NO-006, NO-009, NO-010: x25519 (%s)", async (provider) => {
  const primitives = await loadPrimitives({ provider });
  it.each(casesOf("x25519"))("%s (%s)", (_, __, one) => {
    const output = primitives.x25519(fromHex(one["secret"] as string), fromHex(one["public"] as string));
    expect(hex(output)).toBe(one["output"]);
  });
});
