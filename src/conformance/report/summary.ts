import { requirementTexts } from "../requirements.ts";
import type { Result } from "../run/lane.ts";
import { countOutcomes, type Run } from "../run/run.ts";
import { plainText } from "./escape.ts";

/** A run for people: every failure in full, then what there was. */
export function summary(run: Run): string {
  const { results, took, command } = run;
  const counts = countOutcomes(results);
  const of = (outcome: Result["outcome"]) => results.filter((result) => result.outcome === outcome);
  const grade = (name: "behaviour" | "close") => {
    const graded = results.filter((result) => result[name] !== undefined);
    return `${graded.filter((result) => result[name]).length} of ${graded.length}`;
  };
  return plainText(
    [
      ...of("failed").map(failure),
      ...section("Not supported (code 89), and so not passed:", of("unsupported"), ({ case: one }) => one.id),
      ...section("Skipped:", of("skipped"), ({ case: one, reason }) => `${one.id}: ${reason}`),
      `${results.length} cases against ${command} in ${(took / 1_000).toFixed(1)} s`,
      `  passed         ${counts.passed}`,
      `  failed         ${counts.failed}`,
      `  not supported  ${counts.unsupported}`,
      `  skipped        ${counts.skipped}`,
      `  right in behaviour: ${grade("behaviour")}; in how the transport was ended: ${grade("close")}`,
      "",
    ].join("\n"),
  );
}

function section(title: string, results: readonly Result[], line: (result: Result) => string): string[] {
  return results.length === 0 ? [] : [title, ...results.map((result) => `  ${line(result)}`), ""];
}

/** What was sent, expected and got, and what the specification says of it. */
export function failure({ case: one, faults, transcript }: Result): string {
  return [
    `FAILED ${one.id}`,
    ...faults.flatMap(({ aspect, expected, got }) => [
      `  ${aspect === "close" ? "end of the transport" : "behaviour"}`,
      `    expected  ${expected}`,
      `    got       ${got}`,
    ]),
    "  what happened",
    ...transcript.map((line) => `    ${line.length > 400 ? `${line.slice(0, 400)}…` : line}`),
    "  what is required",
    ...one.requirements.map((id) => `    ${id}  ${requirementTexts[id] ?? ""}`),
    "",
  ].join("\n");
}
