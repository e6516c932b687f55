import type { EventName, State } from "../machine/table.ts";
import { isOver } from "./states.ts";

const explanations: Partial<Record<EventName, string>> = {
  start: "start() is called once, first",
  trust: "trust() answers a peerKey output, once, while the client waits for it",
  reject: "reject() answers a peerKey output, once, while the client waits for it",
  accept: "accept() answers a peerKey output, once, while the server waits for it",
  refuse: "refuse() is for before a client is let in; afterwards use alert()",
  forward: "forward() answers a route output, once",
  write:
    "data can be written from the start of a client, from a server's accept(), and until close() or the end",
  close:
    "close() ends a direction that is open; before a server has let its client in use alert() or refuse()",
  ping: "ping() is for an open channel",
  "ping.misuse": "one Ping at a time, and none after the end of the peer's input",
};

/** What is wrong with a call that the state does not allow. */
export function explainMisuse(event: EventName, state: State): string {
  return `not in state ${state}: ${explanations[event] ?? event}`;
}

/** Why a session can't be handed over in a state (TR-004, TR-005). */
export function explainStay(state: State): string {
  const why = isOver(state)
    ? "it is over, and what is left to do has to be done by who said the last word"
    : "the handshake is not over, and can be gone on with by nobody but who began it";
  return `not in state ${state}: a session is handed over while it is open: ${why}`;
}
