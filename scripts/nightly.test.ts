/** Why: a failure that only one random seed has is lost with it, unless the run that saw it says how to see it again. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Report, replays } from "./nightly.ts";
import { root } from "./spec.ts";

type Test = Report["testResults"][number]["assertionResults"][number];

const report = (tests: readonly Test[], more: object = {}): Report => ({
  testResults: [
    {
      name: join(root, "properties", "a.test.ts"),
      status: "failed",
      message: "",
      assertionResults: tests,
      ...more,
    },
  ],
});
const seed = "-7";
const setting = { seed, runs: "10" };

describe("what runs a failed test again", () => {
  it("is one command, with seed, runs and the path to the case", () => {
    const failed = {
      status: "failed",
      ancestorTitles: ["a | b"],
      title: "it's $1 (with seed=-7)",
      failureMessages: [`Error: Property failed\n{ seed: ${seed}, path: "3:0:1", endOnFailure: true }`],
    };
    const [replay] = replays(report([failed, { ...failed, status: "passed" }]), setting);
    expect(replay).toEqual({
      words: "a | b it's $1 (with seed=-7)",
      command:
        "HAWSER_PATH=3:0:1 HAWSER_SEED=-7 HAWSER_RUNS=10 npx vitest run properties/a.test.ts" +
        " -t '^a \\| b it'\\''s \\$1 \\(with seed=-7\\)$'",
    });
    const words = execFileSync("sh", ["-c", `printf '%s\\n' ${replay?.command.split(" -t ")[1]}`])
      .toString()
      .trim();
    expect(new RegExp(words).test(`${failed.ancestorTitles[0]} ${failed.title}`)).toBe(true);
  });

  it("has no path where no property failed, and no title where the file did not load", () => {
    const failed = { status: "failed", ancestorTitles: [], title: "t", failureMessages: ["Error: x"] };
    expect(replays(report([failed]), setting)[0]?.command).toBe(
      "HAWSER_SEED=-7 HAWSER_RUNS=10 npx vitest run properties/a.test.ts -t '^t$'",
    );
    expect(replays(report([], { message: "does not load" }), setting)).toEqual([
      {
        command: "HAWSER_SEED=-7 HAWSER_RUNS=10 npx vitest run properties/a.test.ts",
        words: "does not load",
      },
    ]);
    expect(replays(report([], { status: "passed" }), setting)).toEqual([]);
  });
});
