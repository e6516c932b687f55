import { type EventName, events, type Role, roles, type State, states } from "./invariants-vocabulary.ts";

export interface Cell {
  readonly to: string;
  readonly outputs: readonly string[];
}

/** What becomes of an event in a state, by the table that is judged. */
export type Lookup = (role: Role, state: string, event: string) => Cell | undefined;

export interface Place {
  readonly role: Role;
  readonly state: string;
  readonly event: string;
}

/** Whether a cell is as it must be. */
export type Claim = (cell: Cell, place: Place) => boolean;

/** A statement of the protocol. */
export interface Invariant {
  /** The requirements in spec/ that it follows. */
  readonly ids: string;
  readonly says: string;
  /** Whether the cell may stand in that place, as far as this statement goes. */
  readonly allows: (cell: Cell, place: Place) => boolean;
}

/** One part of a statement: it speaks of the cells where `covers` holds. */
export interface Clause {
  readonly covers: (place: Place) => boolean;
  readonly claim: Claim;
}

/** Every event in every state of either role. */
export const places: readonly Place[] = roles.flatMap((role) =>
  states[role].flatMap((state) => events[role].map((event) => ({ role, state, event }))),
);

export function invariant(ids: string, says: string, ...clauses: readonly Clause[]): Invariant {
  const allows = (cell: Cell, place: Place) =>
    clauses.every(({ covers, claim }) => !covers(place) || claim(cell, place));
  return { ids, says, allows };
}

/** Of all cells. */
export const everywhere = (claim: Claim): Clause => ({ covers: () => true, claim });

/** Of these events in these states; without states, in all; of either role that has them. */
export function on(
  these: EventName | readonly EventName[],
  inStates?: State | readonly State[],
): { readonly is: (claim: Claim) => Clause } {
  const all: readonly string[] = [these].flat();
  const where: readonly string[] | undefined = inStates && [inStates].flat();
  const covers = ({ state, event }: Place) =>
    all.includes(event) && (where === undefined || where.includes(state));
  return { is: (claim) => ({ covers, claim }) };
}

/** All states but these. */
export function but(...exceptions: readonly State[]): State[] {
  const all = [...new Set(roles.flatMap((role) => states[role]))] as State[];
  return all.filter((state) => !exceptions.includes(state));
}

/** Exactly these outputs, in this order, and the state stays. */
export const stays =
  (...outputs: readonly string[]): Claim =>
  ({ to, outputs: actual }, { state }) =>
    to === state && actual.join() === outputs.join();

/** Exactly these outputs, in this order, and the state changes. */
export const goes =
  (next: State, ...outputs: readonly string[]): Claim =>
  ({ to, outputs: actual }) =>
    to === next && actual.join() === outputs.join();

export const misuse = stays("misuse");
export const impossible = stays("impossible");
export const nothing = stays();

/** Without a word to the peer: the failure is told, the transport closed. */
export const failsInSilence = goes("Failed", "failed", "closeTransport");

/** The last word is said, the failure told, the transport half-closed and drained. */
export const failsSaying = (word: string): Claim => goes("Draining", word, "failed", "endTransport");
