/** Why: a browser runs this part as it is, and one import of Node far down would be found out there only. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** The files that a module consists of, with what they import from elsewhere. Types are gone at run time. */
function closure(url: URL, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(url.href)) return seen;
  const source = readFileSync(url, "utf8");
  const imports = [...source.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from "([^"]+)"/gm)].map(
    (m) => m[1] ?? "",
  );
  seen.set(
    url.href,
    imports.filter((path) => !path.startsWith(".")),
  );
  for (const path of imports) if (path.startsWith(".")) closure(new URL(path, url), seen);
  return seen;
}

const outside = (path: string) => [...new Set([...closure(new URL(path, import.meta.url)).values()].flat())];

describe("the part without files", () => {
  it("imports nothing but Bech32", () => {
    expect(outside("./portable.ts")).toEqual(["@scure/base"]);
    expect(outside("./index.ts")).toContain("node:fs/promises");
  });

  it("uses no global of Node's", () => {
    for (const file of closure(new URL("./portable.ts", import.meta.url)).keys()) {
      const code = readFileSync(new URL(file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"/g, "");
      expect(code, file).not.toMatch(/\b(?:Buffer|process|require|NodeJS|setImmediate|__dirname)\b/);
    }
  });
});
