/** Why: `from` is a fence, and addresses have several forms. */
import { describe, expect, it } from "vitest";
import { isListed } from "./client-address.ts";

describe("whether a client's address is listed", () => {
  it.each<[string[], string | undefined, boolean]>([
    [["192.0.2.1"], "192.0.2.1", true],
    [["192.0.2.1"], "192.0.2.2", false],
    [["192.0.2.1", "198.51.100.0/24"], "198.51.100.255", true],
    [["198.51.100.0/25"], "198.51.100.128", false],
    [["0.0.0.0/0"], "203.0.113.9", true],
    [["255.255.255.255/32"], "255.255.255.254", false],
    [["2001:db8::/33"], "2001:db8:7fff::1", true],
    [["2001:db8::/33"], "2001:db8:8000::1", false],
    [["::1"], "::1", true],
  ])("KT-097: %j, %s: %s", (from, address, expected) => {
    expect(isListed(from, address)).toBe(expected);
  });

  it("KT-097: an IPv4 address in the form of IPv6 is that IPv4 address, and no address of IPv6", () => {
    expect(isListed(["192.0.2.0/24"], "::ffff:192.0.2.9")).toBe(true);
    expect(isListed(["192.0.2.0/24"], "::FFFF:192.0.3.9")).toBe(false);
    expect(isListed(["::/0"], "::ffff:192.0.2.9")).toBe(false);
    expect(isListed(["::/0"], "192.0.2.9")).toBe(false);
    expect(isListed(["0.0.0.0/0"], "2001:db8::1")).toBe(false);
  });

  it("KT-097: a zone does not count", () => {
    expect(isListed(["fe80::/10"], "fe80::1%eth0")).toBe(true);
    expect(isListed(["fe80::1"], "fe80::2%eth0")).toBe(false);
  });

  it("KT-098: who has no address is not listed", () => {
    for (const address of [undefined, "", "nonsense"]) {
      expect(isListed(["0.0.0.0/0", "::/0"], address)).toBe(false);
    }
  });
});
