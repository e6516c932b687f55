import { isUtf8 } from "node:buffer";
import { type AuthorizedKey, formatPublicKey, parseAuthorizedKeys } from "../src/keys/portable.ts";
import { bech32Key } from "./support/bech32.ts";
import { check } from "./support/check.ts";
import { keyResult } from "./support/key-errors.ts";
import { withKeys } from "./support/named-keys.ts";

/** The file, in which bytes 0x01 to 0x06 stand for keys. */
export const lengths = { usual: 128, longest: 8_192 };

/** The whole file, as `KEY [NAME] (line)` each, read by the grammar of `spec/keys.md` alone; or that it is bad. */
function readByGrammar(bytes: Uint8Array): string[] | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes)
    .toString("utf8")
    .replace(/^\ufeff/, "");
  const entries: string[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line
      .replace(/\r$/, "")
      .replace(/^[ \t]+/, "")
      .replace(/[ \t]+$/, "");
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const [, key = "", name] = /^(hawser1\S*)(?:[ \t]+([A-Za-z0-9._@+-]{1,64}))?$/.exec(trimmed) ?? [];
    if (bech32Key("hawser", key) === undefined || seen.has(key) || /hawser-secret-key/i.test(trimmed))
      return undefined;
    seen.add(key);
    entries.push(`${key} ${name ?? ""} ${index + 1}`);
  }
  return entries;
}

function inWords({ publicKey, name, line }: AuthorizedKey): string {
  return `${formatPublicKey(publicKey)} ${name ?? ""} ${line}`;
}

/** A file lets in just the keys that its grammar says, none of them where any line is bad; and it can be written again. */
export function fuzz(data: Uint8Array): void {
  const file = new Uint8Array(Buffer.from(withKeys(data), "latin1"));
  const expected = readByGrammar(file);
  const found = keyResult(() => parseAuthorizedKeys(file));
  if ("error" in found) {
    check(expected === undefined, `a good file, refused by ${found.error.code}`);
    return;
  }
  check(expected !== undefined, "a bad file lets somebody in");
  const entries = found.value.map(inWords);
  check(entries.join("\n") === expected.join("\n"), `${entries.join(", ")}, not ${expected.join(", ")}`);
  const written = found.value
    .map(({ publicKey, name }) => `${formatPublicKey(publicKey)} ${name ?? ""}\n`)
    .join("");
  const again = parseAuthorizedKeys(new TextEncoder().encode(written)).map((key, i) => ({
    ...key,
    line: found.value[i]?.line ?? 0,
  }));
  check(again.map(inWords).join("\n") === entries.join("\n"), "the file, written again, says something else");
}
