/** Why: metrics are in the clear, so who can read them is decided by an address, and a slip must not open it to all. */
import { describe, expect, it } from "vitest";
import { CommandError } from "./errors.ts";
import { isLoopback, operationSettings } from "./operation-options.ts";

const metrics = (text: string, metricsPublic = false) =>
  operationSettings({ metrics: text, metricsPublic }).metrics;

describe("what serve and forward may be told about how they run", () => {
  it("has defaults", () => {
    expect(operationSettings({})).toEqual({
      metrics: undefined,
      statusPath: undefined,
      grace: 5_000,
      level: "info",
    });
  });

  it.each([
    ["9464", "127.0.0.1", 9464],
    ["127.1.2.3:0", "127.1.2.3", 0],
    ["[::1]:9464", "::1", 9464],
    ["localhost:9464", "localhost", 9464],
  ])("serves metrics at %s", (text, host, port) => {
    expect(metrics(text)).toEqual({ host, port, isPublic: false });
  });

  it.each([
    "0.0.0.0:9464",
    "[::]:9464",
    "192.0.2.1:9464",
    "example.org:9464",
    "[::ffff:127.0.0.1]:9464",
    "1127.0.0.1:1",
  ])("serves no metrics at %s, unless that is said to be meant", (text) => {
    expect(() => metrics(text)).toThrow("--metrics-public");
    expect(metrics(text, true)).toMatchObject({ isPublic: true });
  });

  it.each(["", "x", "70000", ":9464", "127.0.0.1:", "::1:9464", "unix:/x", "http://127.0.0.1:9464"])(
    "takes %j for no place of metrics",
    (text) => {
      expect(() => metrics(text, true)).toThrow(CommandError);
    },
  );

  it("takes a grace in seconds, down to none", () => {
    expect(["0", "2.5", "86400"].map((grace) => operationSettings({ grace }).grace)).toEqual([
      0, 2_500, 86_400_000,
    ]);
    for (const grace of ["", "-1", "1e3", "86401", "5s"])
      expect(() => operationSettings({ grace })).toThrow("--grace");
  });

  it("refuses what makes no sense", () => {
    expect(() => operationSettings({ metricsPublic: true })).toThrow("without --metrics");
    expect(() => operationSettings({ status: "" })).toThrow("--status");
  });

  it("knows the loopback by its addresses", () => {
    expect(["127.0.0.1", "127.255.0.9", "::1"].every(isLoopback)).toBe(true);
    expect(["128.0.0.1", "::", "::2", "localhost", "127.0.0.1.example.org"].some(isLoopback)).toBe(false);
  });
});
