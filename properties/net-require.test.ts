/** Why: `require("hawser")` of a CommonJS project works as long as no module awaits anything while it loads. */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const source = fileURLToPath(new URL("../src/", import.meta.url));
/** What the package exports; the command is a program, and nobody's to require. */
const entries = ["index.ts", "protocol/index.ts", "crypto/index.ts", "keys/portable.ts"];

/** The modules that those load, at once or later, by their paths. */
function loaded(): Map<string, string> {
  const found = new Map<string, string>();
  const follow = (path: string) => {
    if (found.has(path)) return;
    const text = readFileSync(path, "utf8");
    found.set(path, text);
    for (const { fileName } of ts.preProcessFile(text).importedFiles) {
      if (fileName.startsWith(".")) follow(resolve(dirname(path), fileName));
    }
  };
  for (const entry of entries) follow(join(source, entry));
  return found;
}

/** Whether a module awaits outside of all functions. */
function awaitsAtTop(text: string): boolean {
  const visit = (node: ts.Node): boolean => {
    if (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) return false;
    if (ts.isAwaitExpression(node)) return true;
    if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return true;
    return ts.forEachChild(node, visit) ?? false;
  };
  return visit(ts.createSourceFile("module.ts", text, ts.ScriptTarget.Latest));
}

describe("require(esm)", () => {
  it("is told from functions that await", () => {
    expect(awaitsAtTop("const x = { y: [await import('z')] };")).toBe(true);
    expect(awaitsAtTop("for await (const x of y) z(x);")).toBe(true);
    expect(awaitsAtTop("export async function f() { await g(); }\nconst h = async () => await f();")).toBe(
      false,
    );
  });

  it("has no module in its way", () => {
    const modules = loaded();
    expect(modules.size).toBeGreaterThan(80);
    expect([...modules].filter(([, text]) => awaitsAtTop(text)).map(([path]) => path)).toEqual([]);
  });
});
