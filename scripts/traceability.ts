/**
 * Writes `docs/traceability.md`: each requirement of `spec/`, the code that cites it, the cells of the table that carry it
 * out, the tests whose titles cite it, and the vectors that list it. Finds those that nothing implements or nothing tests.
 *
 *     npx tsx scripts/traceability.ts            writes the page when it is out of date; exit 1 on gaps
 *     npx tsx scripts/traceability.ts --check    writes nothing; exit 1 on gaps, or when the page is out of date
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readRegister } from "./attacks.ts";
import { isMutated } from "./mutation-changed.ts";
import { type MutationReport, readReport } from "./mutation-report.ts";
import { root } from "./spec.ts";
import { prefixes, type Requirement, requirements } from "./spec-requirements.ts";
import { isTypesAlone, type MutantCount, mutantsOfRequirements } from "./traceability-mutants.ts";
import {
  type CellName,
  type Cited,
  cellCitations,
  codeCitations,
  filesBelow,
  testCitations,
  vectorCitations,
} from "./traceability-sources.ts";

/** How much a requirement asks: what README.md of the specification says of capitals, and of sentences without. */
export type Force = "MUST" | "binds" | "SHOULD" | "MAY";

export interface Traced extends Requirement {
  /** The page in `spec/`. */
  readonly page: string;
  readonly force: Force;
  readonly code: readonly string[];
  readonly cells: readonly CellName[];
  readonly tests: readonly string[];
  readonly vectors: readonly string[];
  readonly mutants: MutantCount | undefined;
  /** Attacks whose register keeps a change of the code that a test notices. */
  readonly byHand: number;
}

/** By identifier: why no code, no test or no killed mutant can be there. */
export interface Exceptions {
  readonly code: Readonly<Record<string, string>>;
  readonly tests: Readonly<Record<string, string>>;
  readonly mutants: Readonly<Record<string, string>>;
}

/** Everything that a page is made of. */
export interface Sources {
  /** By page, its text. */
  readonly pages: ReadonlyMap<string, string>;
  readonly code: Cited;
  readonly cells: ReadonlyMap<string, readonly CellName[]>;
  readonly tests: Cited;
  readonly vectors: Cited;
  readonly mutants: ReadonlyMap<string, MutantCount>;
  /** By requirement: how many changes of the code that cites it the register of attacks keeps. */
  readonly byHand: ReadonlyMap<string, number>;
  /** Files of `src/` that StrykerJS mutates and has not yet run as they stand. */
  readonly unjudged: ReadonlySet<string>;
}

const page = "docs/traceability.md";
const exceptionsFile = "spec/traceability-exceptions.json";

export function forceOf(text: string): Force {
  if (/\b(?:MUST|SHALL|REQUIRED)\b/.test(text)) return "MUST";
  if (/\b(?:SHOULD|RECOMMENDED)\b/.test(text)) return "SHOULD";
  return /\b(?:MAY|OPTIONAL)\b/.test(text) ? "MAY" : "binds";
}

export function readExceptions(): Exceptions {
  return JSON.parse(readFileSync(join(root, exceptionsFile), "utf8")) as Exceptions;
}

/** What the repository says. */
export function readSources(): Sources {
  const pages = Object.values(prefixes).map(
    (name) => [name, readFileSync(join(root, "spec", name), "utf8")] as const,
  );
  const report = readReport();
  return {
    pages: new Map(pages),
    code: codeCitations(root),
    cells: cellCitations(),
    tests: testCitations(root),
    vectors: vectorCitations(root),
    mutants: mutantsOfRequirements(report),
    byHand: changesByHand(),
    unjudged: unjudgedFiles(report),
  };
}

