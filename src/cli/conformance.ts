import { readFile } from "node:fs/promises";
import {
  cases,
  chosen,
  countOutcomes,
  htmlReport,
  jsonReport,
  junitReport,
  Progress,
  parseSkips,
  type Run,
  runCases,
  type Skips,
  summary,
} from "../conformance/index.ts";
import { CommandError, usageError } from "./errors.ts";
import { print } from "./output.ts";
import type { Surroundings } from "./surroundings.ts";

export interface ConformanceOptions {
  readonly exec?: string;
  readonly role?: "client" | "server" | "both";
  readonly filter?: readonly string[];
  readonly report?: "junit" | "json" | "html";
  readonly skips?: string;
  readonly lanes?: string;
  readonly patience?: string;
}

const reports = { junit: junitReport, json: jsonReport, html: htmlReport } as const;

/**
 * `hawser conformance`: progress on standard error, and at the end the summary on standard output; with a report the report
 * takes its place there.
 *
 * @throws CommandError ERR_HAWSER_USAGE; ERR_HAWSER_CONFORMANCE when not every case passed
 */
export async function conformance(
  options: ConformanceOptions,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<void> {
  const { exec, role = "both", filter = [], report } = options;
  if (exec === undefined) throw usageError("--exec is missing: the command that starts the shim");
  const lanes = whole("--lanes", options.lanes ?? "2", 64);
  const patience = 1_000 * whole("--patience", options.patience ?? "5", 600);
  const toPlay = chosen(cases, role, filter);
  if (toPlay.length === 0) throw usageError("no case has that identifier or requirement, and role");
  const skips = await readSkips(options.skips);
  const { stderr } = surroundings;
  const progress = new Progress(stderr, toPlay.length);
  let run: Run;
  try {
    run = await runCases({
      ...{ command: exec, cases: toPlay, skips, lanes, patience, signal },
      onResult: (result, done) => progress.result(result, done),
    });
  } finally {
    progress.end();
  }
  if (report === undefined) {
    await print(surroundings, summary(run));
  } else {
    stderr.write(summary(run));
    await print(surroundings, reports[report](run));
  }
  const { failed, unsupported } = countOutcomes(run.results);
  if (failed + unsupported > 0)
    throw new CommandError(
      "ERR_HAWSER_CONFORMANCE",
      `Not every case passed: ${failed} failed, ${unsupported} are not supported.`,
    );
}

async function readSkips(path: string | undefined): Promise<Skips> {
  if (path === undefined) return new Map();
  try {
    return parseSkips(await readFile(path, "utf8"), cases);
  } catch (error) {
    throw usageError(`--skips ${path}: ${(error as Error).message}`);
  }
}

function whole(name: string, text: string, most: number): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) throw usageError(`${name} is a number from 1 to ${most}`);
  return value;
}
