/**
 * Generates the test vectors, `spec/vectors/*.json` and `spec/vectors/texts/*.json`, from the reference implementation alone.
 *
 *     npx tsx scripts/vectors.ts            writes what is out of date
 *     npx tsx scripts/vectors.ts --check    writes nothing; exit 1 and a list when something is out of date
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { boundaries } from "./vectors-boundaries.ts";
import { streamEnds } from "./vectors-closing.ts";
import { earlyData } from "./vectors-early.ts";
import { challengeFailures, helloFailures, responseFailures, verdictFailures } from "./vectors-failures.ts";
import { type Vector, vectorText } from "./vectors-format.ts";
import { handshakes } from "./vectors-handshake.ts";
import { alerts, hostileServer } from "./vectors-hostile.ts";
import { keysOnTheWire, replays } from "./vectors-keys.ts";
import { recordFailures, streams } from "./vectors-records.ts";
import { routes } from "./vectors-routes.ts";
import { sessionVectors, sessionVectorText } from "./vectors-sessions.ts";
import { textOf } from "./vectors-text-format.ts";
import { textVectors } from "./vectors-texts.ts";
import { challengeEnds, helloEnds, responseEnds } from "./vectors-transport.ts";
import { verdictEnds } from "./vectors-verdict.ts";

export const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "spec", "vectors");

export function allVectors(): Vector[] {
  return [
    ...handshakes(),
    ...helloFailures(),
    ...challengeFailures(),
    ...responseFailures(),
    ...verdictFailures(),
    ...streams(),
    ...recordFailures(),
    ...helloEnds(),
    ...challengeEnds(),
    ...responseEnds(),
    ...verdictEnds(),
    ...streamEnds(),
    ...earlyData(),
    ...hostileServer(),
    ...keysOnTheWire(),
    ...routes(),
    ...replays(),
    ...boundaries(),
    ...alerts(),
  ];
}

/** Every vector's file name with the text that it has to have. */
export function vectorFiles(): Map<string, string> {
  const vectors = allVectors();
  const files = new Map(vectors.map((vector) => [`${vector.slug}.json`, vectorText(vector)]));
  if (files.size !== vectors.length) throw new Error("two vectors have the same slug");
  for (const vector of textVectors()) files.set(`texts/${vector.slug}.json`, textOf(vector));
  for (const vector of sessionVectors()) files.set(`sessions/${vector.slug}.json`, sessionVectorText(vector));
  return files;
}

/** The files that are there, schemas aside, with forward slashes. */
export function vectorNames(): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".json") && !name.endsWith("schema.json"))
    .sort();
}

/** The names of files that are missing, differ, or belong to no vector. */
export function vectorsOutOfDate(files: ReadonlyMap<string, string>): string[] {
  const stale = [...files].filter(
    ([name, text]) => !existsSync(join(folder, name)) || readFileSync(join(folder, name), "utf8") !== text,
  );
  const left = vectorNames().filter((name) => !files.has(name));
  return [...stale.map(([name]) => name), ...left];
}

function main(check: boolean): void {
  const files = vectorFiles();
  for (const name of vectorsOutOfDate(files)) {
    const text = files.get(name);
    if (check) {
      console.error(`out of date: spec/vectors/${name} (run \`npx tsx scripts/vectors.ts\`)`);
      process.exitCode = 1;
    } else if (text === undefined) {
      rmSync(join(folder, name));
      console.log(`removed spec/vectors/${name}`);
    } else {
      writeFileSync(join(folder, name), text);
      console.log(`wrote spec/vectors/${name}`);
    }
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(process.argv.includes("--check"));
}
