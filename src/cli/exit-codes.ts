import { AgentError } from "../agent/index.ts";
import { KeyError } from "../keys/index.ts";
import { AlertError, HawserError, type HawserErrorCode } from "../net/index.ts";
import { alertCodes, UsageError } from "../protocol/index.ts";
import { CommandError, type CommandErrorCode, Interruption, OutputClosedError } from "./errors.ts";

/**
 * What the exit codes mean. They are stable: scripts may branch on them. The guide and the man page list the same, and
 * a test holds them equal.
 */
export const EXIT_CODES = {
  0: "both ends closed as they should; or what was asked for was printed",
  1: "something unexpected: most likely a fault of this program",
  2: "a mistake in the command line: an option, an argument, a connection string",
  3: "a key file, a key agent, the authorized keys or the known servers can't be used",
  4: "no connection to the server, or the address can't be listened at",
  5: "the other end does not speak Hawser, or not as it should",
  6: "the server has another key than it should: it may be an impostor",
  7: "the server's key is not known, and was not trusted",
  8: "the other end does not let this one in: its key, its context or its route",
  9: "the other end gave up and said why: busy, going_away, cancelled, an application's own reason",
  10: "the connection broke off: what came is genuine, and may not be all",
  11: "the other end took too long",
  12: "standard input or output failed, a full disk say",
  13: "an implementation did not pass every case of hawser conformance",
  129: "ended by SIGHUP",
  130: "ended by SIGINT: Ctrl-C",
  141: "standard output was closed by its reader, as head does",
  143: "ended by SIGTERM",
} as const;

export type ExitCode = keyof typeof EXIT_CODES;

/** The exit code for what kept the command from its end, whatever was thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof Interruption) return signalExitCodes[error.signal];
  if (error instanceof OutputClosedError) return 141;
  if (error instanceof CommandError) return commandExitCodes[error.code];
  if (error instanceof KeyError) return keyExitCode(error);
  if (error instanceof AgentError) return 3;
  if (error instanceof AlertError) return lasting.has(error.alert) ? 8 : 9;
  if (error instanceof HawserError) return connectionExitCodes[error.code];
  return error instanceof UsageError ? 2 : 1;
}

const signalExitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const commandExitCodes: Readonly<Record<CommandErrorCode, ExitCode>> = {
  ERR_HAWSER_USAGE: 2,
  ERR_HAWSER_NODE_VERSION: 1,
  ERR_HAWSER_LISTEN: 4,
  ERR_HAWSER_KNOWN_SERVERS: 3,
  ERR_HAWSER_STATUS: 4,
  ERR_HAWSER_WORKERS: 1,
  ERR_HAWSER_CONFORMANCE: 13,
  ERR_HAWSER_STDIN: 12,
  ERR_HAWSER_STDOUT: 12,
};

/** Alerts that trying again changes nothing about. */
const lasting: ReadonlySet<number> = new Set([
  alertCodes.not_authorized,
  alertCodes.wrong_context,
  alertCodes.no_route,
]);

const connectionExitCodes: Readonly<Record<HawserErrorCode, ExitCode>> = {
  ERR_HAWSER_CONNECT: 4,
  ERR_HAWSER_LIMIT: 4,
  ERR_HAWSER_NOT_HAWSER: 5,
  ERR_HAWSER_UNSUPPORTED_HEADER: 5,
  ERR_HAWSER_HINT: 5,
  ERR_HAWSER_NO_ANSWER: 5,
  ERR_HAWSER_ZERO_DH: 5,
  ERR_HAWSER_BAD_CHALLENGE: 5,
  ERR_HAWSER_BAD_RESPONSE: 5,
  ERR_HAWSER_BAD_RECORD: 5,
  ERR_HAWSER_UNEXPECTED_RECORD: 5,
  ERR_HAWSER_MALFORMED_ALERT: 5,
  ERR_HAWSER_SERVER_KEY_MISMATCH: 6,
  ERR_HAWSER_UNTRUSTED: 7,
  // The server's side: a client that was not let in ends nothing but its own connection.
  ERR_HAWSER_HELLO_REFUSED: 8,
  ERR_HAWSER_ROUTE_UNOPENED: 8,
  ERR_HAWSER_WRONG_CONTEXT: 8,
  ERR_HAWSER_DENIED: 8,
  // Alerts, whose own code decides.
  ERR_HAWSER_REFUSED: 9,
  ERR_HAWSER_ALERT_RECEIVED: 9,
  ERR_HAWSER_TRUNCATED: 10,
  ERR_HAWSER_ABANDONED: 10,
  ERR_HAWSER_TIMEOUT: 11,
  ERR_HAWSER_CANCELLED: 1,
  ERR_HAWSER_KEY_HOLDER_FAILED: 1,
  ERR_HAWSER_NONCES_EXHAUSTED: 1,
  ERR_HAWSER_CLOSED: 1,
  ERR_HAWSER_INTERNAL: 1,
};

/** What a file says is the file's fault, anything else the command line's. */
function keyExitCode({ code, path }: KeyError): ExitCode {
  return path !== undefined ||
    (code.startsWith("ERR_HAWSER_KEY_FILE_") && code !== "ERR_HAWSER_KEY_FILE_PATH")
    ? 3
    : 2;
}
