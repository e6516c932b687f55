import { test } from "@fast-check/vitest";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advantage, quantile, summarise } from "./statistics.ts";

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 });

describe("quantile", () => {
  it("interpolates between neighbours", () => {
    expect(quantile([1, 2, 3, 10], 0.5)).toBe(2.5);
    expect(quantile([10, 1, 3], 0.5)).toBe(3);
    expect(quantile([0, 100], 0.99)).toBe(99);
    expect(quantile([7], 0.99)).toBe(7);
  });

  test.prop([values])("has the least and the greatest at its ends, in whatever order they come", (some) => {
    expect(quantile(some, 0)).toBe(Math.min(...some) + 0);
    expect(quantile(some, 1)).toBe(Math.max(...some) + 0);
    expect(quantile([...some].reverse(), 0.3)).toBe(quantile(some, 0.3));
  });

  test.prop([values, fc.double({ min: 0, max: 1, noNaN: true })])(
    "leaves its values as they are",
    (some, share) => {
      const before = [...some];
      quantile(some, share);
      expect(some).toEqual(before);
    },
  );

  it("refuses no values", () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });
});

describe("summarise", () => {
  it("tells the middle, the ends and how many there are", () => {
    expect(summarise([5, 1, 9])).toEqual({ median: 5, low: 1, high: 9, runs: 3 });
  });
});

describe("advantage", () => {
  const own = new Map([
    [0, 100],
    [1, 10],
    [2, 50],
  ]);
  const other = new Map([
    [0, 50],
    [1, 10],
    [2, 200],
  ]);

  it("is above one for the larger value where more is better", () => {
    expect(advantage(own, other, true)).toEqual({ median: 1, low: 0.25, high: 2, runs: 3 });
  });

  it("is above one for the smaller value where less is better", () => {
    expect(advantage(own, other, false)).toEqual({ median: 1, low: 0.5, high: 4, runs: 3 });
  });

  it("compares within a round: where a whole round is slow, nothing changes", () => {
    const slow = (series: Map<number, number>) =>
      new Map([...series].map(([round, value]) => [round, value * (round + 1)]));
    expect(advantage(slow(own), slow(other), true)).toEqual(advantage(own, other, true));
  });

  it("leaves out a round that one of them has not", () => {
    expect(advantage(own, new Map([[1, 5]]), true)).toEqual({ median: 2, low: 2, high: 2, runs: 1 });
    expect(() => advantage(own, new Map([[7, 5]]), true)).toThrow(RangeError);
  });
});
