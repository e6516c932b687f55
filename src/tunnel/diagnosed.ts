import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { performance } from "node:perf_hooks";
import { DIAGNOSTIC_CHANNELS, type DiagnosticMessages } from "../net/index.ts";
import type { Observe } from "./observer.ts";

type Name = keyof DiagnosticMessages;
type Listeners = { readonly [N in Name]?: (message: DiagnosticMessages[N]) => void };

/**
 * Tells an observer what the layer below tells on its diagnostics channels: handshakes with their times, alerts, and
 * limits. Those channels are the process's: with several ends in it, each observer is told of all.
 *
 * @param role whose handshakes are told
 * @returns what ends it
 */
export function watchDiagnostics(role: "client" | "server", observe: Observe): () => void {
  /** When the handshakes under way began. */
  const begun = new Map<number, number>();
  const done = (connection: number, outcome: string) => {
    const since = begun.get(connection);
    if (since === undefined) return;
    begun.delete(connection);
    observe({ type: "handshakeDone", outcome, milliseconds: performance.now() - since });
  };
  return listen({
    "hawser:connection:opening": (message) => {
      if (message.role === role) begun.set(message.connection, performance.now());
    },
    "hawser:connection:open": ({ connection }) => done(connection, "open"),
    "hawser:connection:failed": ({ connection, code }) => done(connection, code),
    "hawser:connection:broken": ({ connection }) => done(connection, "ERR_HAWSER_INTERNAL"),
    // A client that came and went without a word.
    "hawser:connection:closed": ({ connection }) => done(connection, "ERR_HAWSER_ABANDONED"),
    "hawser:alert:sent": ({ alert, name }) => observe({ type: "alertSent", alert, name }),
    "hawser:alert:received": ({ alert, name }) => observe({ type: "alertReceived", alert, name }),
    "hawser:server:limit": ({ limit, remoteAddress: address }) =>
      observe({ type: "limitReached", limit, address, keyName: undefined }),
  });
}

function listen(listeners: Listeners): () => void {
  const pairs = DIAGNOSTIC_CHANNELS.flatMap((name) => {
    const listener = listeners[name] as ((message: unknown) => void) | undefined;
    return listener === undefined ? [] : [[name, listener] as const];
  });
  for (const [name, listener] of pairs) subscribe(name, listener);
  return () => {
    for (const [name, listener] of pairs) unsubscribe(name, listener);
  };
}
