import type { ClientState, ServerState } from "../../src/protocol/machine/table.ts";
import { otherKey } from "./puppet.ts";
import {
  type AnySubject,
  type ClientSetup,
  type ClientSubject,
  newClient,
  newServer,
  type ServerSetup,
  type ServerSubject,
} from "./subject.ts";

/**
 * How a channel gets into each state: by calls and by what its puppet sends, as in any connection. A test may do
 * something more in a state on the way, and on arrival.
 */
type OnTheWay<State extends string, S extends AnySubject> = Partial<Record<State, (subject: S) => void>>;

export interface ClientPath extends ClientSetup {
  readonly at?: OnTheWay<ClientState, ClientSubject>;
}

export interface ServerPath extends ServerSetup {
  readonly at?: OnTheWay<ServerState, ServerSubject>;
}

/** A client in the state; through Judging where the path says first use. */
export function clientIn(state: ClientState, path: ClientPath = {}): ClientSubject {
  const subject = reachClient(state, path);
  path.at?.[state]?.(subject);
  return subject;
}

function reachClient(state: ClientState, path: ClientPath): ClientSubject {
  const from = (before: ClientState, step: (subject: ClientSubject) => void) => {
    const subject = clientIn(before, path);
    step(subject);
    return subject;
  };
  switch (state) {
    case "Start":
      return newClient(path);
    case "AwaitChallenge":
      return from("Start", (s) => s.do((client) => client.start()));
    case "Judging": {
      const subject = clientIn("AwaitChallenge", { ...path, firstUse: true });
      subject.receive(subject.puppet.challenge(0));
      return subject;
    }
    case "Responding":
      if (path.firstUse === true) return from("Judging", (s) => s.do((client) => client.trust()));
      return from("AwaitChallenge", (s) => s.receive(s.puppet.challenge(0)));
    case "AwaitVerdict":
      return from("Responding", (s) => s.dhDone());
    case "AwaitVerdictClosed":
      return from("AwaitVerdict", (s) => s.do((client) => client.close()));
    case "Open":
      return from("AwaitVerdict", (s) => s.receive(s.puppet.verdict("Accept")));
    default:
      return from(before[state], (s) => leave(s, state));
  }
}

/** A server in the state. */
export function serverIn(state: ServerState, path: ServerPath = {}): ServerSubject {
  const subject = reachServer(state, path);
  path.at?.[state]?.(subject);
  return subject;
}

/** A Hello that asks a middlebox for somebody else. */
const routing: ServerPath = { options: { routes: true }, wish: { server: otherKey.publicKey } };
/** A Hello whose route does not open, and a server that hides from it. */
const hiding: ServerPath = { options: { stealth: true }, wish: { server: "nobody" } };

function reachServer(state: ServerState, path: ServerPath): ServerSubject {
  const from = (before: ServerState, step: (subject: ServerSubject) => void, more: ServerPath = {}) => {
    const subject = serverIn(before, {
      ...path,
      options: { ...more.options, ...path.options },
      wish: { ...more.wish, ...path.wish },
    });
    step(subject);
    return subject;
  };
  switch (state) {
    case "AwaitHello":
      return newServer(path);
    case "OpeningRoute":
      return from("AwaitHello", (s) => s.receive(s.puppet.hello));
    case "Routing":
      return from("OpeningRoute", (s) => s.dhDone(), routing);
    case "Forwarded":
      return from("Routing", (s) => s.do((server) => server.forward()));
    case "Hiding":
      return from("OpeningRoute", (s) => s.dhDone(), hiding);
    case "AwaitResponse":
      return from("OpeningRoute", (s) => s.dhDone());
    case "Deciding":
      return from("AwaitResponse", (s) => s.receive(s.puppet.response()));
    case "Open":
      return from("Deciding", (s) => s.do((server) => server.accept()));
    default:
      return from(before[state], (s) => leave(s, state));
  }
}

/** The states that both roles have after Open, and the one that each is entered from here. */
type LaterState = "HalfClosedLocal" | "HalfClosedRemote" | "Closing" | "Closed" | "Draining" | "Failed";
const before = {
  HalfClosedLocal: "Open",
  HalfClosedRemote: "Open",
  Closing: "HalfClosedLocal",
  Closed: "Closing",
  Draining: "Open",
  Failed: "Open",
} as const satisfies Record<LaterState, ClientState & ServerState>;

function leave(subject: AnySubject, into: LaterState): void {
  switch (into) {
    case "HalfClosedLocal":
      subject.do((channel) => channel.close());
      return;
    case "HalfClosedRemote":
    case "Closing":
      subject.receive(subject.puppet.seal("Close", new Uint8Array(0)));
      return;
    case "Draining":
      subject.do((channel) => channel.alert("cancelled"));
      return;
    case "Closed":
    case "Failed":
      subject.do((channel) => channel.transportFailed(new Error("reset")));
      return;
  }
}
