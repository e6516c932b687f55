import { isContext } from "../protocol/handshake/context.ts";
import { contextLength } from "../protocol/limits.ts";
import { KeyError } from "./errors.ts";

/** The most bytes a context has. */
export const CONTEXT_MAX_BYTES = contextLength;

/**
 * Holds a context against its rule: at most 32 bytes, each from 0x21 to 0x7E; none at all means no context.
 * (KT-078)
 *
 * @throws KeyError ERR_HAWSER_URL_CONTEXT
 */
export function requireContext(context: string): void {
  if (isContext(context)) return;
  throw new KeyError(
    "ERR_HAWSER_URL_CONTEXT",
    "the context is a name of at most 32 characters of ASCII, without blanks or control characters, such as redis/1",
  );
}
