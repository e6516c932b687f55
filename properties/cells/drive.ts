import type { ClientState, EventName, Role, ServerState, State } from "../../src/protocol/machine/table.ts";
import { ofBoth } from "./of-both.ts";
import { ofClient } from "./of-client.ts";
import { ofServer } from "./of-server.ts";
import type { Words } from "./scenario.ts";
import { clientIn, serverIn } from "./states.ts";
import type { AnySubject } from "./subject.ts";

/** One way to make an event happen in a state, whatever the role. */
export interface Way {
  /** A channel that has come to the state, and where the event can be made to happen now. */
  readonly begin: () => AnySubject;
  /** The call that makes it, of this channel or, for what it then is there, of any other one of the role. */
  readonly act: (subject: AnySubject) => string[];
  readonly first: readonly EventName[];
  readonly says: Readonly<Record<string, Words>>;
}

interface AnyScenario<S, Path> {
  readonly path?: Path;
  readonly act: (subject: S) => string[];
  readonly first?: readonly EventName[];
  readonly says?: Readonly<Record<string, Words>>;
}

function way<S extends AnySubject, Path>(
  { path, act, first = [], says = {} }: AnyScenario<S, Path>,
  reach: (path?: Path) => S,
): Way {
  return { begin: () => reach(path), act: (subject) => act(subject as S), first, says };
}

function find<D extends object>(drivers: D, event: string): D[keyof D] | undefined {
  return event in drivers ? drivers[event as keyof D] : undefined;
}

/** The ways in which the tests can make an event happen in a state. */
export function waysTo(role: Role, state: State, event: EventName): readonly Way[] {
  const both = find(ofBoth, event);
  if (role === "client") {
    const reach = (path = {}) => clientIn(state as ClientState, path);
    return [
      ...(both?.(state, role) ?? []).map((scenario) => way(scenario, reach)),
      ...(find(ofClient, event)?.(state) ?? []).map((scenario) => way(scenario, reach)),
    ];
  }
  const reach = (path = {}) => serverIn(state as ServerState, path);
  return [
    ...(both?.(state, role) ?? []).map((scenario) => way(scenario, reach)),
    ...(find(ofServer, event)?.(state) ?? []).map((scenario) => way(scenario, reach)),
  ];
}

/** A channel in the state that has come there the usual way, with liveness on. */
export function usualIn(role: Role, state: State): AnySubject {
  const path = { liveness: { pingAfter: 1_000, timeout: 3_000 } };
  return role === "client" ? clientIn(state as ClientState, path) : serverIn(state as ServerState, path);
}
