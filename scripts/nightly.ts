/**
 * npm run test:nightly: every suite with a seed of its own and ten times the runs. HAWSER_SEED and HAWSER_RUNS say
 * otherwise; whatever follows (`-- properties/rekey.test.ts`) goes to vitest. For each test that fails, the one command
 * that runs it again is printed, with the seed and, of a property, the path to the case.
 */

import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./spec.ts";

/** The part of vitest's JSON report that is read. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

export interface Replay {
  readonly command: string;
  readonly words: string;
}

/** An argument as a POSIX shell reads it. */
function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A pattern that fits this text and no other. */
function exactly(text: string): string {
  return `^${text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`;
}

/** The commands that run the failed tests of a report of vitest's again, each once, with what fast-check said of the case. */
export function replays(report: Report, { seed, runs }: { seed: string; runs: string }): Replay[] {
  return report.testResults.flatMap(({ name, assertionResults, message, status }) => {
    const file = relative(root, name);
    const command = (...more: string[]): string =>
      [`HAWSER_SEED=${seed}`, `HAWSER_RUNS=${runs}`, "npx", "vitest", "run", file, ...more]
        .map(quoted)
        .join(" ");
    const failed = assertionResults.filter((test) => test.status === "failed");
    if (failed.length === 0) return status === "failed" ? [{ command: command(), words: message }] : [];
    return failed.map((test) => {
      // Where a property has failed, fast-check's words begin with the seed and the path.
      const path = /path: "([\d:]+)"/.exec(test.failureMessages.join("\n"))?.[1];
      const title = [...test.ancestorTitles, test.title].join(" ");
      return {
        command: (path === undefined ? "" : `HAWSER_PATH=${path} `) + command("-t", exactly(title)),
        words: title,
      };
    });
  });
}

function main(): void {
  const seed = process.env["HAWSER_SEED"] || String(randomInt(-(2 ** 31), 2 ** 31));
  const runs = process.env["HAWSER_RUNS"] || "10";
  const folder = mkdtempSync(join(tmpdir(), "hawser-nightly-"));
  const outputFile = join(folder, "report.json");
  const more = process.argv.slice(2);
  const whole = [`HAWSER_SEED=${seed}`, `HAWSER_RUNS=${runs}`, "npm", "run", "test:nightly"]
    .concat(more.length > 0 ? ["--", ...more] : [])
    .map(quoted)
    .join(" ");
  console.log(`nightly: ${whole}`);
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, "node_modules", "vitest", "vitest.mjs"),
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${outputFile}`,
      ...more,
    ],
    { cwd: root, stdio: "inherit", env: { ...process.env, HAWSER_SEED: seed, HAWSER_RUNS: runs } },
  );
  try {
    const failures = replays(JSON.parse(readFileSync(outputFile, "utf8")) as Report, { seed, runs });
    for (const { command, words } of failures) console.log(`\nnightly: ${words}\n  ${command}`);
  } catch (error) {
    console.error(`nightly: no report (${String(error)}); all of it again: ${whole}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  process.exitCode = status ?? 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
