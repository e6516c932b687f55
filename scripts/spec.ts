/**
 * Generates what follows from `spec/states.json` and `spec/alerts.json`: the tables between marker comments in
 * `spec/*.md`, the total table as a page, the state diagrams, and the two modules of `src/protocol` that are data.
 *
 *     npx tsx scripts/spec.ts            writes what is out of date
 *     npx tsx scripts/spec.ts --check    writes nothing; exit 1 and a list when something is out of date
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { codeFiles } from "./spec-code.ts";
import type { Alerts, States } from "./spec-data.ts";
import { diagramFiles } from "./spec-diagrams.ts";
import { fillMarkers, wholeTable } from "./spec-text.ts";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The two data files of the specification, as they lie in `spec/`. */
export function readData(): { states: States; alerts: Alerts } {
  const json = (name: string): unknown => JSON.parse(readFileSync(join(root, "spec", name), "utf8"));
  return { states: json("states.json") as States, alerts: json("alerts.json") as Alerts };
}

/** Every generated file, by its path from the root, with the text it has to have. */
export async function generate(): Promise<Map<string, string>> {
  const { states, alerts } = readData();
  const markdown = ["alerts.md", "states.md"].map((name): [string, string] => {
    const path = join("spec", name);
    return [path, fillMarkers(readFileSync(join(root, path), "utf8"), states, alerts)];
  });
  return new Map([
    ...codeFiles(states, alerts),
    ...markdown,
    ["spec/states-table.md", wholeTable(states)],
    ...(await diagramFiles(states)),
  ]);
}

/** The paths of generated files that are missing or differ from what the data say. */
export function outOfDate(files: Map<string, string>): string[] {
  return [...files]
    .filter(
      ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), "utf8") !== text,
    )
    .map(([path]) => path);
}

async function main(check: boolean): Promise<void> {
  const files = await generate();
  const stale = outOfDate(files);
  if (check) {
    for (const path of stale) console.error(`out of date: ${path} (run \`npx tsx scripts/spec.ts\`)`);
    process.exitCode = stale.length > 0 ? 1 : 0;
    return;
  }
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files.get(path) ?? "");
    console.log(`wrote ${path}`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(process.argv.includes("--check"));
}
