import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A shim that plays case after case (`--cases`). */
export class ShimProcess {
  readonly #child: ChildProcess;
  #errors = "";
  /** How it ended, once it has. */
  over: string | undefined;
  readonly ended: Promise<void>;

  /**
   * @param command for the shell
   * @param hears told each line of its standard output, and its end
   */
  constructor(command: string, hears: { line(text: string): void; over(how: string): void }) {
    // A group of its own, so that what a shell started for the command ends with it.
    const ownGroup = process.platform !== "win32";
    this.#child = spawn(`${command} --cases`, { shell: true, stdio: "pipe", detached: ownGroup });
    const { stdin, stdout, stderr } = this.#child;
    stdin?.on("error", () => undefined); // It is over, as its end tells.
    stderr?.on("data", (bytes) => {
      this.#errors = `${this.#errors}${bytes}`.slice(-4_096);
    });
    if (stdout) createInterface({ input: stdout }).on("line", (text) => hears.line(text));
    this.ended = new Promise((resolve) => {
      const over = (how: string) => {
        this.over ??= how;
        hears.over(this.over);
        resolve();
      };
      this.#child.on("error", (error) => over(error.message));
      // `close`: after the last line of its output.
      this.#child.on("close", (code, signal) =>
        over(signal === null ? `exit code ${code}` : `signal ${signal}`),
      );
    });
  }

  /** The end of what it wrote to standard error. */
  get errors(): string {
    return this.#errors.trim();
  }

  play(flags: readonly string[]): void {
    this.#child.stdin?.write(`${flags.join(" ")}\n`);
  }

  /** Its input ends, so that it ends; after `ms` it is made to. */
  async end(ms: number): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.kill(), ms);
    await this.ended;
    clearTimeout(timer);
  }

  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined || this.over !== undefined) return;
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL");
    }
  }
}
