import { join } from "node:path";
import ts from "typescript";

const root = join(import.meta.dirname, "..");

/** What the compiler says of pieces of code, each a module of its own, under the strictest options that a reader may have. */
export function faults(sources: readonly string[]): string[] {
  const named = new Map(
    sources.map((code, index) => [join(root, "scripts", `guide-block-${index}.ts`), code]),
  );
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
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
  const code = (path: string) => named.get(path)?.replace('from "hawser"', 'from "../src/index.ts"');
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
