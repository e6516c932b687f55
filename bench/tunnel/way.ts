import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

/** A way from a port of the loopback interface to a service at another one. */
export interface Way {
  /** As `--peers` has it. */
  readonly id: string;
  /** As the tables have it. */
  readonly name: string;
  /** @param folder for the way's own files, empty, removed afterwards */
  open(folder: string, service: number): Promise<Opened>;
}

export interface Opened {
  /** Where programs connect to. */
  readonly port: number;
  /** The processes of the tunnel's two ends; none where there is no tunnel. */
  readonly ends: readonly Daemon[];
}

/** Milliseconds that a process may take to listen. */
const patience = 20_000;

/** Jiffies in a second, of the times in /proc/PID/stat: USER_HZ, 100 on all of Linux's usual machines. */
const userHz = 100;

/** Those that run: they are over with this process, however that ends but by SIGKILL. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

/** A process that listens. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly #name: string;
  #said = "";

  private constructor(file: string, args: readonly string[]) {
    this.#name = file;
    this.#child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe"] });
    running.add(this.#child);
    this.#child.once("exit", () => running.delete(this.#child));
    this.#child.on("error", (error) => {
      this.#said += error.message;
    });
    this.#child.stderr?.on("data", (bytes: Buffer) => {
      this.#said = `${this.#said}${bytes}`.slice(-4_000);
    });
  }

  /** Starts it, and waits until it listens at the port. */
  static async start(port: number, file: string, args: readonly string[]): Promise<Daemon> {
    const daemon = new Daemon(file, args);
    const end = performance.now() + patience;
    while (!isListening(port)) {
      if (daemon.#isOver || performance.now() > end) {
        await daemon.stop();
        throw new Error(`${file} does not listen: ${daemon.#said}`);
      }
      await pause(20);
    }
    return daemon;
  }

  /** CPU time so far, user and system, of all threads, in milliseconds. */
  get cpu(): number {
    const [, fields = ""] = /\) (.*)/s.exec(this.#proc("stat")) ?? [];
    const [user, system] = fields.split(" ").slice(11, 13).map(Number);
    return (((user as number) + (system as number)) * 1_000) / userHz;
  }

  /** Resident memory in bytes. */
  get rss(): number {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(this.#proc("status"))?.[1]) * 1_024;
  }

  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }

  get #isOver(): boolean {
    const { exitCode, signalCode, pid } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  #proc(file: string): string {
    if (this.#isOver) throw new Error(`${this.#name} is over: ${this.#said}`);
    return readFileSync(`/proc/${this.#child.pid}/${file}`, "utf8");
  }
}

/** By the system's table, as a connection would go through to the service. */
function isListening(port: number): boolean {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, "0");
  return ["tcp", "tcp6"].some((table) =>
    new RegExp(`^ *\\d+: [0-9A-F]+:${hexadecimal} [0-9A-F]+:0000 0A `, "m").test(
      readFileSync(`/proc/net/${table}`, "utf8"),
    ),
  );
}

/** Below those that the system gives out by itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
