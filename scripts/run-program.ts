import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");

/** What Node is started with to run a program as it stands against the sources. */
const againstSources = ["tsx", pathToFileURL(join(root, "scripts", "from-sources.mjs")).href].flatMap(
  (module) => ["--import", module],
);

/** What a program printed. It has to end by itself, with exit 0. */
export async function runFile(
  path: string,
  args: readonly string[] = [],
): Promise<{ stdout: string; stderr: string }> {
  const options = { cwd: root, timeout: 30_000 };
  return await promisify(execFile)(process.execPath, [...againstSources, path, ...args], options);
}

/** {@link runFile} for a program that is a text. */
export async function runText(code: string): Promise<{ stdout: string; stderr: string }> {
  const { path, remove } = fileOf(code);
  try {
    return await runFile(path);
  } finally {
    remove();
  }
}

/** Starts a program that is a text and goes on until it is ended, and gives its first line of output. */
export async function startText(code: string): Promise<{ child: ChildProcess; line: string }> {
  const { path, remove } = fileOf(code);
  try {
    return await startFile(path);
  } finally {
    remove(); // It has been read by then.
  }
}

function fileOf(code: string): { path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "hawser-program-"));
  const path = join(folder, "program.mjs");
  writeFileSync(path, code);
  return { path, remove: () => rmSync(folder, { recursive: true }) };
}

async function startFile(path: string): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, [...againstSources, path], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 30_000,
  });
  let read = "";
  for await (const chunk of child.stdout) {
    read += String(chunk);
    const end = read.indexOf("\n");
    if (end !== -1) return { child, line: read.slice(0, end) };
  }
  throw new Error(`${path} ended after "${read}"`);
}

/** The blocks of a language in a page, in order. */
export function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, code = ""]) => code,
  );
}
