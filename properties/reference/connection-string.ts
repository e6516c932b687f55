/** Connection strings, written from spec/keys.md alone. */
import { ipv6Of, isPort, isUnixPath, nameOf } from "./addresses.ts";
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

function hostOf(raw: string): string {
  if (raw.startsWith("[")) {
    const [, address = "", , zone] = /^\[([^\]%]*)(%25([A-Za-z0-9._~-]{1,64}))?\]$/.exec(raw) ?? [];
    return ipv6Of(address, zone) ?? refuse("HOST");
  }
  return nameOf(decode(raw)) ?? refuse("HOST");
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
    if (!path.startsWith("/") || !isUnixPath(decoded)) refuse("PATH");
    return { host: null, port: null, path: decoded, ...about };
  }
  const [, host = "", , digits] = /^(\[[^\]]*\]|[^:[\]]*)(:(.*))?$/.exec(place) ?? refuse("HOST");
  if (host === "") refuse("HOST");
  const read = hostOf(host);
  if (!isPort(digits)) refuse("PORT");
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
