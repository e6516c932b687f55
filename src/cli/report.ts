import { AgentError } from "../agent/index.ts";
import { KeyError } from "../keys/index.ts";
import { AlertError, HawserError } from "../net/index.ts";
import { UsageError } from "../protocol/index.ts";
import { AdvisedError, CommandError, Interruption } from "./errors.ts";
import { exitCodeOf } from "./exit-codes.ts";
import type { Log } from "./log.ts";
import type { Ending } from "./surroundings.ts";

/** Says what kept the command from its end, with its code, and what can be done about it. */
export function report(thrown: unknown, log: Log): Ending {
  const { error, advice, fields } =
    thrown instanceof AdvisedError
      ? { error: thrown.cause, advice: thrown.message, fields: thrown.fields }
      : { error: thrown, advice: undefined, fields: {} };
  const exitCode = exitCodeOf(error);
  const { code, words } = describe(error);
  const alert = error instanceof AlertError ? { alert: error.alert, alertName: error.alertName } : {};
  log.error({ event: "failed", code, words, fields: { ...fields, ...alert, exitCode } });
  if (advice !== undefined) log.info({ event: "advice", words: advice });
  return error instanceof Interruption ? { exitCode, signal: error.signal } : { exitCode };
}

function describe(error: unknown): { code: string; words: string } {
  const isKnown =
    error instanceof HawserError ||
    error instanceof CommandError ||
    error instanceof KeyError ||
    error instanceof AgentError ||
    error instanceof UsageError ||
    error instanceof Interruption;
  if (isKnown) return { code: error.code, words: sentence(error.message) };
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: "ERR_HAWSER_INTERNAL",
    words: `Something unexpected happened, most likely a fault of this program. Please report it: ${trace}`,
  };
}

function sentence(text: string): string {
  return /[.!?)]$/.test(text) || /\S{20}$/.test(text) ? text : `${text}.`;
}
