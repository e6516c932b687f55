/**
 * Why: a suite that draws its own seed, or is out of reach of `HAWSER_RUNS`, can't be run again as it was, nor longer.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fc } from "@fast-check/vitest";
import { expect, it } from "vitest";
import { runs, runsFactor, seed } from "./seed.ts";

const root = join(import.meta.dirname, "..");

it("every worker has the common seed and number of runs", () => {
  expect(fc.readConfigureGlobal()).toMatchObject({ seed, numRuns: runs(100) });
});

it("numbers of runs are multiplied and never none", () => {
  expect([runs(7), runs(1)]).toEqual([
    Math.max(1, Math.round(7 * runsFactor)),
    Math.max(1, Math.round(runsFactor)),
  ]);
});

it("no suite names a number of runs or a seed in digits", () => {
  const files = ["src", "properties", "spec", "fuzz", "scripts"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  );
  const suites = files.filter((path) => path.endsWith(".ts"));
  expect(suites).toContain("properties/setup.test.ts");
  const literal = /\b(?:numRuns|seed): *-?\d/;
  expect(suites.filter((path) => literal.test(readFileSync(join(root, path), "utf8")))).toEqual([]);
});
