import { expect, it } from "vitest";
import { N, protocolName, XX } from "./patterns.ts";

it("NO-017: the patterns are Noise's, rev 34 §7.4 and §7.5", () => {
  expect(XX).toEqual({
    name: "XX",
    responderKnown: false,
    messages: [["e"], ["e", "ee", "s", "es"], ["s", "se"]],
  });
  expect(N).toEqual({ name: "N", responderKnown: true, messages: [["e", "es"]] });
  expect(protocolName(XX)).toBe("Noise_XX_25519_ChaChaPoly_BLAKE2b");
});
