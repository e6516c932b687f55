/** What the sources' own comments say, for pages that are made of them: there is no second truth to keep. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A property of an interface, with its comment in one line. */
export interface Member {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly doc: string;
}

/** One of the object types of a union. */
export interface Constituent {
  /** The literal type of its property `code`. */
  readonly code: string;
  readonly doc: string;
  readonly properties: readonly string[];
}

/** The properties that an interface declares itself, in their order. It may be in any file of `src/`, and is in one. */
export function membersOf(name: string): Member[] {
  const declares = new RegExp(`^export interface ${name}\\b`, "m");
  const [path, ...others] = sources().filter((each) => declares.test(readFileSync(join(root, each), "utf8")));
  if (path === undefined || others.length > 0) throw new Error(`not one file of src/ exports ${name}`);
  const file = parse(path);
  const declaration = find(file, name);
  if (!ts.isInterfaceDeclaration(declaration)) throw new Error(`${name} in ${path} is no interface`);
  return declaration.members.filter(ts.isPropertySignature).map((member) => ({
    name: member.name.getText(file),
    type: oneLine(member.type?.getText(file) ?? ""),
    isOptional: member.questionToken !== undefined,
    doc: docOf(member),
  }));
}

/** The comment of a class. */
export function classDoc(path: string, name: string): string {
  const declaration = find(parse(path), name);
  if (!ts.isClassDeclaration(declaration)) throw new Error(`${name} in ${path} is no class`);
  return docOf(declaration);
}

/** The constituents of a union of object types that `code` tells apart. A comment stands before its `|`. */
export function constituentsOf(path: string, name: string): Constituent[] {
  const file = parse(path);
  const declaration = find(file, name);
  if (!ts.isTypeAliasDeclaration(declaration) || !ts.isUnionTypeNode(declaration.type)) {
    throw new Error(`${name} in ${path} is no union`);
  }
  let end = declaration.type.getFullStart();
  return declaration.type.types.map((type) => {
    const between = file.text.slice(end, type.getStart(file));
    end = type.getEnd();
    if (!ts.isTypeLiteralNode(type))
      throw new Error(`${name} in ${path} has a constituent that is no object`);
    const members = type.members.filter(ts.isPropertySignature);
    const code = members.find((member) => member.name.getText(file) === "code")?.type?.getText(file) ?? "";
    return {
      code: JSON.parse(code) as string,
      doc: oneLine(/\/\*\*(.*?)\*\//s.exec(between)?.[1]?.replaceAll(/^\s*\*/gm, "") ?? ""),
      properties: members.map((member) => member.name.getText(file)),
    };
  });
}

/** A number in a source, found by the text around it; the pattern's first group is the number. */
export function numberIn(path: string, pattern: RegExp): number {
  const found = pattern.exec(readFileSync(join(root, path), "utf8"))?.[1];
  if (found === undefined) throw new Error(`${path} has nothing like ${pattern}`);
  return Number(found.replaceAll("_", ""));
}

/** Rows as Markdown; a `|` within a cell is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A number as the texts write it. */
export function shown(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "none" : value.toLocaleString("en-US");
}

function sources(): string[] {
  return readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => join("src", path));
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.ES2022, true);
}

function find(file: ts.SourceFile, name: string): ts.Statement {
  const found = file.statements.find(
    (statement) =>
      (ts.isInterfaceDeclaration(statement) ||
        ts.isTypeAliasDeclaration(statement) ||
        ts.isClassDeclaration(statement)) &&
      statement.name?.text === name,
  );
  if (found === undefined) throw new Error(`${file.fileName} has no ${name}`);
  return found;
}

function docOf(node: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return oneLine(comments.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "").join(" "));
}

function oneLine(text: string): string {
  return text
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .replaceAll(/\s+/g, " ")
    .trim();
}
