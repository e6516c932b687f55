/** Which lines of the mutated sources a change touches, as StrykerJS's `--mutate` takes them. */

import { spawnSync } from "node:child_process";
import { root } from "./spec.ts";

export interface ChangedLines {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

const mutated = /^src\/(?:protocol|crypto|keys)\/(?!.*\.test\.ts$).*\.ts$/;
/** Generated, or held to the specification cell by cell, as in stryker.config.mjs. */
const tables: readonly string[] = [
  "src/protocol/machine/table.ts",
  "src/protocol/record/alert-codes.ts",
  "src/protocol/transfer/hand-over-table.ts",
];

/** Whether StrykerJS mutates a file, by its path from the root. */
export function isMutated(path: string): boolean {
  return mutated.test(path) && !tables.includes(path);
}

/** The new side's lines in a diff without context (`git diff --unified=0`). Where lines only went, there are none. */
export function changedLines(diff: string): ChangedLines[] {
  const changes: ChangedLines[] = [];
  let file: string | undefined;
  for (const line of diff.split("\n")) {
    const name = /^\+\+\+ (?:b\/(.*)|\/dev\/null)$/.exec(line);
    if (name !== null) file = name[1];
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk === null || file === undefined || !isMutated(file)) continue;
    const from = Number(hunk[1]);
    const count = Number(hunk[2] ?? 1);
    if (count > 0) changes.push({ file, from, to: from + count - 1 });
  }
  return changes;
}

function git(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("git", args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** What the working tree changes against the commit at which it left `base`. */
export function changedAgainst(base: string): ChangedLines[] {
  const origin = git("merge-base", base, "HEAD").trim();
  return changedLines(git("diff", "--unified=0", "--no-color", "--no-ext-diff", origin, "--", "src"));
}
