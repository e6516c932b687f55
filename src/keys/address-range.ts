import { KeyError } from "./errors.ts";
import { ipv4Octets, ipv6Groups, ipv6Text } from "./host.ts";

/**
 * The canonical text of an address or of a range of them: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::1`, `2001:db8::/32`.
 * IPv6 is written as RFC 5952 §4 says. (KT-095, KT-096)
 *
 * @throws KeyError ERR_HAWSER_KEY_FILE_OPTION
 */
export function canonicalRange(text: string): string {
  const address = text.replace(/\/.*/, "");
  const prefix = /\/(.*)/.exec(text)?.[1];
  const ipv4 = ipv4Octets(address);
  if (ipv4 !== undefined) return address + prefixText(prefix, ipv4, 8);
  const ipv6 = ipv6Groups(address);
  if (ipv6 === undefined) {
    throw rangeError(
      "is not an address (192.0.2.1, 2001:db8::1) or a range of them (192.0.2.0/24); names, wildcards and ! are not known",
    );
  }
  if (ipv6.slice(0, 5).every((group) => group === 0) && ipv6[5] === 0xffff) {
    throw rangeError("is an IPv4 address in the form of IPv6: write it as IPv4");
  }
  return ipv6Text(ipv6) + prefixText(prefix, ipv6, 16);
}

/** @param parts the address's numbers of `width` bits each */
function prefixText(prefix: string | undefined, parts: readonly number[], width: number): string {
  if (prefix === undefined) return "";
  const bits = parts.length * width;
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(prefix) || Number(prefix) > bits) {
    throw rangeError(`has a prefix that is not a number from 0 to ${bits}`);
  }
  const isInside = parts.some((part, index) => {
    const kept = Math.min(Math.max(Number(prefix) - index * width, 0), width);
    return part % 2 ** (width - kept) !== 0;
  });
  if (isInside) throw rangeError("has bits set after its prefix: give the first address of the range");
  return `/${prefix}`;
}

function rangeError(problem: string): KeyError {
  return new KeyError("ERR_HAWSER_KEY_FILE_OPTION", problem);
}
