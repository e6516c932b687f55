/** Why: a worker's numbers are all that is known of how a connection ended, and a worker may have been taken over. */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { AlertError, HawserError } from "../net/index.ts";
import { alertCodes } from "../protocol/index.ts";
import { brokenOff, ended, failureOf, idle, unreachable } from "./failures.ts";
import { amountsOf, amountsToNumbers, lastReportOf, lastToNumbers } from "./worker-report.ts";

const behind = { backend: "127.0.0.1:1", idleTimeout: 3_000 };
const none = { alertSent: undefined, alertReceived: undefined };
const amount = fc.maxSafeNat();
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test.prop([amount, amount])("amounts come back as they were, in numbers below 2^32", (bytesIn, bytesOut) => {
  const numbers = amountsToNumbers({ bytesIn, bytesOut });
  expect(numbers.every((number) => number >= 0 && number < 2 ** 32 && Number.isInteger(number))).toBe(true);
  expect(amountsOf(numbers)).toEqual({ bytesIn, bytesOut });
  const last = lastReportOf(lastToNumbers({ bytesIn, bytesOut }, undefined, none), behind);
  expect(last).toEqual({ bytesIn, bytesOut, failure: undefined, ...none });
});

test.prop([fc.array(uint32, { maxLength: 16 })])(
  "numbers of anybody's are a report, or are found to be none",
  (numbers) => {
    const amounts = amountsOf(numbers);
    if (amounts !== undefined) expect(amountsToNumbers(amounts)).toEqual(numbers);
    const last = lastReportOf(numbers, behind);
    if (last !== undefined) expect(amountsToNumbers(last)).toEqual(numbers.slice(0, 4));
  },
);

describe("a failure", () => {
  const system = Object.assign(new Error("connect ENOENT /x"), { code: "ENOENT" });
  it.each([
    ["the service that is not there", unreachable(system), "There is no connection to 127.0.0.1:1 (ENOENT)."],
    ["a reset", brokenOff("service", Object.assign(new Error("x"), { code: "ECONNRESET" })), undefined],
    ["a reset of which nothing is known", brokenOff("service", undefined), undefined],
    ["silence", idle(3_000), undefined],
    ["an end by this side", ended(), undefined],
    ["the end of the connection without a Close", new HawserError("ERR_HAWSER_TRUNCATED", "x"), /broke off/],
    ["what nobody has foreseen", new Error("x"), /failed/],
  ])("of %s has its code, and words that need no more", (_, failure, words) => {
    const last = lastReportOf(lastToNumbers({ bytesIn: 1, bytesOut: 2 }, failure, none), behind);
    expect(last?.failure?.code).toBe(failureOf(failure).code);
    if (words === undefined) expect(last?.failure?.words).toBe(failure.message);
    else expect(last?.failure?.words).toMatch(words);
  });

  it.each([
    [alertCodes.going_away, "going_away"],
    [0x8001, "alert 0x8001"],
    [0x0fff, "alert 0xfff"],
    [undefined, "it did not say why"],
  ])("of an alert has the alert: %s", (alertReceived, shown) => {
    const alerts = { alertSent: undefined, alertReceived };
    const numbers = lastToNumbers(
      { bytesIn: 0, bytesOut: 0 },
      new HawserError("ERR_HAWSER_ALERT_RECEIVED", "x"),
      alerts,
    );
    const last = lastReportOf(numbers, behind);
    expect(last).toMatchObject({
      alertReceived,
      failure: { words: `The peer ended the connection: ${shown}.` },
    });
    const own = lastToNumbers({ bytesIn: 0, bytesOut: 0 }, new AlertError("cancelled"), {
      alertSent: alertCodes.cancelled,
      alertReceived: undefined,
    });
    expect(lastReportOf(own, behind)?.failure?.words).toBe("This side gives up: cancelled.");
  });
});

it("a report with a code, a system's code or an alert that there is not, or of another length, is none", () => {
  const good = [0, 0, 0, 0, 1, 1, 1, 1];
  expect(lastReportOf(good, behind)).toBeDefined();
  for (const at of [0, 2, 4, 5, 6, 7]) {
    expect([at, lastReportOf(good.with(at, 2 ** 32 - 1), behind)]).toEqual([at, undefined]);
  }
  expect(lastReportOf(good.slice(1), behind)).toBeUndefined();
  expect(lastReportOf([...good, 0], behind)).toBeUndefined();
  expect(amountsOf([0, 0, 0])).toBeUndefined();
  expect(amountsOf(good)).toBeUndefined();
});
