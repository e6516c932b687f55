/** Why: a mistyped option would be as good as none, and what it was to forbid would be allowed without a word. */
import { describe, expect, it } from "vitest";
import { serverKey, testClient, testServer } from "../../../properties/model/pair.ts";
import { newMemory } from "../record/memory.ts";
import { UsageError } from "../usage-error.ts";
import { requireKnown } from "./options-known.ts";

const known = {
  serverKey: true,
  authorize: true,
  handshakeTimeout: true,
  idleTimeout: true,
  via: true,
} as const;
const words = (options: object) => {
  try {
    requireKnown("connect", options, known);
    return "";
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
};

describe("an option that is none", () => {
  it.each([
    [{ serverkey: 1 }, "serverkey is no option of connect: serverKey?"],
    [{ serverKye: 1 }, "serverKye is no option of connect: serverKey?"],
    [{ authorise: 1 }, "authorise is no option of connect: authorize?"],
    [{ timeout: 1 }, "timeout is no option of connect: handshakeTimeout or idleTimeout?"],
    [{ viaKey: 1 }, "viaKey is no option of connect: via?"],
    [{ authorizeKeys: undefined }, "authorizeKeys is no option of connect: authorize?"],
    [{ colour: 1 }, "colour is no option of connect"],
    [{ toString: 1 }, "toString is no option of connect"],
    [JSON.parse('{"__proto__":1}'), "__proto__ is no option of connect"],
    [{ x: 1 }, "x is no option of connect"],
    [{ vi: 1 }, "vi is no option of connect: via?"],
    [{ ia: 1 }, "ia is no option of connect: via?"],
    [{ ti: 1 }, "ti is no option of connect"],
    [{ out: 1 }, "out is no option of connect: handshakeTimeout or idleTimeout?"],
    [{ idleTimeou: 1 }, "idleTimeou is no option of connect: idleTimeout?"],
  ])("%j is refused: %s", (options, expected) => {
    expect(words(options)).toBe(expected);
  });

  it("is the nearest of two that are near", () => {
    const near = { recordSizes: true, recordsSize: true, recordSize: true } as const;
    expect(() => requireKnown("it", { recordSise: 1 }, near)).toThrow(
      "recordSise is no option of it: recordSize?",
    );
  });

  it("is refused, whatever names it has been given, and others are not", () => {
    expect(words({ serverKey: undefined, via: 1 })).toBe("");
    expect(words(Object.create({ inherited: 1 }))).toBe("");
    expect(() => requireKnown("connect", undefined, known)).not.toThrow();
    for (const value of [5, "timeout", null, true] as unknown as object[]) {
      expect(() => requireKnown("drain", value, known)).toThrow("drain takes an object of options");
    }
  });

  it("is none of those that a channel has, each of which is taken by its name", () => {
    const common = {
      handshakeTimeout: 1,
      drain: { timeout: 1, bytes: 1 },
      liveness: { pingAfter: 1, timeout: 2 },
      padding: "padme",
      recordSize: 1,
      memory: newMemory,
    } as const;
    const keys = { serverKey: serverKey.publicKey, via: serverKey.publicKey };
    expect(testClient({ ...common, ...keys, context: "c" }).state).toBe("Start");
    const flags = { stealth: true, routes: true, application: true };
    expect(testServer({ ...common, contexts: ["c"], ...flags }).state).toBe("AwaitHello");
  });

  it("is refused by a channel, in what is within an option as well", () => {
    const options = [
      { serverkey: new Uint8Array(32) },
      { drain: { timout: 1 } },
      { liveness: { pingAfter: 1, timeout: 2, pingEvery: 1 } },
    ];
    for (const wrong of options) {
      expect(() => testClient(wrong as never)).toThrow(/is no option of/);
      expect(() => testServer(wrong as never)).toThrow(/is no option of/);
    }
  });
});
