/** Programs that are started for a test, and are over with it: also where the test, or the process it runs in, breaks off. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Spawned } from "../cli/spawned.ts";

/** Milliseconds in which what is to happen at once has happened, on a machine that has other things to do. */
export const bound = 15_000;

/** Where Debian keeps what is for administrators, and PostgreSQL's own programs. */
const folders = [
  ...(process.env["PATH"] ?? "").split(":"),
  "/usr/sbin",
  "/sbin",
  ...subfolders("/usr/lib/postgresql").map((version) => join(version, "bin")),
];

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort((one, other) => Number(other) - Number(one))
    .map((name) => join(folder, name));
}

/** The file of an installed program. `where` comes first. @throws Error that says how to install it */
export function installed(name: string, where: RegExp = /^/): string {
  const found = folders.map((folder) => join(folder, name)).filter((file) => existsSync(file));
  const file = found.find((each) => where.test(each)) ?? found[0];
  if (file === undefined) throw new Error(`${name} is not installed: bash scripts/programs-install.sh`);
  return file;
}

/** A program of PostgreSQL's, not Debian's wrapper around it. */
export function ofPostgresql(name: string): string {
  return installed(name, /^\/usr\/lib\/postgresql\//);
}

export interface Started {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The user to run as, where this process is root's. */
  readonly user?: string;
  /** How it is asked to end, when it is not to be killed. */
  readonly stop?: NodeJS.Signals;
}

/** A program that runs; the kernel ends it when this process is gone. */
export class Program extends Spawned {
  readonly name: string;
  readonly #stop: NodeJS.Signals;

  constructor(file: string, args: readonly string[], started: Started) {
    const { cwd, env = {}, user, stop = "SIGKILL" } = started;
    const isOther = user !== undefined && process.getuid?.() === 0;
    const as = isOther ? [`--reuid=${user}`, `--regid=${user}`, "--clear-groups"] : [];
    const words = [...as, "--pdeathsig", stop.slice(3), file, ...args];
    super(
      spawn(installed("setpriv"), words, {
        stdio: "pipe",
        env: { ...process.env, ...env },
        ...(cwd === undefined ? {} : { cwd }),
      }),
    );
    this.collect();
    this.name = file;
    this.#stop = stop;
    // A program that has ended reads no more.
    this.stdin.on("error", () => undefined);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Its exit code, in time. @throws Error for one that goes on, or ended by a signal */
  async ended(milliseconds = bound): Promise<number> {
    const over = await Promise.race([this.exit, pause(milliseconds, undefined, { ref: false })]);
    const said = `${this.out.slice(-2_000)}\n${this.err.slice(-2_000)}`;
    if (over === undefined) throw new Error(`${this.name} goes on after ${milliseconds} ms: ${said}`);
    if (over.code === null) throw new Error(`${this.name} was ended by ${over.signal}: ${said}`);
    await pause(20); // For the last of its output.
    return over.code;
  }

  /** What it printed, once it has ended well. */
  async done(milliseconds?: number): Promise<string> {
    const code = await this.ended(milliseconds);
    if (code !== 0) throw new Error(`${this.name} ended with ${code}: ${this.out}\n${this.err}`);
    return this.out;
  }

  /** Kills it and all that it has started, none of which may see the others go and say something of it. */
  async kill(): Promise<void> {
    signal(this.pid, "SIGSTOP");
    const all = [this.pid, ...descendants(this.pid)];
    for (const name of ["SIGSTOP", "SIGKILL"] as const) for (const pid of all) signal(pid, name);
    await this.exit;
  }

  /** Ends it in its own way; what it has started and left goes too. */
  async close(): Promise<void> {
    const started = descendants(this.pid);
    if (!this.#isOver) this.child.kill(this.#stop);
    const over = await Promise.race([this.exit, pause(bound, undefined, { ref: false })]);
    if (over === undefined) await this.kill();
    for (const pid of started) signal(pid, "SIGKILL");
  }

  get #isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** All programs of a scene. */
export class Children {
  readonly #programs: Program[] = [];

  start(file: string, args: readonly string[], started: Started = {}): Program {
    const program = new Program(file, args, started);
    this.#programs.push(program);
    return program;
  }

  /** Ends them all, the newest first. */
  async close(): Promise<void> {
    for (const program of this.#programs.reverse()) await program.close();
  }
}

/** What a process has started, and what that has, while they run. */
function descendants(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    const children = text === "" ? [] : text.split(" ").map(Number);
    return children.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Waits until it is so. */
export async function until(what: string, holds: () => unknown, milliseconds = bound): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what}: not so after ${milliseconds} ms`);
    await pause(25);
  }
}

/** A port of the loopback interface that nobody listens at, and that the system gives to nobody by itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer().once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** Gives a folder to the user that a service runs as. */
export function giveTo(user: string, folder: string): void {
  if (process.getuid?.() === 0) execFileSync("chown", ["-R", `${user}:`, folder]);
}
