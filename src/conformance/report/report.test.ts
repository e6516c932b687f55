/** Why: what a shim prints ends up in reports that other programs read, and people open. */
import { describe, expect, it } from "vitest";
import { cases } from "../cases/index.ts";
import type { Result } from "../run/lane.ts";
import type { Run } from "../run/run.ts";
import { htmlReport } from "./html.ts";
import { jsonReport } from "./json.ts";
import { junitReport } from "./junit.ts";
import { Progress } from "./progress.ts";
import { summary } from "./summary.ts";

const evil = `<script>&"'\u0000\u001b[2J\u202e]]>\ud800`;

function resultOf(outcome: Result["outcome"], at: number): Result {
  const one = cases[at];
  if (one === undefined) throw new Error("there are cases");
  return {
    case: one,
    outcome,
    behaviour: outcome === "passed" ? true : outcome === "failed" ? false : undefined,
    close: outcome === "passed" || outcome === "failed" ? true : undefined,
    faults: outcome === "failed" ? [{ aspect: "behaviour", expected: "alert:5", got: evil }] : [],
    transcript: [`the shim printed ${evil}`],
    took: 1_234,
    ...(outcome === "skipped" ? { reason: `because ${evil}` } : {}),
  };
}

const run: Run = {
  command: `shim ${evil}`,
  results: (["passed", "failed", "unsupported", "skipped"] as const).map(resultOf),
  took: 5_000,
  started: new Date("2026-01-02T03:04:05Z"),
};
const failedCase = run.results[1]?.case;

/** No character that XML 1.0 does not have, or that acts on who looks at it. */
const clean =
  /^[\n\r\t\u0020-\u007e\u00a0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufffd]*$/;

describe("JUnit's report", () => {
  const xml = junitReport(run);

  it("counts what is not supported as an error, and never as a pass", () => {
    expect(xml).toContain(
      '<testsuites name="hawser conformance" tests="4" failures="1" errors="1" skipped="1"',
    );
    expect(xml.match(/<testcase [^>]*\/>/g)).toHaveLength(1);
    expect(xml.match(/<error type="unsupported"/g)).toHaveLength(1);
    expect(xml.match(/<skipped message="because &lt;script/g)).toHaveLength(1);
  });

  it("is well-formed whatever a shim printed", () => {
    expect(xml).toMatch(clean);
    const open: string[] = [];
    for (const [, end, name = "", self] of xml.matchAll(/<(\/?)([a-z]+)(?:\s+[a-z]+="[^"<]*")*\s*(\/?)>/g)) {
      if (end === "/") expect(open.pop()).toBe(name);
      else if (self !== "/") open.push(name);
    }
    expect(open).toEqual([]);
    const text = xml.replace(/<\?xml[^>]*\?>|<\/?[a-z]+(?:\s+[a-z]+="[^"<]*")*\s*\/?>/g, "");
    expect(text).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|#39);)/);
  });

  it("says what was expected, what came, and what is required", () => {
    expect(xml).toContain("expected alert:5, got &lt;script&gt;");
    expect(xml).toContain(`${failedCase?.requirements[0]}  `);
  });
});

describe("the other reports", () => {
  it("JSON has both grades, and nothing is lost", () => {
    const { counts, cases: rows } = JSON.parse(jsonReport(run));
    expect(counts).toEqual({ passed: 1, failed: 1, unsupported: 1, skipped: 1 });
    expect(rows[1]).toMatchObject({ id: failedCase?.id, behaviour: "failed", close: "passed" });
    expect(rows[2]).toMatchObject({ outcome: "unsupported", behaviour: "not graded" });
    expect(rows[1].faults[0].got).toBe(evil);
  });

  it("HTML has nothing of a shim's in its markup, and loads nothing", () => {
    const html = htmlReport(run);
    expect(html).toMatch(clean);
    expect(html).not.toMatch(/<script|\bsrc=|\bhref=|url\(/);
    expect(html).toContain("1 passed, 1 failed, 1 not supported, 1 skipped");
  });

  it("the summary has nothing that a terminal obeys", () => {
    const text = summary(run);
    expect(text).toMatch(clean);
    expect(text).toContain(`FAILED ${failedCase?.id}`);
    expect(text).toContain("right in behaviour: 1 of 2; in how the transport was ended: 2 of 2");
    expect(text).toContain("Not supported (code 89), and so not passed:");
  });
});

describe("progress", () => {
  const told = (isTTY: boolean): string => {
    let text = "";
    const progress = new Progress({ isTTY, columns: 60, write: (more) => (text += more) }, 4);
    for (const [i, result] of run.results.entries()) progress.result(result, i + 1);
    progress.end();
    return text;
  };

  it("is plain lines where there is no terminal", () => {
    expect(told(false)).toMatch(clean);
    expect(
      told(false)
        .split("\n")
        .filter((line) => line.startsWith("4/4")),
    ).toEqual(["4/4, 1 failed"]);
  });

  it("is one line that goes away on a terminal", () => {
    expect(told(true).endsWith("\r\u001b[2K")).toBe(true);
    expect(told(true).split("\n")).toHaveLength(2);
  });
});
