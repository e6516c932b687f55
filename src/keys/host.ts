import { KeyError } from "./errors.ts";
import { looksLikePublicKey } from "./lookalikes.ts";

/**
 * Hosts as a connection string has them: a DNS name, an IPv4 address or an IPv6 address, each with one canonical
 * text. Stricter than most resolvers, which read `127.1`, `010.0.0.1` and `0x7f000001` as addresses too.
 */

/**
 * The canonical text of a host: a name in lower case, an IPv4 address as it is, an IPv6 address without brackets as
 * RFC 5952 §4 writes it, its zone after a `%`. (KT-069, KT-070, KT-071, KT-072, KT-086)
 *
 * @param host an IPv6 address without its brackets
 * @throws KeyError ERR_HAWSER_URL_HOST
 */
export function canonicalHost(host: string): string {
  if (host === "") throw hostError("the host is missing; hawser://KEY@HOST:PORT was expected");
  return host.includes(":") ? canonicalIpv6(host) : canonicalName(host);
}

/** The host as it stands in a URL: IPv6 addresses in brackets, the zone after `%25` (RFC 6874 §2). */
export function hostInUrl(host: string): string {
  const canonical = canonicalHost(host);
  return canonical.includes(":") ? `[${canonical.replace("%", "%25")}]` : canonical;
}

function hostError(reason: string): KeyError {
  return new KeyError("ERR_HAWSER_URL_HOST", reason);
}

const OCTET = /^(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$/;

/** The four bytes of an IPv4 address, `undefined` when it is none. */
export function ipv4Octets(text: string): number[] | undefined {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => OCTET.test(part)) ? parts.map(Number) : undefined;
}

function canonicalName(host: string): string {
  const name = host.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  // What is left of a string that was cut would otherwise be a name, and the connection a first use. (KT-086)
  if (looksLikePublicKey(name)) {
    throw hostError("the host looks like a public key, or a part of one; write hawser://KEY@HOST:PORT");
  }
  const labels = name.replace(/\.$/, "").split(".");
  const last = labels.at(-1) as string;
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(last)) {
    if (ipv4Octets(name) !== undefined) return name;
    throw hostError(
      "the host looks like an IPv4 address and is none: four numbers from 0 to 255 were expected",
    );
  }
  if (/[^\0-\x7f]/.test(name)) {
    throw hostError(
      "the host has a character outside ASCII: write an international name in its ASCII form (xn--…)",
    );
  }
  const valid = labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  if (!valid || name.replace(/\.$/, "").length > 253) {
    throw hostError(
      "the host is neither an address nor a DNS name (letters, digits, hyphens and underscores; labels of at most 63, " +
        "253 in all); an IPv6 address stands in brackets",
    );
  }
  return name;
}

function canonicalIpv6(host: string): string {
  const zoneAt = host.indexOf("%");
  const address = zoneAt < 0 ? host : host.slice(0, zoneAt);
  const zone = zoneAt < 0 ? "" : host.slice(zoneAt);
  if (zone !== "" && !/^%[A-Za-z0-9._~-]{1,64}$/.test(zone)) {
    throw hostError(
      "the zone of the IPv6 address is not 1 to 64 letters, digits and . _ ~ -; write it as [fe80::1%25eth0]",
    );
  }
  const groups = ipv6Groups(address);
  if (groups === undefined)
    throw hostError("the host in brackets is not an IPv6 address, such as [2001:db8::1]");
  return ipv6Text(groups) + zone;
}

/** The eight 16-bit groups of an IPv6 address (RFC 4291 §2.2), `undefined` when it is none. */
export function ipv6Groups(address: string): number[] | undefined {
  const halves = address.split("::");
  if (halves.length > 2) return undefined;
  const parsed = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  const [head, tail] = parsed;
  if (head === undefined || parsed.includes(undefined)) return undefined;
  if (tail === undefined) return head.length === 8 ? head : undefined;
  const missing = 8 - head.length - tail.length;
  return missing >= 1 ? [...head, ...new Array<number>(missing).fill(0), ...tail] : undefined;
}

function groupsOf(half: string, mayEndInIpv4: boolean): number[] | undefined {
  if (half === "") return [];
  const groups: number[] = [];
  const parts = half.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const octets = mayEndInIpv4 && index === parts.length - 1 ? ipv4Octets(part) : undefined;
    if (octets === undefined) return undefined;
    const [a, b, c, d] = octets as [number, number, number, number];
    groups.push(a * 256 + b, c * 256 + d);
  }
  return groups;
}

/** RFC 5952 §4: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
export function ipv6Text(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === 0) end++;
    if (end - at > length) {
      start = at;
      length = end - at;
    }
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}
