import type { Result } from "../run/lane.ts";
import { countOutcomes, type Run } from "../run/run.ts";
import { escaped } from "./escape.ts";
import { failure } from "./summary.ts";

/** A run as JUnit's XML, a suite for each role and state. What is not supported is an error there, never a pass. */
export function junitReport(run: Run): string {
  const suites = new Map<string, Result[]>();
  for (const result of run.results) {
    const name = `${result.case.role}/${result.case.state}`;
    suites.set(name, [...(suites.get(name) ?? []), result]);
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="hawser conformance" ${totals(run.results, run.took)}>`,
    ...[...suites].flatMap(([name, results]) => {
      const took = results.reduce((sum, result) => sum + result.took, 0);
      return [
        `  <testsuite name="${escaped(name)}" timestamp="${run.started.toISOString()}" ${totals(results, took)}>`,
        ...results.flatMap(testCase),
        "  </testsuite>",
      ];
    }),
    "</testsuites>",
    "",
  ].join("\n");
}

function totals(results: readonly Result[], took: number): string {
  const { failed, unsupported, skipped } = countOutcomes(results);
  return `tests="${results.length}" failures="${failed}" errors="${unsupported}" skipped="${skipped}" time="${seconds(took)}"`;
}

const seconds = (ms: number) => (ms / 1_000).toFixed(3);

function testCase(result: Result): string[] {
  const { case: one, outcome, faults, took, reason } = result;
  const start = `    <testcase classname="${escaped(`${one.role}.${one.state}`)}" name="${escaped(one.id)}" time="${seconds(took)}"`;
  switch (outcome) {
    case "passed":
      return [`${start}/>`];
    case "skipped":
      return [`${start}>`, `      <skipped message="${escaped(reason ?? "")}"/>`, "    </testcase>"];
    case "unsupported":
      return [
        `${start}>`,
        '      <error type="unsupported" message="not supported (code 89)"/>',
        "    </testcase>",
      ];
    case "failed": {
      const [fault] = faults;
      const message = fault === undefined ? "" : `expected ${fault.expected}, got ${fault.got}`;
      const type = fault?.aspect ?? "behaviour";
      return [
        `${start}>`,
        `      <failure type="${type}" message="${escaped(message)}">${escaped(failure(result))}</failure>`,
        "    </testcase>",
      ];
    }
  }
}
