import { spawn } from "node:child_process";
import type { Log } from "./log.ts";

/**
 * Tells the service manager how this service does, as sd_notify(3) has it. Node has no datagrams over unix sockets, so
 * systemd's own program sends them: see docs/decisions/0011-readiness-by-systemd-notify.md. What is told first arrives
 * first. Without a service manager that asks for it nothing is done.
 */
export class Notifier {
  readonly #socket: string | undefined;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #log: Log;
  #last: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(env: Readonly<Record<string, string | undefined>>, log: Log) {
    this.#socket = env["NOTIFY_SOCKET"] || undefined;
    this.#env = env;
    this.#log = log;
  }

  /** The service is up, or has done with a reload. */
  ready(status: string): Promise<void> {
    return this.#tell("READY=1", statusLine(status));
  }

  /** A reload begins; {@link ready} is to follow, whatever comes of it. */
  reloading(): Promise<void> {
    // The clock that systemd compares it with is CLOCK_MONOTONIC, in microseconds; so is this one, in nanoseconds.
    return this.#tell("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`);
  }

  stopping(status: string): Promise<void> {
    return this.#tell("STOPPING=1", statusLine(status));
  }

  #tell(...assignments: string[]): Promise<void> {
    if (this.#socket !== undefined) this.#last = this.#last.then(() => this.#send(assignments));
    return this.#last;
  }

  async #send(assignments: readonly string[]): Promise<void> {
    const problem = await run("systemd-notify", assignments, {
      NOTIFY_SOCKET: this.#socket,
      PATH: this.#env["PATH"],
    });
    if (problem === undefined || this.#hasFailed) return;
    this.#hasFailed = true;
    this.#log.warn({
      event: "notify_failed",
      words: `The service manager could not be told how this service does: ${problem}.`,
    });
  }
}

/** One line, whatever it says: each line is an assignment of its own. */
function statusLine(text: string): string {
  return `STATUS=${text.replace(/\p{C}/gu, " ")}`;
}

/** Why it failed, `undefined` where it did not. */
function run(
  program: string,
  words: readonly string[],
  env: Record<string, string | undefined>,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, words, { env, stdio: ["ignore", "ignore", "pipe"], timeout: 10_000 });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code === "ENOENT" ? `there is no ${program} (it comes with systemd)` : error.message);
    });
    child.once("close", (code, signal) => {
      resolve(
        code === 0 ? undefined : `${program} ended with ${signal ?? code}${said && `: ${said.trim()}`}`,
      );
    });
  });
}
