/** The command in this process, with streams and signals of the test's own. */
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { run } from "../../src/cli/run.ts";
import type { Ending, EndingSignal, Terminal } from "../../src/cli/surroundings.ts";

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** `undefined`, unless given: there is no terminal. */
  readonly terminal?: Terminal | undefined;
  /** The folder of the person's own files. */
  readonly home?: string | (() => string);
  readonly outputMode?: number;
  readonly nodeVersion?: string;
}

/** A command that runs. */
export class Running {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly ending: Promise<Ending>;
  readonly #stderr = new PassThrough();
  readonly #signals = new EventEmitter();
  #out = "";
  #err = "";
  /** How often standard output was let go of. */
  released = 0;

  constructor(argv: readonly string[], options: StartOptions) {
    this.stdout.on("data", (bytes: Buffer) => {
      this.#out += bytes.toString("latin1");
    });
    this.#stderr.on("data", (bytes: Buffer) => {
      this.#err += bytes.toString();
      this.#signals.emit("words");
    });
    const { home = "/nonexistent", env = {}, terminal, outputMode, nodeVersion } = options;
    this.ending = run({
      argv,
      env,
      nodeVersion: nodeVersion ?? process.versions.node,
      stdin: this.stdin,
      stdout: this.stdout,
      stderr: this.#stderr,
      signals: this.#signals,
      homeFolder: () => (typeof home === "function" ? home() : home),
      outputMode: () => outputMode,
      releaseOutput: () => {
        this.released += 1;
      },
      openTerminal: async () => terminal,
    });
  }

  /** What came on standard output so far, a character a byte. */
  get out(): string {
    return this.#out;
  }

  /** What was said on standard error so far. */
  get err(): string {
    return this.#err;
  }

  /** The objects that `--json` wrote. */
  get log(): Record<string, unknown>[] {
    return this.#err
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits until standard error has a text that matches. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#err);
      if (found !== null) return found;
      await once(this.#signals, "words");
    }
  }

  /** Waits until standard output has a text. */
  async has(text: string): Promise<void> {
    while (!this.#out.includes(text)) await once(this.stdout, "data");
  }

  /** The first line on standard error. */
  async url(): Promise<string> {
    return (await this.said(/^(hawser\S*)\n/))[1] as string;
  }

  signal(name: EndingSignal): void {
    this.#signals.emit(name);
  }

  /** Signals that somebody listens to. */
  get listening(): string[] {
    return this.#signals.eventNames().filter((name): name is string => name !== "words");
  }
}

/** Starts the command. */
export function start(argv: readonly string[], options: StartOptions = {}): Running {
  return new Running(argv, options);
}

/** Runs the command to its end, standard input being empty. */
export async function runToEnd(
  argv: readonly string[],
  options: StartOptions = {},
): Promise<{ running: Running; out: string; err: string } & Ending> {
  const running = start(argv, options);
  running.stdin.end();
  const ending = await running.ending;
  return { running, out: running.out, err: running.err, ...ending };
}

/** A person at a terminal, who gives answers one after the other and then none. */
export class Person implements Terminal {
  shown = "";
  isClosed = false;
  readonly #answers: string[];

  constructor(...answers: string[]) {
    this.#answers = answers;
  }

  write(text: string): void {
    this.shown += text;
  }

  async readLine(signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    return this.#answers.shift();
  }

  close(): void {
    this.isClosed = true;
  }
}

/** An empty folder that is gone after the action. */
export async function inFolder<T>(action: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "hawser-cli-"));
  try {
    return await action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface OwnKey {
  readonly file: string;
  /** `hawser1…` */
  readonly publicKey: string;
}

/** A key pair in a file of a folder, made by the command itself. */
export async function ownKey(folder: string, name: string): Promise<OwnKey> {
  const file = join(folder, name);
  const { err, exitCode } = await runToEnd(["keygen", "-o", file]);
  const publicKey = /hawser1\w+/.exec(err)?.[0];
  if (exitCode !== 0 || publicKey === undefined) throw new Error(err);
  return { file, publicKey };
}
