import type { Duplex } from "node:stream";
import { AuthorizedKeys } from "../keys/files/authorized-keys.ts";
import type { AlertName } from "../protocol/record/alert-codes.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { isListed } from "./client-address.ts";
import type { Decision } from "./driver.ts";
import { AlertError } from "./errors.ts";
import { takePlace } from "./key-places.ts";

/** What is known of a client besides its key. */
export interface ClientInfo {
  /** What it wants the connection for; `undefined` for nothing in particular. */
  readonly context: string | undefined;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
}

/** `true` lets the client in, `false` does not (`not_authorized`), and neither does a reason of one's own. */
export type Authorization = boolean | { readonly code: number | AlertName; readonly message?: string };

/** Decides about a client by its public key, 32 bytes, which it has proved to be its own. */
export type Authorize = (publicKey: Uint8Array, info: ClientInfo) => Authorization | Promise<Authorization>;

/** Who is let in: whom a function says, or whom a file lists, whose options `from` and `max` are honoured. */
export type Authorizer = Authorize | AuthorizedKeys;

/** @throws UsageError for anything else: without an answer to who is let in there is no server */
export function requireAuthorizer(authorize: Authorizer): Authorizer {
  if (typeof authorize === "function" || authorize instanceof AuthorizedKeys) return authorize;
  throw new UsageError(
    "authorize says who is let in: a function from a public key to true or false, or what openAuthorizedKeys() gives",
  );
}

/**
 * The decision about a client. Whatever is not an answer lets nobody in, and its text stays here (HS-087).
 *
 * @param transport of the connection, which takes a place of its key until it is closed
 */
export async function decide(
  authorize: Authorizer,
  publicKey: Uint8Array,
  info: ClientInfo,
  transport: Duplex,
): Promise<Decision> {
  try {
    const answer =
      typeof authorize === "function"
        ? await authorize(publicKey, info)
        : await judge(authorize, publicKey, info, transport);
    return decisionOf(answer);
  } catch (cause) {
    return { verdict: "refuse", alert: "internal_error", words: "", cause };
  }
}

/** What the file says of the key, and of where it comes from. `to` is not this library's to honour: see `honours`. */
async function judge(
  keys: AuthorizedKeys,
  publicKey: Uint8Array,
  { remoteAddress }: ClientInfo,
  transport: Duplex,
): Promise<Authorization> {
  const entry = await keys.lookup(publicKey);
  if (entry === undefined) return false;
  const { from, max } = entry.options ?? {};
  if (from !== undefined && !isListed(from, remoteAddress)) return false;
  return takePlace(keys, publicKey, max, transport) ? true : { code: "busy" };
}

function decisionOf(answer: Authorization): Decision {
  if (answer === true) return { verdict: "accept" };
  if (answer === false) return { verdict: "refuse", alert: "not_authorized", words: "" };
  if (typeof answer !== "object" || answer === null) {
    throw new UsageError("authorize answers with true, false, or { code, message }");
  }
  const { alert, words } = new AlertError(answer.code, answer.message);
  return { verdict: "refuse", alert, words };
}
