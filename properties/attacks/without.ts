import type { Cell, EventName, Role, State, Table } from "../../src/protocol/machine/table.ts";
import { table } from "../../src/protocol/machine/table.ts";

const specified: Table = table;

/** One cell in the place of the specified one: a defence taken out. */
export interface Change {
  readonly role: Role;
  readonly state: State;
  readonly event: EventName;
  readonly cell: Cell;
}

/** The specified life cycle with one cell changed. */
export function changed({ role, state, event, cell }: Change): Table {
  const row = specified[role][state];
  if (row?.[event] === undefined) throw new Error(`no cell for ${role} ${state} ${event}`);
  return { ...specified, [role]: { ...specified[role], [state]: { ...row, [event]: cell } } };
}
