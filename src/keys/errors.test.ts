/** Why: programs branch on codes and people paste the commands of messages into shells. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { KEY_ERRORS, KeyError, showPath } from "./errors.ts";

describe("errors of keys", () => {
  it.each(["spec/keys.md", "docs/guides/keys.md"])("%s lists every code, and no other", (path) => {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    const listed = [...text.matchAll(/^\| `(ERR_HAWSER_[A-Z_]+)` \| (.*?) \|/gm)].map(([, code, when]) => [
      code,
      when,
    ]);
    expect(listed).toEqual(Object.entries(KEY_ERRORS));
  });

  it("say the place before the reason, and keep the cause when they are given one", () => {
    const cause = new Error("system");
    const error = new KeyError("ERR_HAWSER_KEY_LENGTH", "too short", { line: 3 }, { cause }).at({
      path: "/a b",
    });
    expect(error).toMatchObject({
      name: "KeyError",
      code: "ERR_HAWSER_KEY_LENGTH",
      message: "'/a b':3: too short",
      path: "/a b",
      line: 3,
      cause,
    });
    expect(new KeyError("ERR_HAWSER_KEY_EMPTY", "nothing").at({ path: "-" }).message).toBe(
      "standard input: nothing",
    );
    expect("cause" in new KeyError("ERR_HAWSER_KEY_EMPTY", "nothing").at({ line: 1 })).toBe(false);
  });

  it("have a place only where they are given one, and lose none that they had", () => {
    const bare = new KeyError("ERR_HAWSER_KEY_EMPTY", "nothing");
    expect(bare.message).toBe("nothing");
    expect([bare.path, bare.line]).toEqual([undefined, undefined]);
    const atLine = bare.at({ line: 3 });
    expect(atLine.message).toBe("line 3: nothing");
    expect(atLine.path).toBeUndefined();
    const inFile = bare.at({ path: "/a" });
    expect(inFile.line).toBeUndefined();
    expect(inFile.at({ line: 3 })).toMatchObject({ message: "/a:3: nothing", path: "/a", line: 3 });
    expect(atLine.at({ path: "/a" })).toMatchObject({ message: "/a:3: nothing", path: "/a", line: 3 });
  });

  it("escape a path's characters by as many digits as their numbers take", () => {
    expect(showPath("\x7f\x80")).toBe("$'\\x7f\\u0080'");
    expect(showPath("\uffff\u{f0000}")).toBe("$'\\uffff\\U000f0000'");
  });

  it.each([
    ["/etc/hawser/key.txt", "/etc/hawser/key.txt"],
    ["a b", "'a b'"],
    ["it's", "'it'\\''s'"],
    ["-rf", "./-rf"],
    ["$(reboot)", "'$(reboot)'"],
    ["~/key", "'~/key'"],
    ["schlüssel", "'schlüssel'"],
    ["a\nb", "$'a\\x0ab'"],
    ["a\u202eb'\\", "$'a\\u202eb\\'\\\\'"],
    ["\u{e0001}", "$'\\U000e0001'"],
  ])("KT-036: the path %j is shown as %s", (path, shown) => {
    expect(showPath(path)).toBe(shown);
  });

  it("KT-036: bash reads every shown path as the path", () => {
    for (const path of [
      "a b",
      "it's",
      "a\nb",
      "a\tb\\n'c'",
      '$x`y`"z"',
      "é\u202e\u{e0001}ü",
      "*?[a]",
      "!1",
      "#a",
    ]) {
      const env = { ...process.env, LC_ALL: "C.UTF-8" };
      expect(execFileSync("bash", ["-c", `printf %s ${showPath(path)}`], { encoding: "utf8", env })).toBe(
        path,
      );
    }
  });
});
