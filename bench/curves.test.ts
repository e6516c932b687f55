/** Why: a curve that drops a point, or mixes two contenders, would show growth where there is none, or hide it. */
import { describe, expect, it } from "vitest";
import { at, curves, drawn } from "./curves.ts";
import { curvesAsMarkdown } from "./report/table.ts";
import type { Results, Sample } from "./results.ts";

const sample = (contender: string, round: number, figures: Record<string, number>): Sample => ({
  work: "transfers",
  contender,
  round,
  figures,
});

const results = {
  contenders: { tcp: "plain TCP", hawser: "Hawser" },
  samples: [
    sample("tcp", 0, { [at("transfers.byte", 1024)]: 40, [at("transfers.byte", 16_384)]: 3 }),
    sample("hawser", 0, { [at("transfers.byte", 16_384)]: 5, [at("transfers.byte", 1024)]: 60 }),
    sample("hawser", 1, { [at("transfers.byte", 1024)]: 62 }),
  ],
} as unknown as Results;

describe("drawn", () => {
  it("gives each contender its points, in order, the medians of the runs", () => {
    const [only, ...others] = drawn(results);
    expect(others).toEqual([]);
    expect(only?.curve.id).toBe("transfers.byte");
    expect(only?.lines.map(({ contender, points }) => [contender, points])).toEqual([
      [
        "tcp",
        [
          { amount: 1024, median: 40 },
          { amount: 16_384, median: 3 },
        ],
      ],
      [
        "hawser",
        [
          { amount: 1024, median: 61 },
          { amount: 16_384, median: 5 },
        ],
      ],
    ]);
  });

  it("has no curve whose name begins another's", () => {
    for (const { id } of curves) {
      expect(curves.filter((other) => at(other.id, 1).startsWith(at(id, 0).slice(0, -1)))).toHaveLength(1);
    }
  });

  it("shows them as Markdown", () => {
    expect(curvesAsMarkdown(drawn(results)).split("\n")).toEqual([
      "### A byte of a transfer, ns, by bytes of the transfer",
      "",
      "|            | 1 Ki | 16 Ki |",
      "|------------|-----:|------:|",
      "| plain TCP  | 40.0 |  3.00 |",
      "| **Hawser** | 61.0 |  5.00 |",
    ]);
  });
});
