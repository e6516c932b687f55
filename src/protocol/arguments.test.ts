/** Why: what a program hands in wrongly must be told to it, by a type and a code that are stable. */
import { describe, expect, it } from "vitest";
import { dhOutputOf } from "./arguments.ts";
import { decodeContext } from "./handshake/context.ts";
import { UsageError } from "./usage-error.ts";

describe("an argument", () => {
  it.each([0, 31, 33])("that is a DH output of %i bytes is misuse", (length) => {
    expect(() => dhOutputOf(new Uint8Array(length))).toThrow(
      new UsageError(`a DH output has 32 bytes, not ${length}`),
    );
  });

  it("that is a DH output, or none, is taken as it is", () => {
    const output = new Uint8Array(32).fill(1);
    expect(dhOutputOf(output)).toBe(output);
    expect(dhOutputOf(undefined)).toBeUndefined();
  });

  it("that makes no sense is told by a name and a code", () => {
    const error = new UsageError("words");
    expect(String(error)).toBe("UsageError: words");
    expect(error.code).toBe("ERR_HAWSER_USAGE");
  });
});

it("HS-022: a context of zeros is none, and one of 32 characters has no zero behind it", () => {
  expect(decodeContext(new Uint8Array(32))).toBeUndefined();
  expect(decodeContext(new Uint8Array(32).fill(0x61))).toBe("a".repeat(32));
});
