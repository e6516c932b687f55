/** Why: a script that branches on a code must go on being right. The codes here are written down a second time. */
import { describe, expect, it } from "vitest";
import { KEY_ERRORS, KeyError } from "../keys/index.ts";
import { AlertError, HawserError, type HawserErrorCode } from "../net/index.ts";
import { alertCodes, UsageError } from "../protocol/index.ts";
import { AdvisedError, CommandError, Interruption, OutputClosedError, outputError } from "./errors.ts";
import { EXIT_CODES, exitCodeOf } from "./exit-codes.ts";
import { Log } from "./log.ts";
import { report } from "./report.ts";

describe("exit codes", () => {
  it.each([
    ["ERR_HAWSER_CONNECT", 4],
    ["ERR_HAWSER_NOT_HAWSER", 5],
    ["ERR_HAWSER_HINT", 5],
    ["ERR_HAWSER_NO_ANSWER", 5],
    ["ERR_HAWSER_BAD_CHALLENGE", 5],
    ["ERR_HAWSER_BAD_RECORD", 5],
    ["ERR_HAWSER_SERVER_KEY_MISMATCH", 6],
    ["ERR_HAWSER_UNTRUSTED", 7],
    ["ERR_HAWSER_DENIED", 8],
    ["ERR_HAWSER_TRUNCATED", 10],
    ["ERR_HAWSER_TIMEOUT", 11],
    ["ERR_HAWSER_INTERNAL", 1],
  ] satisfies [HawserErrorCode, number][])("%s is %i", (code, exitCode) => {
    expect(exitCodeOf(new HawserError(code, ""))).toBe(exitCode);
  });

  it("tell alerts that last from those that pass", () => {
    const byName = Object.fromEntries(
      Object.entries(alertCodes).map(([name, code]) => [name, exitCodeOf(new AlertError(code))]),
    );
    const { not_authorized, wrong_context, no_route, ...others } = byName;
    expect([not_authorized, wrong_context, no_route]).toEqual([8, 8, 8]);
    expect(new Set(Object.values(others))).toEqual(new Set([9]));
    expect(exitCodeOf(new AlertError(0x8001))).toBe(9);
  });

  it("tell a file's fault from that of the command line", () => {
    expect(exitCodeOf(new KeyError("ERR_HAWSER_KEY_CHECKSUM", ""))).toBe(2);
    expect(exitCodeOf(new KeyError("ERR_HAWSER_KEY_CHECKSUM", "", { path: "clients", line: 3 }))).toBe(3);
    expect(exitCodeOf(new KeyError("ERR_HAWSER_KEY_FILE_PATH", ""))).toBe(2);
    expect(exitCodeOf(new KeyError("ERR_HAWSER_KEY_FILE_MODE", "", { path: "my.key" }))).toBe(3);
    expect(exitCodeOf(new KeyError("ERR_HAWSER_URL_PORT", ""))).toBe(2);
    for (const code of Object.keys(KEY_ERRORS) as (keyof typeof KEY_ERRORS)[]) {
      expect([2, 3]).toContain(exitCodeOf(new KeyError(code, "")));
    }
  });

  it("are those of shells for signals and closed pipes", () => {
    for (const [signal, exitCode] of [
      ["SIGHUP", 129],
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      expect(exitCodeOf(new Interruption(signal))).toBe(exitCode);
    }
    expect(exitCodeOf(new OutputClosedError(undefined))).toBe(141);
    expect(outputError(Object.assign(new Error(), { code: "EPIPE" }))).toBeInstanceOf(OutputClosedError);
    expect(exitCodeOf(outputError(Object.assign(new Error(), { code: "ENOSPC" })))).toBe(12);
  });

  it("are 2 for misuse, 4 for an address that is taken, 1 for what nobody foresaw", () => {
    expect(exitCodeOf(new UsageError(""))).toBe(2);
    expect(exitCodeOf(new CommandError("ERR_HAWSER_LISTEN", ""))).toBe(4);
    for (const thrown of [new TypeError("oops"), undefined, "text"]) expect(exitCodeOf(thrown)).toBe(1);
  });

  it("have a meaning each", () => {
    expect(Object.keys(EXIT_CODES).map(Number)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 129, 130, 141, 143,
    ]);
  });
});

describe("the report of a failure", () => {
  function reported(error: unknown, json = false) {
    let text = "";
    const stderr = { write: (words: string) => (text += words) };
    const log = new Log({ stderr, env: {} } as never, { json, now: () => 0 });
    return { ending: report(error, log), text };
  }

  it("has the code, and what can be done in a line of its own", () => {
    const error = new AdvisedError(new HawserError("ERR_HAWSER_CONNECT", "No connection."), "Try later.", {
      a: "b",
    });
    expect(reported(error)).toEqual({
      ending: { exitCode: 4 },
      text: "hawser: No connection. (ERR_HAWSER_CONNECT)\nhawser: Try later.\n",
    });
    const lines = reported(error, true).text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        time: "1970-01-01T00:00:00.000Z",
        level: "error",
        event: "failed",
        code: "ERR_HAWSER_CONNECT",
        message: "No connection.",
        a: "b",
        exitCode: 4,
      },
      { time: "1970-01-01T00:00:00.000Z", level: "info", event: "advice", message: "Try later." },
    ]);
  });

  it("names the signal that ended it", () => {
    expect(reported(new Interruption("SIGTERM"))).toEqual({
      ending: { exitCode: 143, signal: "SIGTERM" },
      text: "hawser: Ended by SIGTERM. (ERR_HAWSER_CANCELLED)\n",
    });
  });

  it("escapes in JSON what is not for terminals, astral characters too", () => {
    const hostile = "\u001b\u009b\u202e\u2028\u{e0041}\ud800 and \u{1f600}";
    const { text } = reported(new HawserError("ERR_HAWSER_CONNECT", hostile), true);
    expect(text.trimEnd()).toMatch(/^[\x20-\x7e\u{1f600}]+$/u);
    expect(JSON.parse(text).message).toContain("\u001b\u009b\u202e\u2028\u{e0041}");
  });
});
