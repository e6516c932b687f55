import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ArgumentError, type Options, parseArguments } from "./arguments.ts";
import { kept } from "./kept.ts";
import type { Results } from "./results.ts";

/** A bench whose figures are a part of docs/performance.md. */
export interface Part<R extends Results> {
  /** npm's name of it. */
  readonly name: string;
  /** What that part is about. */
  readonly about: string;
  readonly works: readonly { readonly id: string }[];
  readonly ways: readonly { readonly id: string }[];
  measure(options: Options): Promise<R>;
  /** All that the part says. */
  text(results: R): string;
  /** The page with that text. */
  within(page: string, text: string): string;
}

/** This runs as build/bench/part.js. */
const page = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));

/** Does what the command line says. */
export async function runPart<R extends Results>(part: Part<R>): Promise<void> {
  const [workIds, wayIds] = [part.works.map(({ id }) => id), part.ways.map(({ id }) => id)];
  const usage = `npm run ${part.name} -- [options]

  --only WORK,…   ${workIds.join(", ")}
  --peers WAY,…   ${wayIds.join(", ")}
  --runs N, --size BYTES, --full, --quick, --json FILE, --from FILE: as of npm run bench
  --write         writes the part of docs/performance.md about ${part.about}`;
  try {
    const options = parseArguments(process.argv.slice(2), workIds, wayIds);
    if (options === undefined) console.log(usage);
    else await carryOut(part, options);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    console.error(`${part.name}: ${error.message}\n\n${usage}`);
    process.exitCode = 2;
  }
}

async function carryOut<R extends Results>(part: Part<R>, options: Options): Promise<void> {
  const { json, from, write } = options;
  const results = from === undefined ? await part.measure(options) : kept<R>(from);
  if (results.samples.length === 0) return;
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  const text = part.text(results);
  console.log(`\n${text}`);
  // Of a run in which something went wrong nothing is published.
  if (write && process.exitCode !== 1) writeFileSync(page, part.within(readFileSync(page, "utf8"), text));
}
