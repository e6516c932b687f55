/** The command as a process of its own: as it is built, bundled in a moment by esbuild. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");

/** A built command. */
export interface Built {
  /** The file that `bin` would name. */
  readonly main: string;
  remove(): void;
}

/** Builds the command into a folder of its own, where its dependencies are found as from any other here. */
export async function buildCommand(): Promise<Built> {
  mkdirSync(join(root, "build"), { recursive: true });
  const folder = mkdtempSync(join(root, "build", "cli-test-"));
  copyFileSync(join(root, "package.json"), join(folder, "package.json"));
  await build({
    entryPoints: ["main", "serve-acceptor", "serve-worker"].map((name) => join(root, `src/cli/${name}.ts`)),
    outdir: join(folder, "dist/cli"),
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "error",
  });
  return { main: join(folder, "dist/cli/main.js"), remove: () => rmSync(folder, { recursive: true }) };
}

/** A command that runs as a process. */
export class Spawned {
  readonly child: ChildProcess;
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  err = "";
  out = "";

  constructor(child: ChildProcess) {
    this.child = child;
    // Not 'close': another process may hold on to a pipe.
    this.exit = once(child, "exit").then(([code, signal]) => ({ code, signal }));
    child.stderr?.on("data", (bytes: Buffer) => {
      this.err += bytes.toString();
    });
  }

  get stdin(): Writable {
    return this.child.stdin as Writable;
  }

  get stdout(): Readable {
    return this.child.stdout as Readable;
  }

  /** Keeps what comes on standard output in `out`. */
  collect(): this {
    this.stdout.on("data", (bytes: Buffer) => {
      this.out += bytes.toString("latin1");
    });
    return this;
  }

  /** Waits until standard error has a text that matches. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.err);
      if (found !== null) return found;
      await Promise.race([
        once(this.child.stderr as Readable, "data"),
        this.exit.then(() => {
          throw new Error(`it ended, and never said ${pattern}: ${this.err}`);
        }),
      ]);
    }
  }

  /** The first line on standard error. */
  async url(): Promise<string> {
    return (await this.said(/^(hawser\S*)\n/))[1] as string;
  }
}

/** Starts a program, by default with three pipes. */
export function spawnProgram(
  command: string,
  args: readonly string[],
  stdio: StdioOptions = "pipe",
): Spawned {
  return new Spawned(spawn(command, args, { stdio }));
}
