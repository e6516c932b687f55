/** Why: a demonstration that can't fail shows nothing. Each scene has to fail when its stagehand leaves its deed out. */
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-demo-test-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs it with a small file, on the sources, with a temporary folder of its own. */
function perform(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    TMPDIR: folder,
    TEMP: folder,
  };
  const command = ["--import", "tsx", "demo/main.ts", "--bytes", "1048576", ...args];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      command,
      { cwd: root, env, timeout: 50_000 },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** The scenes' titles, and those that the end of the text names as failed. */
function scenesIn(stdout: string): { played: string[]; failed: string[] } {
  const titles = (pattern: RegExp) => [...stdout.matchAll(pattern)].map(([, title = ""]) => title);
  return { played: titles(/^(\d+\. .+)$/gm), failed: titles(/^ {2}(\d+\. .+)$/gm) };
}

describe("npm start", () => {
  it("ends with 0 when every scene is as it should be, and leaves nothing behind", async () => {
    const { code, stdout, stderr } = await perform();
    expect(stderr).toBe("");
    const { played, failed } = scenesIn(stdout);
    expect(played.length).toBe(12);
    expect(failed).toEqual([]);
    expect(stdout).not.toContain("✗");
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toMatch(/^All 12 scenes as they should be/m);
    expect(code).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith("hawser-demo-"))).toEqual([]);
  });

  it("ends with 1 when none is, and names every one", async () => {
    const { code, stdout } = await perform("--sabotage");
    const { played, failed } = scenesIn(stdout);
    expect(played.length).toBe(12);
    expect(failed).toEqual(played);
    expect(stdout).not.toContain("broke off");
    expect(code).toBe(1);
  });

  it("ends with 1 when it is told what it can't do", async () => {
    const { code, stderr } = await perform("--bytes", "17");
    expect(stderr).toContain("--bytes takes a multiple of 4");
    expect(code).toBe(1);
  });
});
