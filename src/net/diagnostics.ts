import { channel } from "node:diagnostics_channel";
import { debuglog } from "node:util";
import type { AlertName } from "../protocol/record/alert-codes.ts";
import type { HawserErrorCode } from "./errors.ts";

/** Which connection of this process a message is about: they are numbered as they begin. */
interface OfConnection {
  readonly connection: number;
}

/**
 * What happens inside, for logs, metrics and traces. Each key is the name of a channel of `node:diagnostics_channel`;
 * with `NODE_DEBUG=hawser` in the environment each message is a line on stderr as well. Without either nothing is made.
 *
 *     import { subscribe } from "node:diagnostics_channel";
 *     subscribe("hawser:connection:failed", (message) => count((message as DiagnosticMessages["hawser:connection:failed"]).code));
 *
 * | channel | when |
 * |---|---|
 * | `hawser:dial:begun` | a transport is asked for |
 * | `hawser:dial:busy` | a unix socket's server takes no more for now, and is asked again |
 * | `hawser:dial:failed` | there is no transport |
 * | `hawser:connection:opening` | there is a transport, and the handshake begins |
 * | `hawser:connection:state` | the channel takes another state: each step of the handshake and of the end |
 * | `hawser:connection:open` | the handshake is over |
 * | `hawser:connection:closed` | both ends have said that they are done |
 * | `hawser:connection:failed` | it ended otherwise |
 * | `hawser:connection:broken` | something handed in threw, and ended it |
 * | `hawser:connection:read-on` | a write failed; what has arrived is read on |
 * | `hawser:alert:sent` | this side gave its reason |
 * | `hawser:alert:received` | the peer gave its own |
 * | `hawser:server:limit` | a client was turned away, or gave way, as there were too many |
 * | `hawser:server:removed` | a connection ends as its key was removed |
 * | `hawser:server:taken-over` | the path of a unix socket was taken from a server that had died |
 *
 * Nothing in a message is secret: no key but public ones, as their text, and no data. What a peer said is escaped. A
 * peer's public key and context do not cross the wire in the clear, though, so keep logs of them as you keep those of
 * who your users are.
 */
export interface DiagnosticMessages {
  readonly "hawser:dial:begun": { readonly to: string };
  /** `wait` is milliseconds. */
  readonly "hawser:dial:busy": { readonly to: string; readonly wait: number };
  /** `cause` is the system's code, such as `"ECONNREFUSED"`. */
  readonly "hawser:dial:failed": { readonly to: string; readonly cause: string | undefined };
  readonly "hawser:connection:opening": OfConnection & {
    readonly role: "client" | "server";
    readonly remoteAddress: string | undefined;
    readonly remotePort: number | undefined;
  };
  /** The states are those of the protocol, such as `"AwaitVerdict"`. */
  readonly "hawser:connection:state": OfConnection & { readonly from: string; readonly to: string };
  /** `peer` is a public key's text. */
  readonly "hawser:connection:open": OfConnection & {
    readonly peer: string | undefined;
    readonly context: string | undefined;
  };
  readonly "hawser:connection:closed": OfConnection;
  /** `requirement` is the ID of the sentence in the specification that the decision follows. */
  readonly "hawser:connection:failed": OfConnection & {
    readonly code: HawserErrorCode;
    readonly origin: "peer" | "local" | "transport";
    readonly requirement: string;
    readonly peer: string | undefined;
  };
  /** `cause` is the code of what was thrown, or its name. */
  readonly "hawser:connection:broken": OfConnection & { readonly cause: string | undefined };
  readonly "hawser:connection:read-on": OfConnection & { readonly cause: string | undefined };
  /** `name` is absent for a code that this version does not know. */
  readonly "hawser:alert:sent": OfConnection & AlertMessage;
  /** `words` are escaped. */
  readonly "hawser:alert:received": OfConnection & AlertMessage & { readonly words: string };
  readonly "hawser:server:limit": {
    readonly limit: "handshakes" | "handshakesPerAddress" | "connections" | "connectionsPerKey";
    readonly remoteAddress: string | undefined;
  };
  readonly "hawser:server:removed": { readonly peer: string };
  readonly "hawser:server:taken-over": { readonly path: string };
}

interface AlertMessage {
  readonly alert: number;
  readonly name: AlertName | "application" | undefined;
}

type Name = keyof DiagnosticMessages;

/** The names of the channels. */
export const DIAGNOSTIC_CHANNELS = Object.keys({
  "hawser:dial:begun": true,
  "hawser:dial:busy": true,
  "hawser:dial:failed": true,
  "hawser:connection:opening": true,
  "hawser:connection:state": true,
  "hawser:connection:open": true,
  "hawser:connection:closed": true,
  "hawser:connection:failed": true,
  "hawser:connection:broken": true,
  "hawser:connection:read-on": true,
  "hawser:alert:sent": true,
  "hawser:alert:received": true,
  "hawser:server:limit": true,
  "hawser:server:removed": true,
  "hawser:server:taken-over": true,
} satisfies Record<Name, true>) as readonly Name[];

const channels = Object.fromEntries(DIAGNOSTIC_CHANNELS.map((name) => [name, channel(name)])) as Readonly<
  Record<Name, ReturnType<typeof channel>>
>;
const debug = debuglog("hawser");

/** Tells whoever listens. The message is made only where somebody does. */
export function report<N extends Name>(name: N, message: () => DiagnosticMessages[N]): void {
  const { hasSubscribers } = channels[name];
  if (!hasSubscribers && !debug.enabled) return;
  const made = message();
  if (debug.enabled) debug("%s", line(name, made));
  if (hasSubscribers) channels[name].publish(made);
}

/** `name key=value …`, one line whatever is in it. */
function line(name: string, message: object): string {
  const known = Object.entries(message).filter(([, value]) => value !== undefined);
  return [name, ...known.map(([key, value]) => `${key}=${JSON.stringify(value)}`)].join(" ");
}

let connections = 0;

/** The number of one more connection. */
export function nextConnection(): number {
  connections++;
  return connections;
}

/** What an error is, in a word that programs know: its code, or its name. */
export function wordFor(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code } = cause as NodeJS.ErrnoException;
  return typeof code === "string" ? code : cause.name;
}
