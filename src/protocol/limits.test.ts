import { expect, it } from "vitest";
import * as limits from "./limits.ts";

it("LM-001: the protocol's numbers are these", () => {
  expect(limits).toMatchObject({
    headerLength: 8,
    routeLength: 48,
    helloLength: 88,
    challengeLength: 98,
    responseLength: 96,
    minCiphertext: 19,
    maxCiphertext: 65_535,
    maxPlaintext: 65_519,
    maxRecordBody: 65_516,
    maxEarlyData: 65_537,
    maxHeldInput: 65_537,
    rekeyInterval: 65_536,
    lastNonce: 18_446_744_073_709_551_614n,
    maxNonce: 18_446_744_073_709_551_615n,
  });
});
