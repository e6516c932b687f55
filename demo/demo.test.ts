/** Why: a demonstration that can't fail shows nothing. Each scene has to fail when its stagehand leaves its deed out. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hawser-demo-test-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const command = ["--import", "tsx", "demo/main.ts", "--bytes", "1048576"];

/** On the sources, with a temporary folder of its own. */
const surroundings = () => ({ cwd: root, env: { ...process.env, TMPDIR: folder, TEMP: folder } });

/** Runs it with a small file. */
function perform(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...command, ...args],
      { ...surroundings(), timeout: 50_000 },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** Runs it in a group of its own, as in a terminal, until it is in the middle of a scene. */
async function begun(): Promise<{ child: ChildProcess; said: () => string; complained: () => string }> {
  const child = spawn(process.execPath, command, { ...surroundings(), detached: true });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (bytes) => {
    stderr += bytes;
  });
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`it has ended: ${stdout}${stderr}`)));
    child.stdout.on("data", (bytes) => {
      stdout += bytes;
      if (stdout.includes("\n3. ")) resolve();
    });
  });
  return { child, said: () => stdout, complained: () => stderr };
}

/** The processes that the first line names. */
function processesIn(stdout: string): Record<string, number> {
  const [line = ""] = stdout.split("\n");
  return Object.fromEntries([...line.matchAll(/(\w+) (\d+)/g)].map(([, name, pid]) => [name, Number(pid)]));
}

/** Those of them that are still there shortly after. One that nobody has asked for its exit code is not. */
async function left(processes: Record<string, number>): Promise<string[]> {
  const isThere = (pid: number) => {
    try {
      process.kill(pid, 0);
      return (
        process.platform !== "linux" || !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
      );
    } catch {
      return false;
    }
  };
  let names: string[] = [];
  for (let tries = 0; tries < 200; tries++) {
    names = Object.keys(processes).filter((name) => isThere(processes[name] as number));
    if (names.length === 0) break;
    await pause(20);
  }
  return names;
}

const folders = () => readdirSync(folder).filter((name) => name.startsWith("hawser-demo-"));

/** The scenes' titles, and those that the end of the text names as failed. */
function scenesIn(stdout: string): { played: string[]; failed: string[] } {
  const titles = (pattern: RegExp) => [...stdout.matchAll(pattern)].map(([, title = ""]) => title);
  return { played: titles(/^(\d+\. .+)$/gm), failed: titles(/^ {2}(\d+\. .+)$/gm) };
}

const inThree = process.platform === "win32" ? ["server"] : ["admin", "acceptor", "worker"];

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
    expect(folders()).toEqual([]);
    const processes = processesIn(stdout);
    expect(Object.keys(processes)).toEqual(["client", "proxy", ...inThree]);
    expect(await left(processes)).toEqual([]);
  });

  it("ends with 1 when none is, and names every one", async () => {
    const { code, stdout } = await perform("--sabotage");
    const { played, failed } = scenesIn(stdout);
    expect(played.length).toBe(12);
    expect(failed).toEqual(played);
    expect(stdout).not.toContain("broke off");
    expect(code).toBe(1);
  });

  it.skipIf(process.platform === "win32")(
    "leaves nothing behind when it is interrupted by Ctrl-C",
    async () => {
      const { child, said, complained } = await begun();
      // A terminal sends it to the whole group.
      process.kill(-(child.pid as number), "SIGINT");
      const [code] = await once(child, "exit");
      expect(code).toBe(130);
      expect(await left(processesIn(said()))).toEqual([]);
      expect(folders()).toEqual([]);
      expect(complained()).toBe("");
    },
  );

  it.skipIf(process.platform === "win32")("leaves no process behind when it is killed", async () => {
    const { child, said } = await begun();
    child.kill("SIGKILL");
    await once(child, "exit");
    const processes = processesIn(said());
    expect(Object.keys(processes).length).toBe(5);
    expect(await left(processes)).toEqual([]);
  });

  it("ends with 1 when it is told what it can't do", async () => {
    const { code, stderr } = await perform("--bytes", "17");
    expect(stderr).toContain("--bytes takes a multiple of 4");
    expect(code).toBe(1);
  });
});
