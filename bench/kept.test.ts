import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ArgumentError } from "./arguments.ts";
import { kept } from "./kept.ts";
import { format } from "./results.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hawser-results-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function fileOf(results: object): string {
  const file = join(folder, "figures.json");
  writeFileSync(file, JSON.stringify(results));
  return file;
}

it("takes figures from a file", () => {
  expect(kept(fileOf({ format, samples: [] }))).toEqual({ format, samples: [] });
});

it.each([[{ format: 1 }, "format 1"] as const, [{}, "format undefined"] as const])(
  "refuses those that an earlier version has kept: %j",
  (results, words) => {
    const read = () => kept(fileOf(results));
    expect(read).toThrow(ArgumentError);
    expect(read).toThrow(words);
  },
);
