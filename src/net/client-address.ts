import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * Whether a client's address is one of those, or in one of the ranges, that an authorized key's `from` lists. An address of
 * IPv6 that stands for one of IPv4 is judged as that one; who has no address, as over a unix socket, is not listed.
 * (KT-097, KT-098)
 *
 * @param from canonical addresses and ranges, as in {@link KeyOptions}
 * @param remoteAddress as `net.Socket` has it
 */
export function isListed(from: readonly string[], remoteAddress: string | undefined): boolean {
  const address = /^(?:::ffff:(?=[\d.]+$))?([^%]*)/i.exec(remoteAddress ?? "")?.[1] ?? "";
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
  if (family === undefined) return false;
  const list = new BlockList();
  for (const entry of from) {
    const [net = "", prefix] = entry.split("/");
    const type = isIPv4(net) ? "ipv4" : "ipv6";
    if (type !== family) continue; // BlockList would take `::/0` for IPv4's addresses too.
    if (prefix === undefined) list.addAddress(net, type);
    else list.addSubnet(net, Number(prefix), type);
  }
  return list.check(address, family);
}
