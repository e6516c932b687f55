import type { EndingSignal } from "./surroundings.ts";

/** The command's own errors, besides those of connections and keys, by code, with what they mean. */
export const COMMAND_ERRORS = {
  ERR_HAWSER_USAGE: "an option or an argument is missing, unknown, or makes no sense",
  ERR_HAWSER_NODE_VERSION: "this version of Node is older than those that hawser runs on",
  ERR_HAWSER_LISTEN: "the address can't be listened at; the system's error is named",
  ERR_HAWSER_KNOWN_SERVERS: "the file of known servers can't be read, written, or relied on",
  ERR_HAWSER_STATUS: "a running serve or forward could not be asked how it does",
  ERR_HAWSER_WORKERS:
    "the processes of hawser serve --workers did not start; what they said is on standard error",
  ERR_HAWSER_CONFORMANCE: "cases of hawser conformance failed, or the shim does not support them",
  ERR_HAWSER_STDIN: "standard input could not be read; the system's error is named",
  ERR_HAWSER_STDOUT: "standard output could not be written, or was closed by its reader",
} as const;

export type CommandErrorCode = keyof typeof COMMAND_ERRORS;

/** Something that keeps the command from its work. The message is for people, and has nothing secret in it. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: CommandErrorCode;

  constructor(code: CommandErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The reader of standard output went away, as `head` does: no fault of anybody's. */
export class OutputClosedError extends CommandError {
  constructor(cause: unknown) {
    super("ERR_HAWSER_STDOUT", "Standard output was closed by its reader.", { cause });
  }
}

/** A signal ended it. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly code = "ERR_HAWSER_CANCELLED";
  readonly signal: EndingSignal;

  constructor(signal: EndingSignal) {
    super(`Ended by ${signal}.`);
    this.signal = signal;
  }
}

/** A mistake in the command line. */
export function usageError(message: string): CommandError {
  return new CommandError("ERR_HAWSER_USAGE", message);
}

/** Standard output refused what was written. */
export function outputError(error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException;
  // A stream that was ended or destroyed under the writer is as good as closed.
  if (code === "EPIPE" || code === "ERR_STREAM_DESTROYED") return new OutputClosedError(error);
  return new CommandError("ERR_HAWSER_STDOUT", `Standard output could not be written: ${message}.`, {
    cause: error,
  });
}

/** An error, the `cause`, with a line of its own about what to do. */
export class AdvisedError extends Error {
  override readonly name = "AdvisedError";
  /** For programs: public things only. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(cause: unknown, advice: string, fields: Readonly<Record<string, string>> = {}) {
    super(advice, { cause });
    this.fields = fields;
  }
}
