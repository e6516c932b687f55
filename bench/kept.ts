import { readFileSync } from "node:fs";
import { ArgumentError } from "./arguments.ts";
import { format, type Results } from "./results.ts";

/** What `--json` has kept in a file. @throws ArgumentError for what an earlier version of the benchmarks has */
export function kept<R extends Results>(file: string): R {
  const results = JSON.parse(readFileSync(file, "utf8")) as R;
  if (results.format === format) return results;
  throw new ArgumentError(
    `--from ${file}: its figures are of format ${String(results.format)}, and this is ${format}: measure anew`,
  );
}
