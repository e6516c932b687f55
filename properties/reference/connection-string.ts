/** Connection strings, written from spec/keys.md alone. */
import { type Fault, mentionsSecret, readKey, writeKey } from "./key-text.ts";
import { equal, fromHex, toHex } from "./primitives.ts";

export interface Target {
  readonly host: string | null;
  readonly port: number | null;
  readonly path: string | null;
  readonly serverKey: string | null;
  readonly via: string | null;
  readonly context: string;
}

class Refused extends Error {
  readonly error: string;
  constructor(error: string) {
    super(error);
    this.error = error;
  }
}
const refuse = (error: string): never => {
  throw new Refused(error.startsWith("ERR") ? error : `ERR_HAWSER_URL_${error}`);
};

/** KT-066. */
function decode(text: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return refuse("ENCODING");
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "%") {
      bytes.push(Number.parseInt(text.slice(i + 1, i + 3), 16));
      i += 2;
    } else bytes.push(text.charCodeAt(i));
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return refuse("ENCODING");
  }
}

function publicKey(text: string): string {
  const key = readKey("public", text);
  return "error" in key ? refuse(key.error) : toHex(key);
}

/** KT-071: eight groups, or nothing; an IPv4 address may be its end. */
function groupsOf(address: string): number[] | null {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (dotted !== null) {
    const octets = dotted.slice(2);
    if (octets.some((octet) => Number(octet) > 255 || (octet.length > 1 && octet.startsWith("0"))))
      return null;
    const [a, b, c, d] = octets.map(Number) as [number, number, number, number];
    return groupsOf(`${dotted[1]}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`);
  }
  const read = (part: string): number[] | null => {
    if (part === "") return [];
    const groups = part.split(":");
    return groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))
      ? groups.map((group) => Number.parseInt(group, 16))
      : null;
  };
  const halves = address.split("::");
  if (halves.length > 2) return null;
  const [left, right] = halves.map(read);
  if (left === null || left === undefined || right === null) return null;
  if (right === undefined) return left.length === 8 ? left : null;
  const missing = 8 - left.length - right.length;
  return missing < 1 ? null : [...left, ...new Array<number>(missing).fill(0), ...right];
}

/** RFC 5952 §4: the first of the longest runs of two or more zeros becomes "::". */
function writeGroups(groups: readonly number[]): string {
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > best.length) best = { at, length };
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (best.at < 0) return hex(groups);
  return `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.length))}`;
}

function hostOf(raw: string): string {
  if (raw.startsWith("[")) {
    const [, address = "", , zone] = /^\[([^\]%]*)(%25([A-Za-z0-9._~-]{1,64}))?\]$/.exec(raw) ?? [];
    const groups = groupsOf(address);
    if (groups === null) return refuse("HOST");
    return writeGroups(groups) + (zone === undefined ? "" : `%${zone}`);
  }
  const host = decode(raw).toLowerCase();
  if (/^hawser1[02-9ac-hj-np-z]{20}/.test(host)) return refuse("HOST");
  const labels = host.replace(/\.$/, "").split(".");
  const last = labels.at(-1) as string;
  if (/^\d+$|^0x[0-9a-f]*$/.test(last)) {
    const octets = host.split(".");
    const good =
      octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256);
    return good ? host : refuse("HOST");
  }
  const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
  if (labels.join(".").length > 253 || !labels.every((each) => label.test(each))) return refuse("HOST");
  return host;
}

function parse(text: string): Target {
  const loosely = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  if (mentionsSecret(text) || mentionsSecret(loosely)) refuse("ERR_HAWSER_KEY_SECRET");
  if (text.length > 2_048) refuse("LENGTH");
  if (!/^[!#$%&'()*+,\-./0-9:;=?@A-Z[\]_a-z~]*$/.test(text)) refuse("CHARACTER");
  const scheme = /^(hawser(?:\+unix)?):\/\//i.exec(text);
  if (scheme === null) return refuse("SCHEME");
  if (text.includes("#")) refuse("FRAGMENT");
  const isUnix = (scheme[1] as string).length > 6;
  const rest = text.slice(scheme[0].length);
  const [, authority = "", path = "", , query] = /^([^/?]*)([^?]*)(\?(.*))?$/.exec(rest) ?? [];

  let serverKey: string | null = null;
  let place = authority;
  if (authority.includes("@")) {
    const parts = authority.split("@");
    if (parts.length > 2 || parts[0] === "" || parts[0]?.includes(":")) refuse("USERINFO");
    serverKey = publicKey(decode(parts[0] as string));
    place = parts[1] as string;
  }
  let via: string | null = null;
  let context = "";
  const seen = new Set<string>();
  for (const parameter of query === undefined ? [] : query.split("&")) {
    const at = parameter.indexOf("=");
    if (at < 0) refuse("PARAMETER");
    const name = decode(parameter.slice(0, at));
    const value = decode(parameter.slice(at + 1));
    if ((name !== "via" && name !== "context") || seen.has(name)) refuse("PARAMETER");
    seen.add(name);
    if (name === "via") via = publicKey(value);
    else if (!/^[!-~]{0,32}$/.test(value)) refuse("CONTEXT");
    else context = value;
  }
  if (via !== null && serverKey === null) refuse("VIA");
  if (via !== null && serverKey !== null && equal(fromHex(via), fromHex(serverKey))) via = null;
  const about = { serverKey, via, context };

  if (isUnix) {
    if (place !== "") refuse("HOST");
    const decoded = decode(path);
    const length = new TextEncoder().encode(decoded).length;
    if (!path.startsWith("/") || decoded.endsWith("/") || decoded.includes("\0") || length > 107)
      refuse("PATH");
    return { host: null, port: null, path: decoded, ...about };
  }
  const [, host = "", , digits] = /^(\[[^\]]*\]|[^:[\]]*)(:(.*))?$/.exec(place) ?? refuse("HOST");
  if (host === "") refuse("HOST");
  const read = hostOf(host);
  if (digits === undefined || !/^[1-9]\d{0,4}$/.test(digits) || Number(digits) > 65_535) refuse("PORT");
  if (path !== "" && path !== "/") refuse("PATH");
  return { host: read, port: Number(digits), path: null, ...about };
}

export function readConnectionString(text: string): Target | Fault {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof Refused) return { error: error.error };
    throw error;
  }
}

/** KT-081. */
export function writeConnectionString({ host, port, path, serverKey, via, context }: Target): string {
  const encode = (text: string, kept: RegExp) =>
    Array.from(new TextEncoder().encode(text), (byte) => {
      const letter = String.fromCharCode(byte);
      return byte < 128 && kept.test(letter)
        ? letter
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    }).join("");
  const key = (hex: string) => writeKey("public", fromHex(hex));
  const at = serverKey === null ? "" : `${key(serverKey)}@`;
  const shown = host?.includes(":") ? `[${host.replace("%", "%25")}]` : host;
  const place =
    path === null ? `hawser://${at}${shown}:${port}` : `hawser+unix://${at}${encode(path, /[\w.~/-]/)}`;
  const parameters = [
    ...(via === null ? [] : [`via=${key(via)}`]),
    ...(context === "" ? [] : [`context=${encode(context, /[\w.~-]/)}`]),
  ];
  return place + (parameters.length === 0 ? "" : `?${parameters.join("&")}`);
}
