/**
 * Makes the package `hawser-vectors` of `spec/vectors` and `packages/hawser-vectors`: the vectors, their schemas, an
 * index, and the page that says how to play one.
 *
 *     npm run vectors:package            into build/hawser-vectors, to be packed or published from there
 *     npx tsx scripts/vectors-package.ts FOLDER
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { vectorNames, folder as vectors } from "./vectors.ts";
import type { Vector } from "./vectors-format.ts";
import type { SessionVector } from "./vectors-sessions.ts";
import type { TextVector } from "./vectors-text-format.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, "packages", "hawser-vectors");
const schemas = {
  scenario: "schema.json",
  text: "texts/schema.json",
  session: "sessions/schema.json",
} as const;
const sessionsPage = "sessions/README.md";

/** What the index says of a file. */
export interface IndexEntry {
  /** In the package. */
  readonly file: string;
  readonly schema: string;
  readonly slug: string;
  readonly title: string;
  readonly requirements: readonly string[];
  /** The ends whose place an implementation can take; only for scenarios. */
  readonly plays?: readonly string[];
  /** The ends that fail; only for scenarios. */
  readonly fails?: readonly string[];
  /** Whether it needs a hook for the counters; only for scenarios. */
  readonly counters?: boolean;
  /** How many there are; only for texts. */
  readonly cases?: number;
  readonly sha256: string;
}

function entry(name: string): IndexEntry {
  const bytes = readFileSync(join(vectors, name));
  const vector = JSON.parse(bytes.toString()) as Vector | TextVector | SessionVector;
  const common = {
    file: `vectors/${name}`,
    slug: vector.slug,
    title: vector.title,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
  if ("cases" in vector) {
    return {
      ...common,
      schema: `vectors/${schemas.text}`,
      requirements: [...new Set(vector.cases.flatMap(({ requirements }) => requirements))].sort(),
      cases: vector.cases.length,
    };
  }
  const { requirements } = vector;
  if ("blob" in vector) return { ...common, schema: `vectors/${schemas.session}`, requirements };
  return {
    ...common,
    schema: `vectors/${schemas.scenario}`,
    requirements,
    plays: vector.plays,
    fails: [...new Set(vector.failures.map(({ by }) => by))],
    counters: vector.counters !== undefined,
  };
}

/** A page of the vectors, its links out of the package as plain names of the specification's pages. */
const pageOf = (name: string): string =>
  readFileSync(join(vectors, name), "utf8").replaceAll(
    /\[([^\]]+)\]\((?:\.\.\/)+[^./)][^)]*\)/g,
    "$1 of the specification",
  );

/** The page on the format, as it stands a folder above the vectors. */
const readme = (): string =>
  pageOf("README.md")
    .replaceAll(/\]\((?=texts\/|sessions\/|schema\.json)/g, "](vectors/")
    .replace(
      "# Test vectors\n",
      "# hawser-vectors\n\nTest vectors of the Hawser protocol, version 1. `index.json` lists the files.\n",
    );

/** Makes the package anew in a folder. */
export function makePackage(into: string): void {
  rmSync(into, { recursive: true, force: true });
  for (const schema of Object.values(schemas)) {
    mkdirSync(dirname(join(into, "vectors", schema)), { recursive: true });
  }
  for (const name of ["package.json", "LICENSE"]) copyFileSync(join(sources, name), join(into, name));
  const names = vectorNames();
  for (const name of [...names, ...Object.values(schemas)]) {
    copyFileSync(join(vectors, name), join(into, "vectors", name));
  }
  writeFileSync(join(into, "README.md"), readme());
  writeFileSync(join(into, "vectors", sessionsPage), pageOf(sessionsPage));
  writeFileSync(join(into, "index.json"), `${JSON.stringify(names.map(entry), null, 2)}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const into = process.argv[2] ?? join(root, "build", "hawser-vectors");
  makePackage(into);
  console.log(`made ${into}: ${vectorNames().length} files of vectors`);
}
