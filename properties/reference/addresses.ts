/** Hosts, ports and paths as connection strings and the options of authorized keys have them, from spec/keys.md alone. */

/** KT-071: eight groups, or nothing; an IPv4 address may be its end. */
export function groupsOf(address: string): number[] | null {
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
export function writeGroups(groups: readonly number[]): string {
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

/** KT-071, KT-072: the canonical text of an address without its brackets, and of its zone; null where it is none. */
export function ipv6Of(address: string, zone: string | undefined): string | null {
  const groups = groupsOf(address);
  return groups && writeGroups(groups) + (zone === undefined ? "" : `%${zone}`);
}

/** The four numbers of an IPv4 address, or null. */
export function octetsOf(address: string): number[] | null {
  const octets = address.split(".");
  const good =
    octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256);
  return good ? octets.map(Number) : null;
}

/** KT-069, KT-070, KT-086: the canonical text of a name or an IPv4 address, decoded; null where it is neither. */
export function nameOf(text: string): string | null {
  const host = text.toLowerCase();
  if (/^hawser1[02-9ac-hj-np-z]{20}/.test(host)) return null;
  const labels = host.replace(/\.$/, "").split(".");
  const last = labels.at(-1) as string;
  if (/^\d+$|^0x[0-9a-f]*$/.test(last)) return octetsOf(host) === null ? null : host;
  const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
  return labels.join(".").length > 253 || !labels.every((each) => label.test(each)) ? null : host;
}

/** KT-068. */
export function isPort(digits: string | undefined): boolean {
  return digits !== undefined && /^[1-9]\d{0,4}$/.test(digits) && Number(digits) <= 65_535;
}

/** KT-075, of a path as decoded. */
export function isUnixPath(path: string): boolean {
  const { length } = new TextEncoder().encode(path);
  return path.startsWith("/") && !path.endsWith("/") && !path.includes("\0") && length <= 107;
}
