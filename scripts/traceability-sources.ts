/**
 * Where requirements are cited: in code, in the titles of tests, in vectors, and in the hand-written statements on the
 * table of the life cycle, which say which of its cells decide.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { type Invariant, invariants, places } from "../properties/model/invariants.ts";
import { citations } from "./spec-requirements.ts";

/** By requirement: the files, or the cells, that speak of it. */
export type Cited = ReadonlyMap<string, readonly string[]>;

/** One cell of the table. */
export interface CellName {
  readonly role: string;
  readonly state: string;
  readonly event: string;
}

const isTest = (path: string): boolean => /\.(test|program)\.ts$/.test(path);

/** The files below folders of the repository, sorted, with forward slashes. */
export function filesBelow(root: string, folders: readonly string[], ending: string): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map(
        (path) => `${folder}/${path.replaceAll("\\", "/")}`,
      ),
    )
    .filter((path) => path.endsWith(ending))
    .sort();
}

/** The identifiers that a text cites, a range (`HS-049 to HS-061`) in full, each once. */
export function citedInCode(text: string): string[] {
  const ranges = [...text.matchAll(/\b([A-Z]{2})-(\d{3}) to \1-(\d{3})\b/g)].flatMap(
    ([, prefix, first, last]) => {
      const numbers = Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i);
      return numbers.map((number) => `${prefix}-${String(number).padStart(3, "0")}`);
    },
  );
  return [...new Set([...citations(text), ...ranges])];
}

/** The name at the root of what is called: `it` of `it.each([…])("…")`. */
function rootOf(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return rootOf(node.expression);
  if (ts.isTaggedTemplateExpression(node)) return rootOf(node.tag);
  return undefined;
}

/** The rows of `it.each(ROWS)("…")`; those of a constant of the file where that is what the rows are. */
function rowsOf(node: ts.CallExpression): string {
  const { expression } = node;
  if (ts.isTaggedTemplateExpression(expression)) return expression.template.getText();
  if (!ts.isCallExpression(expression)) return "";
  return expression.arguments
    .map((rows) => (ts.isIdentifier(rows) ? constant(rows) : rows.getText()))
    .join(" ");
}

/** What a constant at the top of its file is made of. */
function constant(name: ts.Identifier): string {
  const declarations = name
    .getSourceFile()
    .statements.flatMap((one) => (ts.isVariableStatement(one) ? [...one.declarationList.declarations] : []));
  return declarations.find((one) => one.name.getText() === name.text)?.initializer?.getText() ?? "";
}

/**
 * The titles of the tests and suites of a file, as they stand in its text. Where a title takes in a row of its cases
 * (`%s`, `$name`), what the rows cite belongs to it; not where it prints them as data (`%j`).
 */
export function titles(path: string, text: string): { readonly title: string; readonly cited: string[] }[] {
  const found: { title: string; cited: string[] }[] = [];
  const visit = (node: ts.Node): void => {
    const [first] = ts.isCallExpression(node) ? node.arguments : [];
    if (ts.isCallExpression(node) && first !== undefined && isTitle(first)) {
      if (["it", "test", "describe"].includes(rootOf(node.expression) ?? "")) {
        const title = first.getText().slice(1, -1);
        const rows = /%s|\$/.test(title) ? rowsOf(node) : "";
        found.push({ title, cited: [...new Set(citations(`${title} ${rows}`))] });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true));
  return found;
}

function isTitle(node: ts.Expression): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
}

/** Groups pairs of requirement and place; each place once, in the order in which they come. */
function grouped(pairs: readonly (readonly [string, string])[]): Cited {
  const result = new Map<string, string[]>();
  for (const [id, place] of pairs) {
    const places = result.get(id) ?? [];
    if (!places.includes(place)) places.push(place);
    result.set(id, places);
  }
  return result;
}

const read = (root: string, path: string): string => readFileSync(join(root, path), "utf8");

/** The peer that tests others: it says what they have to do, and does not do it. Its own are the shim's (CF). */
const judges = "src/conformance/";

/** By requirement: the files of `src/` that cite it, tests aside. */
export function codeCitations(root: string): Cited {
  const files = filesBelow(root, ["src"], ".ts").filter((path) => !isTest(path));
  return grouped(
    files.flatMap((path) =>
      citedInCode(read(root, path))
        .filter((id) => !path.startsWith(judges) || id.startsWith("CF-"))
        .map((id) => [id, path] as const),
    ),
  );
}

/** The folders that have tests. */
export const testFolders = ["src", "properties", "spec", "fuzz", "scripts"] as const;

/** What the second implementation says of itself proves nothing of the first. */
const reference = "properties/reference/";
/** Its requirements are made up. */
const ownTest = "scripts/traceability.test.ts";

/** Rules that are data: each has its requirements and what it says, and a test runs them all by that name. */
const ruleFiles = ["properties/model/trace.ts", "properties/model/invariants-"];

/** By requirement: the files with a test whose title cites it, or a rule that does. */
export function testCitations(root: string): Cited {
  const files = filesBelow(root, testFolders, ".ts").filter(
    (path) => !path.startsWith(reference) && path !== ownTest,
  );
  return grouped(
    files.flatMap((path) => {
      const text = read(root, path);
      const cited = isTest(path)
        ? titles(path, text).flatMap((one) => one.cited)
        : ruleFiles.some((start) => path.startsWith(start))
          ? [...text.matchAll(/"[^"\n]*"/g)].flatMap(([literal]) => citations(literal))
          : [];
      return [...new Set(cited)].map((id) => [id, path] as const);
    }),
  );
}

/** By requirement: the vectors that list it. */
export function vectorCitations(root: string): Cited {
  const files = filesBelow(root, ["spec/vectors"], ".json").filter((path) => !path.endsWith("schema.json"));
  return grouped(
    files.flatMap((path) => {
      const { requirements = [], cases = [] } = JSON.parse(read(root, path)) as {
        requirements?: string[];
        cases?: { requirements: string[] }[];
      };
      const all = [...requirements, ...cases.flatMap((one) => one.requirements)];
      return [...new Set(all)].map((id) => [id, path] as const);
    }),
  );
}

/** No cell of the table is like this one, so whatever a statement says of a place, this is not it. */
const impossibleCell = { to: "nowhere", outputs: ["nothing.of.the.kind"] };

/** By requirement: the cells whose content a statement fixes that cites it. */
export function cellCitations(
  statements: readonly Invariant[] = invariants,
): ReadonlyMap<string, CellName[]> {
  const result = new Map<string, CellName[]>();
  for (const { ids, allows } of statements) {
    const fixed = places.filter((place) => !allows(impossibleCell, place));
    if (fixed.length === 0) continue;
    for (const id of ids.split(" ")) result.set(id, [...new Set([...(result.get(id) ?? []), ...fixed])]);
  }
  return result;
}
