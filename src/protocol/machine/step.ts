import { type AlertName, alertCodes } from "../record/alert-codes.ts";
import type { Action, Cell, EventName, Role, State, Table } from "./table.ts";

/** The cell for an event in a state. The table is total, so there is one. */
export function step(table: Table, role: Role, state: State, event: EventName): Cell {
  const cell = table[role][state]?.[event];
  if (cell === undefined) throw new Error(`no cell for ${role} ${state} ${event}`);
  return cell;
}

const sealing: ReadonlySet<string> = new Set([
  "send.alert",
  "send.close",
  "send.data",
  "send.early",
  "send.queued",
  "send.ping",
  "send.pong",
]);

/** By actions, as it is asked of each record's. */
const known = new Map<Action, boolean>();

/** Whether an output needs a nonce of the own direction. */
export function seals(action: Action): boolean {
  const answer = known.get(action) ?? sealing.has(actionName(action));
  known.set(action, answer);
  return answer;
}

/** An action without the alert code that may follow its colon. */
export function actionName(action: Action): string {
  const colon = action.indexOf(":");
  return colon === -1 ? action : action.slice(0, colon);
}

/** The alert code that follows an action's colon. */
export function alertOf(action: Action): number | undefined {
  const name = action.split(":", 2)[1];
  return name === undefined ? undefined : alertCodes[name as AlertName];
}
