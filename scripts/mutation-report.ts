/**
 * What StrykerJS reports (the mutation testing report schema, version 2), as far as it is read here: kept small enough to
 * be checked in, counted, and held against the list of survivors that are explained.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./spec.ts";

/** What the last run found, and the next one continues from. */
export const incrementalFile = join(root, "mutation", "incremental.json");

export function readReport(): MutationReport {
  return JSON.parse(readFileSync(incrementalFile, "utf8")) as MutationReport;
}

export type Status =
  | "Killed"
  | "Timeout"
  | "Survived"
  | "NoCoverage"
  | "RuntimeError"
  | "CompileError"
  | "Ignored"
  | "Pending";

/** Lines and columns begin with 1; the end is the place after the last character. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Mutant {
  readonly id: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: Place; readonly end: Place };
  readonly status: Status;
  readonly statusReason?: string;
  readonly static?: boolean;
  readonly coveredBy?: readonly string[];
  readonly killedBy?: readonly string[];
}

export interface MutatedFile {
  readonly language: string;
  readonly source: string;
  readonly mutants: readonly Mutant[];
}

export interface TestFile {
  readonly source?: string;
  readonly tests: readonly { readonly id: string; readonly name: string }[];
}

export interface MutationReport {
  readonly schemaVersion: string;
  readonly thresholds: object;
  readonly files: Readonly<Record<string, MutatedFile>>;
  readonly testFiles?: Readonly<Record<string, TestFile>>;
}

/** A mutant that no test notices, and why none has to. */
export interface Explained {
  readonly file: string;
  /** The line on which the mutated code begins, without the spaces around it. */
  readonly line: string;
  /** The mutated code as it stands there; of several lines the first. */
  readonly code: string;
  /** What the mutant has in its place; of several lines the first. */
  readonly becomes: string;
  /** How many mutants the above fits; 1 unless it says otherwise. */
  readonly times?: number;
  readonly reason: string;
}

type Identity = Pick<Explained, "file" | "line" | "code" | "becomes">;

/** A survivor as the list of explanations would name it. */
export function identityOf(file: string, source: string, { location, replacement = "" }: Mutant): Identity {
  const { start, end } = location;
  const line = source.split("\n")[start.line - 1] ?? "";
  const code = line.slice(start.column - 1, end.line === start.line ? end.column - 1 : undefined);
  return { file, line: line.trim(), code, becomes: replacement.split("\n")[0] ?? "" };
}

export interface Score {
  readonly detected: number;
  readonly survived: number;
  /** Of a hundred; 100 where there is nothing to detect. */
  readonly percent: number;
}

export function isDetected({ status }: Mutant): boolean {
  return status === "Killed" || status === "Timeout";
}

export function isUndetected({ status }: Mutant): boolean {
  return status === "Survived" || status === "NoCoverage";
}

/** The score of all files whose path begins so. A mutant that could not run, or is ignored, counts on neither side. */
export function scoreOf(report: MutationReport, prefix: string): Score {
  const mutants = Object.entries(report.files).flatMap(([file, { mutants }]) =>
    file.startsWith(prefix) ? mutants : [],
  );
  const detected = mutants.filter(isDetected).length;
  const survived = mutants.filter(isUndetected).length;
  const all = detected + survived;
  return { detected, survived, percent: all === 0 ? 100 : (100 * detected) / all };
}

/** The survivors in files that `concerns` holds for. */
export function survivorsOf(
  report: MutationReport,
  concerns: (file: string, mutant: Mutant) => boolean,
): (Identity & { readonly at: number })[] {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter((mutant) => isUndetected(mutant) && concerns(file, mutant))
      .map((mutant) => ({ ...identityOf(file, source, mutant), at: mutant.location.start.line })),
  );
}

function keyOf({ file, line, code, becomes }: Identity): string {
  return JSON.stringify([file, line, code, becomes]);
}

/**
 * Survivors that the list doesn't explain, and explanations that fit another number of survivors than they say.
 * An explanation is judged only where its file has been run.
 */
export function unexplained<T extends Identity>(
  survivors: readonly T[],
  explanations: readonly Explained[],
): T[] {
  const known = new Set(explanations.map(keyOf));
  return survivors.filter((survivor) => !known.has(keyOf(survivor)));
}

export function outdated(report: MutationReport, explanations: readonly Explained[]): Explained[] {
  const counts = new Map<string, number>();
  for (const survivor of survivorsOf(report, () => true)) {
    counts.set(keyOf(survivor), (counts.get(keyOf(survivor)) ?? 0) + 1);
  }
  return explanations.filter(
    (one) => report.files[one.file] !== undefined && (counts.get(keyOf(one)) ?? 0) !== (one.times ?? 1),
  );
}

/**
 * The report without what the next incremental run does not need: which tests a killed mutant was covered by beside those that
 * killed it, a failed test's words, this machine's settings. A mutant or test is one line, so that a change can be read.
 */
export function compact({ schemaVersion, files, testFiles = {} }: MutationReport): string {
  const mutantText = (mutant: Mutant) => {
    const { id, mutatorName, replacement, location, status, coveredBy, killedBy } = mutant;
    return JSON.stringify({
      id,
      mutatorName,
      replacement,
      location,
      status,
      ...(mutant.static === true ? { static: true } : {}),
      ...(status === "Killed"
        ? { killedBy }
        : isUndetected(mutant) || isDetected(mutant)
          ? { coveredBy }
          : {}),
    });
  };
  const sorted = <T>(record: Readonly<Record<string, T>>) =>
    Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const fileTexts = sorted(files).map(([name, { language, source, mutants }]) => {
    const lines = mutants.map((mutant) => mutantText(mutant)).join(",\n");
    return `${JSON.stringify(name)}:{"language":${JSON.stringify(language)},"source":${JSON.stringify(source)},"mutants":[\n${lines}\n]}`;
  });
  const testTexts = sorted(testFiles).map(([name, { source, tests }]) => {
    const lines = tests.map(({ id, name }) => JSON.stringify({ id, name })).join(",\n");
    const start = source === undefined ? "" : `"source":${JSON.stringify(source)},`;
    return `${JSON.stringify(name)}:{${start}"tests":[\n${lines}\n]}`;
  });
  const head = `"schemaVersion":${JSON.stringify(schemaVersion)},"thresholds":{"high":95,"low":90}`;
  return `{${head},\n"files":{\n${fileTexts.join(",\n")}\n},\n"testFiles":{\n${testTexts.join(",\n")}\n}}\n`;
}
