import { describe, expect, it } from "vitest";
import { UsageError } from "../usage-error.ts";
import { type Padding, paddedLength } from "./padding.ts";

const max = 65_519;

describe("paddedLength", () => {
  it("of none is the length", () => {
    expect([3, 100, max].map(paddedLength("none"))).toEqual([3, 100, max]);
  });

  // PURBs §4, worked by hand: of 2^E ≤ length, all but the first ⌊log₂ E⌋ + 1 bits after the first are zeros.
  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
    [8, 8],
    [9, 10],
    [15, 16],
    [16, 16],
    [17, 18],
    [33, 36],
    [100, 104],
    [257, 272],
    [1_000, 1_024],
    [65_000, max],
  ])("of padme: %i bytes become %i", (length, padded) => {
    expect(paddedLength("padme")(length)).toBe(padded);
  });

  it.each([
    [1, 7, 7],
    [64, 3, 64],
    [64, 64, 64],
    [64, 65, 128],
    [max, 3, max],
    [40_000, 40_001, max],
  ])("of blocks of %i: %i bytes become %i", (block, length, padded) => {
    expect(paddedLength({ block })(length)).toBe(padded);
  });

  it("of a function is what it gives, in whole bytes, never less than the length nor more than a record", () => {
    const given = (value: number) => paddedLength(() => value)(10);
    expect([10.9, 11.9, 9, 10, -1, Number.NaN, 1e9, max, max + 1].map(given)).toEqual([
      10,
      11,
      10,
      10,
      10,
      10,
      max,
      max,
      max,
    ]);
  });

  it.each([
    { block: 0 },
    { block: -1 },
    { block: 1.5 },
    { block: max + 1 },
    { block: "8" },
    {},
    null,
    undefined,
    "some",
  ])("refuses %j", (padding) => {
    expect(() => paddedLength(padding as Padding)).toThrow(UsageError);
  });

  it("takes blocks of one byte and of the largest record", () => {
    expect(paddedLength({ block: 1 })(5)).toBe(5);
    expect(paddedLength({ block: max })(5)).toBe(max);
  });
});
