import { countOutcomes, type Run } from "../run/run.ts";

/** A run for programs. Times are milliseconds, the start ISO 8601. */
export function jsonReport(run: Run): string {
  const cases = run.results.map(
    ({ case: one, outcome, behaviour, close, faults, transcript, took, reason }) => ({
      id: one.id,
      role: one.role,
      state: one.state,
      misbehaviour: one.misbehaviour,
      requirements: one.requirements,
      outcome,
      behaviour: grade(behaviour),
      close: grade(close),
      took: Math.round(took),
      ...(reason === undefined ? {} : { reason }),
      faults,
      ...(outcome === "failed" ? { transcript } : {}),
    }),
  );
  const { command, started, took, results } = run;
  const report = {
    command,
    started: started.toISOString(),
    took: Math.round(took),
    counts: countOutcomes(results),
    cases,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

export function grade(isRight: boolean | undefined): "passed" | "failed" | "not graded" {
  if (isRight === undefined) return "not graded";
  return isRight ? "passed" : "failed";
}