/** They are made, one by one, and the tests run, by `scripts/attacks.ts --teeth`. */
function changesByHand(): Map<string, number> {
  const counts = new Map<string, number>();
  const attacks = readRegister().sections.flatMap((section) => section.attacks);
  for (const { requirements, without } of attacks) {
    if (without === "shown") continue;
    for (const id of requirements) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function unjudgedFiles({ files }: MutationReport): Set<string> {
  const mutated = filesBelow(root, ["src"], ".ts").filter(isMutated);
  return new Set(
    mutated.filter((path) => {
      const source = readFileSync(join(root, path), "utf8");
      return files[path]?.source !== source && !isTypesAlone(path, source);
    }),
  );
}

/** Every requirement with what cites it, page by page, in the order of the pages. */
export function trace({ pages, code, cells, tests, vectors, mutants, byHand }: Sources): Traced[] {
  return [...pages].flatMap(([name, text]) =>
    requirements(text).map((requirement) => ({
      ...requirement,
      page: name,
      force: forceOf(requirement.text),
      code: code.get(requirement.id) ?? [],
      cells: cells.get(requirement.id) ?? [],
      tests: tests.get(requirement.id) ?? [],
      vectors: vectors.get(requirement.id) ?? [],
      mutants: mutants.get(requirement.id),
      byHand: byHand.get(requirement.id) ?? 0,
    })),
  );
}

/**
 * What is missing, a line a fault: a citation of a requirement that is nowhere; a MUST without code (and without a cell of
 * the table), without a test, or without a killed mutant in the code that cites it (nor a cell: a suite rejects every
 * table that differs in one); an exception without a reason, for a requirement that is not there, or that needs none.
 * Code that has changed since the last mutation run is not judged by its mutants.
 */
export function gaps(sources: Sources, exceptions: Exceptions): string[] {
  const traced = trace(sources);
  const known = new Set(traced.map(({ id }) => id));
  const unknown = (["code", "cells", "tests", "vectors"] as const).flatMap((kind) =>
    [...sources[kind]]
      .filter(([id]) => !known.has(id))
      .map(([id, [where]]) => `${id} is cited (${kind}: ${JSON.stringify(where)}) and no requirement`),
  );
  const missing = traced
    .filter(({ force }) => force === "MUST")
    .flatMap((one) => {
      const { id, code, cells, tests } = one;
      return [
        ...(code.length + cells.length === 0 && exceptions.code[id] === undefined
          ? [`${id} is implemented nowhere`]
          : []),
        ...(tests.length === 0 && exceptions.tests[id] === undefined ? [`${id} is tested nowhere`] : []),
        ...(isNoticed(one) ||
        !code.some(isMutated) ||
        code.some((path) => sources.unjudged.has(path)) ||
        exceptions.mutants[id] !== undefined
          ? []
          : [`${id}: no mutant of the code that cites it is killed (${code.join(", ")})`]),
      ];
    });
  const idle = (["code", "tests", "mutants"] as const).flatMap((kind) =>
    Object.entries(exceptions[kind]).flatMap(([id, reason]) => {
      const one = traced.find((other) => other.id === id);
      const what = `the exception ${id} (${kind})`;
      if (one === undefined) return [`${what} is for no requirement`];
      if (reason.length < 20) return [`${what} has no reason`];
      const found =
        kind === "code"
          ? one.code.length + one.cells.length > 0
          : kind === "tests"
            ? one.tests.length > 0
            : isNoticed(one);
      return found ? [`${what} is not needed any more`] : [];
    }),
  );
  return [...unknown, ...missing, ...idle];
}

/** Whether a test notices when it is broken: its code, by a mutant or by hand, or a cell of the table. */
function isNoticed({ mutants, byHand, cells }: Traced): boolean {
  return (mutants?.killed ?? 0) > 0 || byHand > 0 || cells.length > 0;
}

/** A file as a link from `docs/`, shown without the folder that all of its column have. */
function fileLinks(paths: readonly string[], shown: (path: string) => string): string {
  return paths.map((path) => `[${shown(path)}](../${path})`).join(", ");
}

/** Cells in short, by role and event: `client record.bad in Open, HalfClosedLocal`. */
export function cellWords(cells: readonly CellName[]): string {
  const byEvent = new Map<string, string[]>();
  for (const { role, state, event } of cells) {
    const key = `${role} \`${event}\``;
    byEvent.set(key, [...(byEvent.get(key) ?? []), state]);
  }
  const entries = [...byEvent].map(([key, states]) => `${key} in ${states.join(", ")}`);
  return cells.length > 24 ? `${cells.length} cells, ${byEvent.size} events` : entries.join("; ");
}

function mutantWords({ mutants, byHand }: Traced): string {
  const made =
    mutants === undefined || mutants.all === 0
      ? []
      : [`${mutants.killed}/${mutants.all}${mutants.around ? " around" : ""}`];
  return [...made, ...(byHand > 0 ? [`${byHand} by hand`] : [])].join(", ");
}

const columns = "| requirement | force | code | mutants | tests | vectors | cells |";

function row(one: Traced, exceptions: Exceptions): string {
  const why = (kind: keyof Exceptions) => {
    const reason = exceptions[kind][one.id];
    return reason === undefined ? "" : `none: ${reason}`;
  };
  return `| ${[
    one.id,
    one.force,
    fileLinks(one.code, (path) => path.slice("src/".length)) || why("code"),
    mutantWords(one) ||
      why("mutants") ||
      (one.code.length > 0 && !one.code.some(isMutated) ? "not mutated" : ""),
    fileLinks(one.tests, (path) => path.replace(/(?:\.test)?\.ts$/, "")) || why("tests"),
    fileLinks(one.vectors, (path) => path.slice("spec/vectors/".length).replace(".json", "")),
    cellWords(one.cells),
  ].join(" | ")} |`;
}

/** The text of `docs/traceability.md`. */
export function render(sources: Sources, exceptions: Exceptions): string {
  const traced = trace(sources);
  const count = (some: readonly Traced[], has: (one: Traced) => boolean) => some.filter(has).length;
  const summary = (["MUST", "binds", "SHOULD", "MAY"] as const).map((force) => {
    const some = traced.filter((one) => one.force === force);
    const implemented = count(some, ({ code, cells }) => code.length + cells.length > 0);
    const tested = count(some, ({ tests, vectors }) => tests.length + vectors.length > 0);
    return `| ${force} | ${some.length} | ${implemented} | ${tested} | ${count(some, isNoticed)} |`;
  });
  const sections = [...sources.pages].flatMap(([name, text]) => {
    const title = /^# (.+)$/m.exec(text)?.[1] ?? name;
    const rows = traced.filter((one) => one.page === name).map((one) => row(one, exceptions));
    return ["", `## [${title}](../spec/${name})`, "", columns, "|---|---|---|---|---|---|---|", ...rows];
  });
  return [...introduction, ...summary, ...reading, ...sections, ""].join("\n");
}

const introduction = [
  "# Traceability",
  "",
  "<!-- Generated by scripts/traceability.ts. Do not edit. -->",
  "",
  "Where each requirement of the [specification](../spec/README.md) is carried out, and what would notice if it were not.",
  "`npm run traceability` writes this page; a test fails when it is out of date, when anything cites a requirement that is",
  "not there, and when a MUST has no code, no test, or nothing that is noticed when it is broken, and no reason stands in its",
  "place ([exceptions](../spec/traceability-exceptions.json)).",
  "",
  "| force | requirements | cited by code or cells | cited by tests or vectors | noticed when broken |",
  "|---|---|---|---|---|",
];

const reading = [
  "",
  "- *force*: MUST, SHOULD and MAY as in the text; *binds* is a sentence without capitals that says what something is or",
  "  what an end does.",
  "- *code*: files of `src/` that cite the requirement where they decide.",
  "- *mutants*: an identifier in a title proves nothing, so the code that decides is broken on purpose. Of the mutants that",
  "  StrykerJS made of the code that a comment cites the requirement on, how many some test noticed, when they were last run",
  "  ([incremental.json](../mutation/incremental.json)); those that none noticed are explained one by one",
  "  ([survivors.json](../mutation/survivors.json)). A comment over a statement, a member, a property or a case is about that;",
  "  one behind code on its line, about the innermost of these there; one at a file's head, about the file. Where that only",
  "  leaves a branch (`throw`, `return`), it is about the `if` that decides on it; where a requirement is cited twice, once",
  "  within the other, the inner one counts. *Around*: there is nothing in that code that StrykerJS changes, and the smallest",
  "  mutant that takes it out whole is counted instead. *By hand*: changes of",
  "  a line that decides, for each of which a test fails ([attacks](attacks.md)). *Not mutated*: all the code that cites it is",
  "  outside `src/protocol`, `src/crypto` and `src/keys`, and what tests prove of it is known by their titles alone.",
  "- *tests*: files with a test whose title cites it, or with a rule that all runs are held to and that cites it. The",
  "  reference implementation's own tests do not count.",
  "- *vectors*: test vectors that list it; both implementations play them byte by byte.",
  "- *cells*: those of the [table](../spec/states-table.md) that a hand-written statement citing the requirement fixes. The",
  "  code that decides them is the table itself ([table.ts](../src/protocol/machine/table.ts)), which StrykerJS leaves alone;",
  "  its mutants are made by a suite, which rejects every table that differs in one cell",
  "  ([properties/invariants](../properties/invariants.test.ts)).",
];

function main(): void {
  const sources = readSources();
  const exceptions = readExceptions();
  const faults = gaps(sources, exceptions);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  const text = render(sources, exceptions);
  const path = join(root, page);
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  if (process.argv.includes("--check")) {
    console.error(`${page} is out of date: npm run traceability`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
    console.log(`wrote ${page}`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
