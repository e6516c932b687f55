import type { Readable, Writable } from "node:stream";

/** A stream that may be a terminal. */
interface MaybeTerminal {
  readonly isTTY?: boolean;
  /** Characters a line. */
  readonly columns?: number;
}

/** The signals that end the command. */
export type EndingSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Where signals come from: `process`, say. */
export interface SignalSource {
  on(signal: EndingSignal, listener: () => void): unknown;
  off(signal: EndingSignal, listener: () => void): unknown;
}

/** The person's own terminal, whatever standard input and output are joined to. */
export interface Terminal {
  write(text: string): void;
  /** The next line without its end, `undefined` at the end of input; rejects with the signal's reason. */
  readLine(signal: AbortSignal): Promise<string | undefined>;
  close(): void;
}

/** All that the command has to do with outside of the network and its files. A test hands in its own. */
export interface Surroundings {
  /** The words after the command's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `20.19.0`, say. */
  readonly nodeVersion: string;
  readonly stdin: Readable & MaybeTerminal;
  readonly stdout: Writable & MaybeTerminal;
  readonly stderr: Writable & MaybeTerminal;
  readonly signals: SignalSource;
  /** The folder of the person's own files. */
  homeFolder(): string;
  /** The permission bits of the regular file that standard output is; `undefined` where it is none. */
  outputMode(): number | undefined;
  /** Standard output has ended: tells its reader now, not when the process is over. */
  releaseOutput(): void;
  /** `undefined` where there is none. */
  openTerminal(): Promise<Terminal | undefined>;
}

/** How the command ended. */
export interface Ending {
  readonly exitCode: number;
  /** The signal that ended it, which whoever started the command is to see too. */
  readonly signal?: EndingSignal;
}
