import { isUtf8 } from "node:buffer";
import {
  type AuthorizedKey,
  formatPublicKey,
  parseAuthorizedKeys,
  parseConnectionString,
} from "../src/keys/portable.ts";
import { bech32Key } from "./support/bech32.ts";
import { check } from "./support/check.ts";
import { keyResult } from "./support/key-errors.ts";
import { withKeys } from "./support/named-keys.ts";

const honours = ["to", "from", "max"] as const;

/** The file, in which bytes 0x01 to 0x06 stand for keys. */
export const lengths = { usual: 128, longest: 8_192 };

const ipv4 = /^(?:(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])(?:\.(?!$)|$)){4}$/;

/** An address of IPv6 as 128 bits, by the URL class. */
function ipv6Bits(text: string): string | undefined {
  if (!/^[0-9A-Fa-f:.]*$/.test(text) || !text.includes(":")) return undefined;
  // The URL class takes parts of IPv4 with fewer rules than RFC 4291 has.
  const tail = /[^:]*\..*$/.exec(text)?.[0];
  if (tail !== undefined && !ipv4.test(tail)) return undefined;
  const { hostname } = URL.canParse(`http://[${text}]/`) ? new URL(`http://[${text}]/`) : { hostname: "" };
  if (hostname === "") return undefined;
  const [head = "", rest] = hostname.slice(1, -1).split("::");
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const [first, last] = [groups(head), groups(rest)];
  const all = [...first, ...new Array<string>(8 - first.length - last.length).fill("0"), ...last];
  return all.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0")).join("");
}

/** The bits of a range's address and its prefix, as text; so that two forms of the same range are the same. */
function range(text: string): string | undefined {
  const [address = "", prefix, ...more] = text.split("/");
  const isIpv4 = ipv4.test(address);
  const bits = isIpv4
    ? address
        .split(".")
        .map((octet) => Number(octet).toString(2).padStart(8, "0"))
        .join("")
    : ipv6Bits(address);
  if (bits === undefined || more.length > 0) return undefined;
  if (bits.length === 128 && bits.startsWith(`${"0".repeat(80)}${"1".repeat(16)}`)) return undefined;
  if (prefix === undefined) return `${bits} alone`;
  if (!/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > bits.length) return undefined;
  return bits.slice(Number(prefix)).includes("1") ? undefined : `${bits} ${prefix}`;
}

/** `to` in canonical form. A name is judged by the connection string that has it, whose own target judges that. */
function service(text: string): string | undefined {
  if (text.startsWith("unix:"))
    return /^unix:\/(?!.*\/$).+$/.test(text) && text.length <= 112 ? text : undefined;
  const [, host = "", port = ""] = /^(\[[^[\]]*:[^[\]]*\]|[^:[\]]+):([1-9]\d{0,4})$/.exec(text) ?? [];
  if (Number(port) < 1 || Number(port) > 65_535) return undefined;
  if (/[^A-Za-z0-9._%~:[\]-]/.test(host)) return undefined;
  if (!host.startsWith("[") && host.includes("%")) return undefined;
  try {
    const { endpoint } = parseConnectionString(`hawser://${host.replace("%", "%25")}:${port}`);
    if (endpoint.transport === "unix") return undefined;
    return endpoint.host.includes(":") ? `[${endpoint.host}]:${port}` : `${endpoint.host}:${port}`;
  } catch {
    return undefined;
  }
}

/** What stands before a key, as `to|from|max`, by the grammar; nothing where it is bad. */
function readOptions(text: string): string | undefined {
  const found: Record<string, string | undefined> = {};
  let rest = `,${text}`;
  while (rest !== "") {
    const [all = "", name = "", value = ""] = /^,(to|from|max)="([ -!#-[\]-~]*)"/.exec(rest) ?? [];
    if (all === "" || name in found || /[02-9AC-HJ-NP-Z]{40}/.test(value)) return undefined;
    rest = rest.slice(all.length);
    if (name === "max") found[name] = /^[1-9]\d{0,6}$/.test(value) ? value : undefined;
    else if (name === "to") found[name] = service(value);
    else {
      const ranges = value.split(",").map(range);
      found[name] = ranges.includes(undefined) ? undefined : ranges.join();
    }
    if (found[name] === undefined) return undefined;
  }
  return `${found["to"] ?? ""}|${found["from"] ?? ""}|${found["max"] ?? ""}`;
}

/** The whole file, as `OPTIONS KEY [NAME] (line)` each, read by the grammar of `spec/keys.md` alone; or that it is bad. */
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
    const [, before, key = "", name] =
      /^(?:(?!hawser1)((?:[^ \t"]|"[^"]*")+)[ \t]+)?(hawser1[^ \t]*)(?:[ \t]+([A-Za-z0-9._@+-]{1,64}))?$/.exec(
        trimmed,
      ) ?? [];
    const options = before === undefined ? "||" : readOptions(before);
    if (options === undefined || bech32Key("hawser", key) === undefined) return undefined;
    if (seen.has(key) || /hawser-secret-key/i.test(trimmed)) return undefined;
    seen.add(key);
    entries.push(`${options} ${key} ${name ?? ""} ${index + 1}`);
  }
  return entries;
}

function inWords({ publicKey, name, options, line }: AuthorizedKey): string {
  const { to = "", from, max = "" } = options ?? {};
  return `${to}|${from?.map(range).join() ?? ""}|${max} ${formatPublicKey(publicKey)} ${name ?? ""} ${line}`;
}

/** An entry's line, without more than it needs. */
function written({ publicKey, name, options }: AuthorizedKey): string {
  const before = Object.entries(options ?? {}).map(([option, value]) => `${option}="${String(value)}"`);
  return `${before.join(",")} ${formatPublicKey(publicKey)} ${name ?? ""}\n`;
}

/** A file lets in just the keys that its grammar says, none of them where any line is bad; and it can be written again. */
export function fuzz(data: Uint8Array): void {
  const file = new Uint8Array(Buffer.from(withKeys(data), "latin1"));
  const expected = readByGrammar(file);
  const found = keyResult(() => parseAuthorizedKeys(file, { honours }));
  if ("error" in found) {
    check(expected === undefined, `a good file, refused by ${found.error.code}`);
    return;
  }
  check(expected !== undefined, "a bad file lets somebody in");
  const entries = found.value.map(inWords);
  check(entries.join("\n") === expected.join("\n"), `${entries.join(", ")}, not ${expected.join(", ")}`);
  const text = new TextEncoder().encode(found.value.map(written).join(""));
  const again = parseAuthorizedKeys(text, { honours }).map((key, i) => ({
    ...key,
    line: found.value[i]?.line ?? 0,
  }));
  check(again.map(inWords).join("\n") === entries.join("\n"), "the file, written again, says something else");
}
