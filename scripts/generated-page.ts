import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./source-docs.ts";

/** A page as it lies there; `""` where there is none. */
export function pageAsItIs(path: string): string {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** What a generator of one page does as a program: writes it, or with `--check` says that it is out of date, by exit 1. */
export function keepPage(path: string, text: string, generator: string): void {
  if (pageAsItIs(path) === text) return;
  if (process.argv.includes("--check")) {
    console.error(`out of date: ${path} (run \`npx tsx ${generator}\`)`);
    process.exitCode = 1;
    return;
  }
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}
