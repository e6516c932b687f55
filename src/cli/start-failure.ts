import { AGENT_ERRORS, AgentError, type AgentErrorCode } from "../agent/index.ts";
import { KEY_ERRORS, KeyError, type KeyErrorCode } from "../keys/errors.ts";
import { UsageError } from "../protocol/index.ts";
import type { FailedStart } from "../tunnel/gate-messages.ts";
import { CommandError, usageError } from "./errors.ts";

/** Why keys can't be used, for the process that started this one: what is in a message is in no way secret. */
export function failedStart(error: unknown): FailedStart {
  const { name, message, code = "ERR_HAWSER_INTERNAL" } = error as NodeJS.ErrnoException;
  if (!(error instanceof KeyError)) return { name, code, words: message };
  const { reason, path, line } = error;
  return { name, code, words: reason, path, line };
}

/**
 * The error again, as it would be had this process met it.
 *
 * @param failed what the process that did not start has said, if it said something
 */
export function startFailure(failed: FailedStart | undefined, error: Error): Error {
  if (failed === undefined) {
    return new CommandError(
      "ERR_HAWSER_WORKERS",
      `The processes of --workers did not start: ${error.message}.`,
      {
        cause: error,
      },
    );
  }
  const { code, words, path, line } = failed;
  const place = { ...(path === undefined ? {} : { path }), ...(line === undefined ? {} : { line }) };
  if (Object.hasOwn(KEY_ERRORS, code)) return new KeyError(code as KeyErrorCode, words, place);
  if (Object.hasOwn(AGENT_ERRORS, code)) return new AgentError(code as AgentErrorCode, words);
  if (code === "ERR_HAWSER_USAGE")
    return failed.name === "UsageError" ? new UsageError(words) : usageError(words);
  return new CommandError("ERR_HAWSER_WORKERS", `The acceptor did not start: ${words}`, { cause: error });
}
