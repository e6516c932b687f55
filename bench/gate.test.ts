/** Why: a gate that can't close, or that closes on noise, is worse than none. */
import { describe, expect, it } from "vitest";
import { contenderIds, ownId } from "./contenders/index.ts";
import { failedWorks, type Gate, gates, judge, told } from "./gate.ts";
import { metrics } from "./metrics.ts";
import type { Sample } from "./results.ts";
import { works } from "./works/index.ts";

/** A round in which Hawser is so many times as good as each gate asks for. */
function round(number: number, times: number): Sample[] {
  return gates.flatMap(({ metric, peer, target, reached }): Sample[] => {
    const [work = ""] = metric.split(".");
    const isMore = metrics.find(({ id }) => id === metric)?.better === "more";
    const ratio = (Math.min(target, reached ?? target) / 2) * times;
    const figures = { [metric]: isMore ? ratio : 1 / ratio };
    return [
      { work, contender: ownId, round: number, figures },
      { work, contender: peer, round: number, figures: { [metric]: 1 } },
    ];
  });
}

describe("the gates", () => {
  it.each(gates)("$metric against $peer is of what there is", ({ metric, peer, target, reached }: Gate) => {
    expect(metrics.map(({ id }) => id)).toContain(metric);
    expect(works.map(({ id }) => id)).toContain(metric.split(".")[0]);
    expect(contenderIds).toContain(peer);
    expect(reached ?? 0).toBeLessThan(target);
  });

  it("are held at half of what is expected, and lost below", () => {
    expect(failedWorks(judge({ samples: round(0, 1.01) }))).toEqual([]);
    const lost = judge({ samples: round(0, 0.99) });
    expect(lost.every(({ isHeld }) => !isHeld)).toBe(true);
    expect(failedWorks(lost)).toHaveLength(new Set(gates.map(({ metric }) => metric.split(".")[0])).size);
    expect(told(lost)).toMatch(/^LOST: CPU of both ends for a gigabyte/);
  });

  it("take the better of two rounds", () => {
    expect(failedWorks(judge({ samples: [...round(0, 0.5), ...round(1, 1.1)] }))).toEqual([]);
  });

  it("are lost where nothing was measured", () => {
    const [first, ...others] = round(0, 2);
    expect(first?.contender).toBe(ownId);
    expect(judge({ samples: others })[0]).toMatchObject({ ratio: undefined, isHeld: false });
  });
});
