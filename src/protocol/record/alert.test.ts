import { describe, expect, it } from "vitest";
import { UsageError } from "../usage-error.ts";
import { alertBody, alertCode, alertName, escapeMessage } from "./alert.ts";
import { type AlertName, alertCodes } from "./alert-codes.ts";

describe("an alert's code", () => {
  it("AL-001: has a name, or is an application's own from 0x8000 to 0xffff", () => {
    expect(alertName(1)).toBe("internal_error");
    expect(alertName(12)).toBe("cancelled");
    expect([0, 13, 0x7fff, 0x10000, -1].map(alertName)).toEqual(new Array(5).fill(undefined));
    expect([0x8000, 0x9abc, 0xffff].map(alertName)).toEqual(new Array(3).fill("application"));
  });

  it("is taken by name or number", () => {
    expect(alertCode("busy")).toBe(alertCodes.busy);
    expect(alertCode(9)).toBe(9);
    expect(alertCode(0x8000)).toBe(0x8000);
    expect(alertCode(0xffff)).toBe(0xffff);
  });

  it.each([0, 13, 0x7fff, 0x10000, 0x8000 + 0.5, Number.NaN, "nothing", "application", undefined])(
    "%j is refused",
    (code) => {
      expect(() => alertCode(code as AlertName)).toThrow(UsageError);
    },
  );
});

describe("AL-011: an alert's body", () => {
  const text = (body: Uint8Array) => new TextDecoder("utf-8", { fatal: true }).decode(body.subarray(2));

  it("is the code, then the message", () => {
    expect([...alertBody(0x1234, "aé")]).toEqual([0x12, 0x34, 0x61, 0xc3, 0xa9]);
    expect([...alertBody(1, "")]).toEqual([0, 1]);
  });

  it.each([
    ["x".repeat(1_024), 1_024],
    ["x".repeat(1_025), 1_024],
    [`${"x".repeat(1_022)}é`, 1_024],
    [`${"x".repeat(1_023)}é`, 1_023],
    [`${"x".repeat(1_022)}€`, 1_022],
    [`${"x".repeat(1_023)}😀`, 1_023],
    [`${"x".repeat(1_021)}😀`, 1_021],
    [`${"x".repeat(1_020)}😀`, 1_024],
    ["é".repeat(2_000), 1_024],
  ])("is cut at a character: %#", (message, length) => {
    const body = alertBody(1, message);
    expect(body).toHaveLength(2 + length);
    expect(message.startsWith(text(body))).toBe(true);
  });
});

describe("AL-029: an alert's words as they are shown", () => {
  it.each([
    ["plain wörds 😀", "plain wörds 😀"],
    ["\x1b[31m", "\\u{1b}[31m"],
    ["a\nb", "a\\u{a}b"],
    ["\u202eabc", "\\u{202e}abc"],
    ["\u2028\u2029", "\\u{2028}\\u{2029}"],
    ["\ud800", "\\u{d800}"],
    ["\u{e0001}", "\\u{e0001}"],
    ["\\u{1b}", "\\\\u{1b}"],
  ])("%j", (message, shown) => {
    expect(escapeMessage(message)).toBe(shown);
  });
});
