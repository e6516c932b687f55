import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * Whether an address is one of those that a key's `from=…` lists: addresses and ranges, in their canonical form. An
 * IPv4 address counts as itself where the system shows it as IPv6 (`::ffff:192.0.2.1`). A client without an address, at a
 * unix socket, is nowhere that could be listed.
 */
export function isListed(address: string | undefined, from: readonly string[]): boolean {
  const host = address?.replace(/%.*$/, "");
  if (host === undefined || !(isIPv4(host) || isIPv6(host))) return false;
  const list = new BlockList();
  for (const range of from) {
    const [network = "", prefix] = range.split("/");
    const family = familyOf(network);
    if (prefix === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(prefix), family);
  }
  return list.check(host, familyOf(host));
}

function familyOf(host: string): "ipv4" | "ipv6" {
  return isIPv4(host) ? "ipv4" : "ipv6";
}
