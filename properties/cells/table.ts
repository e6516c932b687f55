import spec from "../../spec/states.json" with { type: "json" };
import type { EventName, Role, State, Table } from "../../src/protocol/machine/table.ts";
import { table as generated } from "../../src/protocol/machine/table.ts";

/** A cell of the table in the specification: what becomes of an event in a state. */
export interface SpecCell {
  readonly role: Role;
  readonly state: State;
  readonly event: EventName;
  readonly to: State;
  readonly outputs: readonly string[];
}

type Cells = Readonly<Record<string, Readonly<Record<string, { to: string; outputs: readonly string[] }>>>>;

/** Every cell of spec/states.json. */
export const cells: readonly SpecCell[] = Object.entries<Cells>(spec.table).flatMap(([role, states]) =>
  Object.entries(states).flatMap(([state, events]) =>
    Object.entries(events).map(([event, cell]) => ({ role, state, event, ...cell }) as SpecCell),
  ),
);

export interface Lookup {
  readonly state: State;
  readonly event: EventName;
}

/** The table that channels walk by default, which notes in `lookups` each event in each state that it is asked for. */
export function recordingTable(lookups: Lookup[]): Table {
  const watched = (role: Role): Table[Role] =>
    new Proxy(generated[role] as Table[Role], {
      get: (states, state) =>
        new Proxy(Reflect.get(states, state), {
          get: (events, event) => {
            lookups.push({ state: state as State, event: event as EventName });
            return Reflect.get(events, event);
          },
        }),
    });
  return { client: watched("client"), server: watched("server") };
}
