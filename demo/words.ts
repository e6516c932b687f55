/** What the server says when it gives up: a code of the application's own, and words. */
export const fullHold = { code: 0x8001, words: "the hold is full" };
/** What it says to a client whose key it has not been given. */
export const strangersOut = "the harbour master does not know you";

/** An error as another process can be told it: what a user sees of it. */
export interface ErrorSeen {
  /** The stable code, `ERR_HAWSER_…`, where it has one; otherwise its name. */
  readonly code: string;
  readonly message: string;
  /** The system's error behind it. */
  readonly cause?: string;
}

export function seen(error: unknown): ErrorSeen {
  if (!(error instanceof Error)) return { code: "?", message: String(error) };
  const { code = error.name } = error as NodeJS.ErrnoException;
  const { cause } = error;
  return { code, message: error.message, ...(cause instanceof Error ? { cause: cause.message } : {}) };
}
