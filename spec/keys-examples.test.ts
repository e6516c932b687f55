/** Why: a port is held against the examples of `keys.md` before it has anything else, so they have to be right. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadPrimitives } from "../src/crypto/index.ts";
import {
  formatConnectionString,
  formatPublicKey,
  formatSecretKey,
  localKeyHolder,
  parseConnectionString,
  parsePublicKey,
  parseSecretKey,
} from "../src/keys/portable.ts";

const page = readFileSync(join(import.meta.dirname, "keys.md"), "utf8");
const rows = [...page.matchAll(/^\| ([a-z0-9, ]+) \| `([^`]+)` \|$/gm)].map(([, what, value]) => [
  what,
  value,
]);
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

describe("the examples of keys.md", () => {
  const [secretHex = "", secretText = "", publicHex = "", publicText = ""] = rows.map(
    ([, value]) => value ?? "",
  );

  it("KT-002 KT-003: are a key pair's bytes and texts, both ways", async () => {
    expect(rows.map(([what]) => what)).toEqual([
      "secret key, 32 bytes",
      "its text",
      "public key, 32 bytes",
      "its text",
    ]);
    const secret = bytes(secretHex);
    const { publicKey } = localKeyHolder(await loadPrimitives(), secret);
    expect(publicKey).toEqual(bytes(publicHex));
    expect([formatSecretKey(secret), formatPublicKey(publicKey)]).toEqual([secretText, publicText]);
    expect([parseSecretKey(secretText), parsePublicKey(publicText)]).toEqual([secret, publicKey]);
  });

  it("are of a key that says that it is a test's", () => {
    expect(new TextDecoder().decode(bytes(secretHex))).toMatch(/^TEST KEY /);
  });

  it("KT-081 KT-082: are a connection string in canonical form", () => {
    const [text = "", ...more] = page.match(/^hawser:\/\/.*$/gm) ?? [];
    expect(more).toEqual([]);
    const target = parseConnectionString(text);
    expect(target).toEqual({
      endpoint: { transport: "tcp", host: "2001:db8::1", port: 7000 },
      serverKey: bytes(publicHex),
      context: "a/b",
    });
    expect(formatConnectionString(target)).toBe(text);
  });
});
