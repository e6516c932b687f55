/**
 * Why: the orderings of orderings-stub.test.ts, up to two long, with real cryptography on both sides: the provider's
 * in the channel, OpenSSL's in the peer.
 */
import { describe, expect, it } from "vitest";
import { primitives } from "./model/pair.ts";
import { exploreAll, inNumbers } from "./orderings/run.ts";

/** How many orderings there are, at least. */
const least = { client: 1_500, server: 1_250 } as const;

describe.each(["client", "server"] as const)("SC-008: every ordering of up to two, at a %s", (role) => {
  it("leads where the specification says with real cryptography too", () => {
    const count = exploreAll(role, 2, { primitives });
    console.log(inNumbers(role, count));
    expect(count.orderings.reduce((sum, orderings) => sum + orderings, 0)).toBeGreaterThan(least[role]);
  });
});
