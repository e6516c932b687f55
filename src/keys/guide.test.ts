/** Why: what a guide shows is copied, and so has to compile, under the strictest options that its reader may have. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const guide = readFileSync(`${root}docs/guides/keys.md`, "utf8");
const blocks = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);

/** What the compiler says of each block, every one a module of its own beside this file. */
function faults(sources: readonly string[]): string[] {
  const named = new Map(sources.map((code, index) => [`${root}src/keys/guide-block-${index}.ts`, code]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ["lib.es2023.d.ts"],
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  const code = (path: string) => named.get(path)?.replace('from "hawser"', 'from "../index.ts"');
  host.fileExists = (path) => named.has(path) || fileExists(path);
  host.readFile = (path) => code(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = code(path);
    return text === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language);
  };
  const program = ts.createProgram([...named.keys()], options, host);
  return [...named.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
  });
}

describe("the guide of keys", () => {
  it("has blocks of code that compile as they stand", () => {
    expect(blocks.length).toBe(4);
    expect(faults(blocks)).toEqual([]);
  }, 60_000);

  it("is held to options that refuse an argument which may be missing", () => {
    const bad = 'import { parseConnectionString } from "hawser";\nparseConnectionString(process.argv[2]);\n';
    expect(faults([bad]).join()).toContain("undefined");
  }, 60_000);
});
