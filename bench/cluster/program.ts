import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Part, Ready, Setting } from "./setting.ts";

/** Milliseconds that a server may take until clients can come. */
const patience = 30_000;

/** Jiffies in a second, of the times in /proc/PID/stat: USER_HZ, 100 on all of Linux's usual machines. */
const userHz = 100;

/** Those that run: they are over with this process, however that ends but by SIGKILL; then they end by themselves. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) kill(child);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

/** A program beside this one, with the processes that it starts. */
export class Program {
  readonly port: number;
  readonly #parts: readonly Part[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, { port, parts }: Ready) {
    this.#child = child;
    this.port = port;
    this.#parts = parts;
  }

  /** Starts it, and waits until it is ready. */
  static async start(name: string, setting: Setting): Promise<Program> {
    const file = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
    const child = fork(file, [JSON.stringify(setting)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      detached: true,
    });
    running.add(child);
    try {
      return new Program(child, await said(name, child));
    } catch (error) {
      await ended(child);
      throw error;
    }
  }

  /** CPU time so far by roles, user and system, of all threads, in milliseconds. @throws Error when one has ended */
  get cpu(): Map<string, number> {
    const times = new Map<string, number>();
    for (const { role, pid } of this.#parts) times.set(role, (times.get(role) ?? 0) + cpuOf(pid));
    return times;
  }

  stop(): Promise<void> {
    return ended(this.#child);
  }
}

function said(name: string, child: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${name}: ${why}`));
    const timer = setTimeout(() => fail(`not ready after ${patience / 1_000} s`), patience);
    child.once("message", (message) => resolve(message as Ready));
    child.once("exit", (code, signal) => fail(`ended with ${signal ?? `code ${code}`}`));
    child.once("error", (error) => fail(error.message));
    child.once("message", () => clearTimeout(timer));
    child.once("exit", () => clearTimeout(timer));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  const isOver = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  if (!isOver) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    kill(child);
    await gone;
  }
  running.delete(child);
}

/** With all that it has started, which is of its group. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function cpuOf(pid: number): number {
  const [, fields = ""] = /\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
  const [user, system] = fields.split(" ").slice(11, 13).map(Number);
  return (((user as number) + (system as number)) * 1_000) / userHz;
}
