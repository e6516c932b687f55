import { fc } from "@fast-check/vitest";
import { type AuthorizedKey, formatPublicKey, type KeyOptions } from "../../src/keys/portable.ts";
import { keyBytes } from "./keys.ts";

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join("."));

/** A range of IPv4 addresses with no bit set after its prefix. */
const ipv4Range = fc.tuple(fc.nat(0xffffffff), fc.nat(32)).map(([bits, prefix]) => {
  const kept = prefix === 0 ? 0 : (bits & (0xffffffff << (32 - prefix))) >>> 0;
  return `${[24, 16, 8, 0].map((shift) => (kept >>> shift) & 0xff).join(".")}/${prefix}`;
});

/** Canonical addresses and ranges of IPv6: their first groups are not zero, and the last are. */
const ipv6Range = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 0xffff }), { minLength: 1, maxLength: 6 }), fc.boolean())
  .map(([groups, isRange]) => {
    const text = `${groups.map((group) => group.toString(16)).join(":")}::`;
    return isRange ? `${text}/${groups.length * 16}` : text;
  });

const host = fc.oneof(
  ipv4,
  fc.stringMatching(/^[a-z][a-z0-9-]{0,9}[a-z0-9]\.example$/),
  fc.constant("[2001:db8::1]"),
);
const path = fc
  .stringMatching(/^\/[ !#-[\]-~]{0,40}[!#-.0-[\]-~]$/)
  .filter((text) => !/[02-9AC-HJ-NP-Z]{40}/.test(text));

/** Options in canonical form, at least one. */
export const keyOptions: fc.Arbitrary<KeyOptions> = fc
  .record(
    {
      to: fc.oneof(
        fc.tuple(host, fc.integer({ min: 1, max: 65_535 })).map(([name, port]) => `${name}:${port}`),
        path.map((text) => `unix:${text}`),
      ),
      from: fc.array(fc.oneof(ipv4, ipv4Range, ipv6Range), { minLength: 1, maxLength: 5 }),
      max: fc.integer({ min: 1, max: 9_999_999 }),
    },
    { requiredKeys: [] },
  )
  .filter((options) => Object.keys(options).length > 0);

/** A key with or without a name and options; its line is counted by who writes it. */
export const authorizedKey: fc.Arbitrary<Omit<AuthorizedKey, "line">> = fc.record(
  { publicKey: keyBytes, name: fc.stringMatching(/^[A-Za-z0-9._@+-]{1,64}$/), options: keyOptions },
  { requiredKeys: ["publicKey"] },
);

/** A key's line as people write it. */
export function lineOf({ publicKey, name, options }: Omit<AuthorizedKey, "line">): string {
  const written = Object.entries(options ?? {}).map(([option, value]) => `${option}="${String(value)}"`);
  return [written.join(","), formatPublicKey(publicKey), name ?? ""].filter((part) => part !== "").join(" ");
}
