/**
 * npm run mutation: StrykerJS over src/protocol, src/crypto and src/keys, from what mutation/incremental.json knows; then
 * the scores. More arguments go to StrykerJS (`-- --mutate src/keys/text.ts`, `-- --force`).
 * npm run mutation:changed: over the lines that differ from main (MUTATION_BASE), within half an hour.
 * npm run mutation:score: what the last run found, without another.
 *
 * Each fails for a survivor that mutation/survivors.json does not explain, and for an explanation that no longer fits; the
 * whole also below the scores wanted, and for a MUST whose code was broken and nobody noticed (scripts/traceability.ts).
 */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { changedAgainst } from "./mutation-changed.ts";
import {
  compact,
  type Explained,
  incrementalFile,
  type Mutant,
  type MutationReport,
  outdated,
  readReport,
  scoreOf,
  survivorsOf,
  unexplained,
} from "./mutation-report.ts";
import { root } from "./spec.ts";
import { gaps, readExceptions, readSources } from "./traceability.ts";

/** What has to be killed, of a hundred. */
export const thresholds: readonly (readonly [prefix: string, percent: number])[] = [
  ["src/protocol/", 95],
  ["src/", 90],
];

export function readExplained(): Explained[] {
  return JSON.parse(readFileSync(join(root, "mutation", "survivors.json"), "utf8")) as Explained[];
}

function stryker(args: readonly string[], timeout?: number): boolean {
  const bin = join(root, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
  const { status, error } = spawnSync(process.execPath, [bin, "run", ...args], {
    cwd: root,
    stdio: "inherit",
    ...(timeout === undefined ? {} : { timeout }),
  });
  if (error !== undefined) console.error(`mutation: ${error.message}`);
  if (status !== 0) return false;
  writeFileSync(incrementalFile, compact(readReport()));
  return true;
}

/** The folders of the mutated files, those directly under src/ first. */
function foldersOf(report: MutationReport): string[] {
  const files = Object.keys(report.files);
  const depth = (count: number) =>
    files.map((file) => `${file.split("/").slice(0, -1).slice(0, count).join("/")}/`);
  return [...new Set(["src/", ...depth(2), ...depth(3)])].toSorted();
}

function printScores(report: MutationReport): void {
  console.log(`${"mutated".padEnd(26)}  detected  survived   score`);
  for (const folder of foldersOf(report)) {
    const { detected, survived, percent } = scoreOf(report, folder);
    const numbers = [
      String(detected).padStart(8),
      String(survived).padStart(8),
      `${percent.toFixed(1)} %`.padStart(7),
    ];
    console.log(`${folder.padEnd(26)}  ${numbers.join("  ")}`);
  }
}

/** Says what is wrong; whether nothing is. */
function judge(report: MutationReport, concerns: (file: string, mutant: Mutant) => boolean): boolean {
  const explanations = readExplained();
  const open = unexplained(survivorsOf(report, concerns), explanations);
  for (const { file, at, code, becomes, line } of open) {
    console.error(
      `mutation: survived, ${file}:${at}: ${JSON.stringify(code)} became ${JSON.stringify(becomes)} in\n  ${line}`,
    );
  }
  const stale = outdated(report, explanations);
  for (const { file, line, code, becomes } of stale) {
    console.error(
      `mutation: mutation/survivors.json explains in ${file} what does not survive, or not so often: ${JSON.stringify(code)} for ${JSON.stringify(becomes)} in\n  ${line}`,
    );
  }
  return open.length === 0 && stale.length === 0;
}

function judgeAll(): boolean {
  const report = readReport();
  printScores(report);
  let good = judge(report, () => true);
  for (const [prefix, wanted] of thresholds) {
    const { percent } = scoreOf(report, prefix);
    if (percent >= wanted) continue;
    console.error(`mutation: ${prefix} has ${percent.toFixed(1)} %, and has to have ${wanted} %`);
    good = false;
  }
  for (const gap of gaps(readSources(), readExceptions())) {
    console.error(`mutation: ${gap}`);
    good = false;
  }
  return good;
}

function runChanged(): boolean {
  const changes = changedAgainst(process.env["MUTATION_BASE"] || "main");
  if (changes.length === 0) {
    console.log("mutation: no mutated source has changed");
    return true;
  }
  const ranges = changes.map(({ file, from, to }) => `${file}:${from}-${to}`);
  if (!stryker(["--mutate", ranges.join(",")], 30 * 60_000)) return false;
  return judge(readReport(), (file, { location }) =>
    changes.some(
      (change) =>
        change.file === file && location.start.line >= change.from && location.end.line <= change.to,
    ),
  );
}

function main(): void {
  const [what, ...more] = process.argv.slice(2);
  const good =
    what === "score" ? judgeAll() : what === "changed" ? runChanged() : stryker(more) && judgeAll();
  process.exitCode = good ? 0 : 1;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
