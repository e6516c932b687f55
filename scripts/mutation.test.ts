/**
 * Why: a gate that counts wrongly lets through what it is there to stop, and a list of exceptions rots unless something
 * notices. The mutation run itself is too long for every change; what judges it is not.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readExplained, thresholds } from "./mutation.ts";
import { changedLines } from "./mutation-changed.ts";
import {
  compact,
  type Explained,
  identityOf,
  type Mutant,
  type MutationReport,
  outdated,
  type Status,
  scoreOf,
  survivorsOf,
  unexplained,
} from "./mutation-report.ts";
import { root } from "./spec.ts";

const source = "const a = 1;\n  return a < 2 ? go() : stop();\n";

function mutant(status: Status, more: Partial<Mutant> = {}): Mutant {
  return {
    id: "1",
    mutatorName: "EqualityOperator",
    replacement: "a <= 2",
    location: { start: { line: 2, column: 10 }, end: { line: 2, column: 15 } },
    status,
    statusReason: "expected /somewhere/build to be",
    coveredBy: ["7", "8"],
    ...(status === "Killed" ? { killedBy: ["8"] } : {}),
    ...more,
  };
}

function reportOf(files: Readonly<Record<string, readonly Mutant[]>>): MutationReport {
  return {
    schemaVersion: "1.0",
    thresholds: {},
    files: Object.fromEntries(
      Object.entries(files).map(([file, mutants]) => [file, { language: "typescript", source, mutants }]),
    ),
    testFiles: { "src/a.test.ts": { source: "it()", tests: [{ id: "8", name: "a test" }] } },
  };
}

const explained: Explained = {
  file: "src/keys/a.ts",
  line: "return a < 2 ? go() : stop();",
  code: "a < 2",
  becomes: "a <= 2",
  reason: "a is never 2",
};

describe("the score", () => {
  const report = reportOf({
    "src/keys/a.ts": [mutant("Killed"), mutant("Timeout"), mutant("Survived"), mutant("NoCoverage")],
    "src/protocol/b.ts": [
      mutant("Killed"),
      mutant("Ignored"),
      mutant("RuntimeError"),
      mutant("CompileError"),
    ],
  });

  it("counts what was noticed of what could be", () => {
    expect(scoreOf(report, "src/keys/")).toEqual({ detected: 2, survived: 2, percent: 50 });
    expect(scoreOf(report, "src/protocol/")).toEqual({ detected: 1, survived: 0, percent: 100 });
    expect(scoreOf(report, "src/")).toEqual({ detected: 3, survived: 2, percent: 60 });
  });

  it("has to be 95 % in src/protocol and 90 % over all", () => {
    expect(thresholds).toEqual([
      ["src/protocol/", 95],
      ["src/", 90],
    ]);
  });
});

describe("a survivor", () => {
  const report = reportOf({ "src/keys/a.ts": [mutant("Survived"), mutant("Killed")] });
  const survivors = survivorsOf(report, () => true);

  it("is named by the text it changes, not by a number that the next edit moves", () => {
    const { reason: _reason, ...identity } = explained;
    expect(survivors).toEqual([{ ...identity, at: 2 }]);
    const block = mutant("Survived", {
      replacement: "{\n}",
      location: { start: { line: 1, column: 7 }, end: { line: 2, column: 3 } },
    });
    expect(identityOf("f", source, block)).toMatchObject({ code: "a = 1;", becomes: "{" });
  });

  it("is open unless it is explained, to the letter", () => {
    expect(unexplained(survivors, [explained])).toEqual([]);
    for (const other of [{ file: "src/keys/b.ts" }, { line: "x" }, { code: "x" }, { becomes: "x" }]) {
      expect(unexplained(survivors, [{ ...explained, ...other }])).toHaveLength(1);
    }
  });

  it("that is explained has to survive, as often as it says", () => {
    expect(outdated(report, [explained])).toEqual([]);
    expect(outdated(report, [{ ...explained, times: 2 }])).toHaveLength(1);
    expect(outdated(report, [{ ...explained, becomes: "a > 2" }])).toHaveLength(1);
    expect(outdated(reportOf({ "src/keys/a.ts": [mutant("Killed")] }), [explained])).toHaveLength(1);
    // Its file has not been run.
    expect(outdated(reportOf({}), [explained])).toEqual([]);
  });
});

describe("the report that is checked in", () => {
  const text = compact(reportOf({ "src/b.ts": [mutant("Killed")], "src/a.ts": [mutant("Survived")] }));
  const read = JSON.parse(text) as MutationReport;

  it("keeps what the next run needs: who killed a mutant, and whom a survivor was shown to", () => {
    expect(read.files["src/b.ts"]?.mutants[0]).toMatchObject({ status: "Killed", killedBy: ["8"] });
    expect(read.files["src/b.ts"]?.mutants[0]?.coveredBy).toBeUndefined();
    expect(read.files["src/a.ts"]?.mutants[0]).toMatchObject({ status: "Survived", coveredBy: ["7", "8"] });
    expect(read.files["src/a.ts"]?.source).toBe(source);
    expect(read.testFiles).toEqual(reportOf({}).testFiles);
  });

  it("says nothing of the machine, in an order of its own, a mutant a line", () => {
    expect(text).not.toContain("somewhere");
    expect(Object.keys(read.files)).toEqual(["src/a.ts", "src/b.ts"]);
    expect(text.split("\n").filter((line) => line.includes("mutatorName"))).toHaveLength(2);
    expect(compact(read)).toBe(text);
  });
});

describe("the changed lines", () => {
  const diff = (file: string, hunks: string) => `--- a/${file}\n+++ b/${file}\n${hunks}\n`;

  it("are those of the new side, of mutated files", () => {
    expect(
      changedLines(
        diff("src/keys/a.ts", "@@ -1 +2 @@ f\n+x\n@@ -5,2 +7,3 @@\n+x\n@@ -9,2 +10,0 @@\n-x") +
          diff("src/keys/a.test.ts", "@@ -1 +1 @@\n+x") +
          diff("src/net/a.ts", "@@ -1 +1 @@\n+x") +
          diff("src/protocol/machine/table.ts", "@@ -1 +1 @@\n+x") +
          diff("src/protocol/noise/b.ts", "@@ -0,0 +1,9 @@\n+x") +
          "--- a/src/crypto/gone.ts\n+++ /dev/null\n@@ -1,3 +0,0 @@\n-x\n",
      ),
    ).toEqual([
      { file: "src/keys/a.ts", from: 2, to: 2 },
      { file: "src/keys/a.ts", from: 7, to: 9 },
      { file: "src/protocol/noise/b.ts", from: 1, to: 9 },
    ]);
  });
});

describe("mutation/survivors.json", () => {
  it.each(readExplained())("$file: $code for $becomes is still there, with a reason", (one) => {
    expect(existsSync(join(root, one.file))).toBe(true);
    const lines = readFileSync(join(root, one.file), "utf8").split("\n");
    expect(lines.map((line) => line.trim())).toContain(one.line);
    expect(one.line).toContain(one.code);
    expect(one.reason.length).toBeGreaterThan(20);
  });
});
