/** Why: a rate that lets a little more through each time is none, and one that lets a little less through starves. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { Allowance } from "./allowance.ts";

describe("an allowance", () => {
  it("AG-030: gives a second's worth at once, and then one at a time", () => {
    const allowance = new Allowance(10, 0);
    for (let i = 0; i < 10; i++) {
      expect(allowance.wait(0)).toBe(0);
      allowance.take();
    }
    expect(allowance.wait(0)).toBeCloseTo(100);
    expect(allowance.wait(99)).toBeCloseTo(1);
    expect(allowance.wait(100)).toBe(0);
  });

  test.prop([
    fc.integer({ min: 1, max: 5_000 }),
    fc.array(fc.double({ min: 0, max: 700, noNaN: true }), { minLength: 1, maxLength: 60 }),
  ])("AG-030: never gives more than its rate, and all of it to who waits as it says", (rate, pauses) => {
    let now = 0;
    let taken = 0;
    const allowance = new Allowance(rate, now);
    for (const pause of pauses) {
      now += pause;
      for (let i = 0; i < 200 && allowance.wait(now) === 0; i++) {
        allowance.take();
        taken++;
      }
      expect(taken).toBeLessThanOrEqual(rate + (now * rate) / 1_000 + 0.01);
      const wait = allowance.wait(now);
      expect(wait).toBeLessThanOrEqual(1_000 / rate + 0.01);
      if (wait > 0) expect(allowance.wait(now + wait)).toBe(0);
      now += wait;
    }
  });
});
