/** Why: a guide's program is copied before its text is read, so it has to run, and to print what the guide says. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/** The blocks of a language in a page, in order. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, code = ""]) => code,
  );
}

const [program = ""] = blocks("docs/guides/driver.md", "js");

/** Runs a program against the sources. */
async function run(code: string): Promise<{ stdout: string; stderr: string }> {
  const sources = pathToFileURL(join(root, "src", "index.ts")).href;
  const folder = mkdtempSync(join(tmpdir(), "hawser-guide-"));
  try {
    const path = join(folder, "program.mjs");
    writeFileSync(path, code.replace('from "hawser"', `from ${JSON.stringify(sources)}`));
    const options = { cwd: root, timeout: 30_000 };
    return await promisify(execFile)(process.execPath, ["--import", "tsx", path], options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("docs/guides/driver.md", () => {
  it("has a program that runs and prints what the guide says", async () => {
    const printed = blocks("docs/guides/driver.md", "text");
    expect(printed.length).toBe(1);
    expect(await run(program)).toEqual({ stdout: printed[0], stderr: "" });
  });

  it("tells a client that is no friend so, instead of opening", async () => {
    const friends = "const friends = [keys.client.publicKey];";
    expect(program).toContain(friends);
    const common = "const common = { primitives,";
    expect(program).toContain(common);
    const { stdout, stderr } = await run(
      program.replace(friends, "const friends = [];").replace(common, `${common} drain: { timeout: 100 },`), // Node 20's duplexPair tells no end of a close
    );
    expect(stdout).toMatch(/^server: a stranger who wants to chat$/m);
    expect(stdout).toMatch(/^alert 3: I don't know you$/m);
    expect(stdout).not.toContain("client: open");
    expect(stderr).toBe("");
  });
});
