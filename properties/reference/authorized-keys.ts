/** Authorized-keys files, their options, and whom `from` lets in, written from spec/keys.md alone. */
import { groupsOf, ipv6Of, isPort, isUnixPath, nameOf, octetsOf, writeGroups } from "./addresses.ts";
import { type Fault, lines, mentionsSecret, readKey } from "./key-text.ts";
import { toHex } from "./primitives.ts";

/** What a line says; null for an option that is not there. */
export interface Authorized {
  readonly key: string;
  readonly name: string | null;
  readonly to: string | null;
  readonly from: readonly string[] | null;
  readonly max: number | null;
}

type OptionName = "to" | "from" | "max";
type Options = { [Name in OptionName]: Authorized[Name] };

class Refused extends Error {
  readonly error: string;
  constructor(error: string) {
    super(error);
    this.error = `ERR_HAWSER_KEY_${error}`;
  }
}
const refuse = (error: string): never => {
  throw new Refused(error);
};

/** KT-040 to KT-046, and KT-100 by the options that the program honours. */
export function readAuthorizedKeys(bytes: Uint8Array, honours: readonly string[]): Authorized[] | Fault {
  const found = lines(bytes);
  if (!Array.isArray(found)) return found;
  const keys: Authorized[] = [];
  for (const { number, text } of found) {
    try {
      const line = readLine(text);
      for (const name of ["to", "from", "max"] as const)
        if (line[name] !== null && !honours.includes(name)) refuse("FILE_OPTION");
      if (keys.some(({ key }) => key === line.key)) refuse("FILE_DUPLICATE");
      keys.push(line);
    } catch (error) {
      if (error instanceof Refused) return { error: error.error, line: number };
      throw error;
    }
  }
  return keys;
}

function readLine(text: string): Authorized {
  if (mentionsSecret(text)) refuse("SECRET");
  const { options, rest } = readOptions(text);
  const [first = "", name, ...more] = rest.split(/[ \t]+/);
  const key = readKey("public", first);
  if ("error" in key) return refuse(key.error.slice("ERR_HAWSER_KEY_".length));
  if (more.length > 0) refuse("FILE_SYNTAX");
  if (name !== undefined && !/^[A-Za-z0-9._@+-]{1,64}$/.test(name)) refuse("FILE_NAME");
  return { key: toHex(key), name: name ?? null, ...options };
}

/** KT-091, KT-092, KT-093. Only what begins as an option does is taken for one here: any other word is a bad key. */
function readOptions(text: string): { options: Options; rest: string } {
  let options: Options = { to: null, from: null, max: null };
  if (!/^[A-Za-z0-9-]+=/.test(text)) return { options, rest: text };
  for (let rest = text; ; rest = rest.slice(1)) {
    const [all, name, value] = /^([a-z]+)="([^"]*)"/.exec(rest) ?? refuse("FILE_OPTION");
    if (name !== "to" && name !== "from" && name !== "max") return refuse("FILE_OPTION");
    if (options[name] !== null || value === undefined) return refuse("FILE_OPTION");
    if (/[02-9AC-HJ-NP-Z]{40}/.test(value)) refuse("SECRET");
    if (!/^[ -~]*$/.test(value) || value.includes("\\")) refuse("FILE_OPTION");
    options = { ...options, [name]: readers[name](value) ?? refuse("FILE_OPTION") };
    rest = rest.slice(all.length);
    if (/^[ \t]/.test(rest)) return { options, rest: rest.replace(/^[ \t]+/, "") };
    if (!rest.startsWith(",")) refuse("FILE_OPTION");
  }
}

const readers = { to: readTo, from: readFrom, max: readMax };

/** KT-094. */
function readTo(value: string): string | null {
  if (value.startsWith("unix:")) return isUnixPath(value.slice(5)) ? value : null;
  const colon = value.lastIndexOf(":");
  const [host, port] = [value.slice(0, colon), value.slice(colon + 1)];
  if (colon < 0 || !isPort(port)) return null;
  const [, address, , zone] = /^\[([^\]%]*)(%([A-Za-z0-9._~-]{1,64}))?\]$/.exec(host) ?? [];
  if (address === undefined) {
    const name = nameOf(host);
    return name && `${name}:${port}`;
  }
  const ipv6 = ipv6Of(address, zone);
  return ipv6 && `[${ipv6}]:${port}`;
}

/** An address as bits, and how many of them count. */
interface Range {
  readonly text: string;
  readonly bits: string;
  readonly prefix: number;
}

const bitsOf = (numbers: readonly number[], width: number): string =>
  numbers.map((number) => number.toString(2).padStart(width, "0")).join("");

/** KT-095, KT-096. */
function rangeOf(text: string): Range | null {
  const [, address = "", slash, digits = ""] = /^([^/]*)(\/(.*))?$/.exec(text) ?? [];
  const octets = octetsOf(address);
  const groups = octets === null ? groupsOf(address) : null;
  if (octets === null && groups === null) return null;
  const bits = groups === null ? bitsOf(octets ?? [], 8) : bitsOf(groups, 16);
  if (groups !== null && bits.startsWith(mappedBits)) return null;
  const canonical = groups === null ? address : writeGroups(groups);
  if (slash === undefined) return { text: canonical, bits, prefix: bits.length };
  if (!/^(0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > bits.length) return null;
  if (bits.slice(Number(digits)).includes("1")) return null;
  return { text: `${canonical}/${digits}`, bits, prefix: Number(digits) };
}

/** RFC 4291 section 2.5.5.2. */
const mappedBits = "0".repeat(80) + "1".repeat(16);

function readFrom(value: string): string[] | null {
  const ranges = value.split(",").map(rangeOf);
  return ranges.every((range) => range !== null) ? ranges.map(({ text }) => text) : null;
}

/** KT-099. */
function readMax(value: string): number | null {
  return /^[1-9]\d{0,6}$/.test(value) ? Number(value) : null;
}

/** KT-097, KT-098: whether an address, as inet_ntop writes it, is one that `from` lists; null is none. */
export function isListed(from: readonly string[], address: string | null): boolean {
  if (address === null) return false;
  const bare = address.replace(/%.*$/, "");
  const octets = octetsOf(bare);
  const whole = octets === null ? bitsOf(groupsOf(bare) ?? [], 16) : bitsOf(octets, 8);
  const bits = whole.length === 128 && whole.startsWith(mappedBits) ? whole.slice(96) : whole;
  return from
    .map(rangeOf)
    .some(
      (range) =>
        range !== null &&
        range.bits.length === bits.length &&
        range.bits.slice(0, range.prefix) === bits.slice(0, range.prefix),
    );
}
