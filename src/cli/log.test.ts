/** Why: a service's log is read by programs for years, and by people at night. */
import { describe, expect, it } from "vitest";
import { type Level, Log } from "./log.ts";

function logTo(json: boolean, level?: Level): { log: Log; lines: () => string[] } {
  const written: string[] = [];
  const stderr = { write: (text: string) => written.push(text) };
  const log = new Log({ stderr, env: {} } as never, { json, now: () => 0 });
  if (level !== undefined) log.level = level;
  return { log, lines: () => written.join("").split("\n").slice(0, -1) };
}

function sayAll(log: Log): void {
  log.debug({ event: "a", words: "Debug." });
  log.info({ event: "b", words: "Info." });
  log.warn({ event: "c", words: "Warn.", code: "ERR_HAWSER_TIMEOUT", fields: { n: 1, none: undefined } });
  log.error({ event: "d", words: "Error." });
}

describe("the log", () => {
  it.each<[Level | undefined, string[]]>([
    [undefined, ["b", "c", "d"]],
    ["debug", ["a", "b", "c", "d"]],
    ["warn", ["c", "d"]],
    ["error", ["d"]],
  ])("at level %s says %j, in either format", (level, events) => {
    const [text, json] = [logTo(false, level), logTo(true, level)];
    sayAll(text.log);
    sayAll(json.log);
    expect(json.lines().map((line) => JSON.parse(line).event)).toEqual(events);
    expect(text.lines()).toHaveLength(events.length);
  });

  it("is one JSON object a line, with what is known alone", () => {
    const { log, lines } = logTo(true, "warn");
    sayAll(log);
    expect(JSON.parse(lines()[0] ?? "")).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      level: "warn",
      event: "c",
      code: "ERR_HAWSER_TIMEOUT",
      message: "Warn.",
      n: 1,
    });
  });

  it("drives no terminal, and can be undone, in either format", () => {
    const nasty = "a\u001b[2J\u202e\u0007\u2028b\u{e0001}";
    const [text, json] = [logTo(false), logTo(true)];
    for (const { log } of [text, json]) log.info({ event: "x", words: nasty, fields: { who: nasty } });
    for (const { lines } of [text, json]) expect(lines().join("")).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(json.lines()[0] ?? "")).toMatchObject({ message: nasty, who: nasty });
  });

  it("has nothing for people of an entry without words", () => {
    const [text, json] = [logTo(false), logTo(true)];
    for (const { log } of [text, json]) log.info({ event: "quiet", fields: { n: 2 } });
    expect(text.lines()).toEqual([]);
    expect(JSON.parse(json.lines()[0] ?? "")).toMatchObject({ event: "quiet", n: 2 });
  });
});
