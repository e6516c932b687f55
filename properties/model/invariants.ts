import { arisingInvariants } from "./invariants-arising.ts";
import { callInvariants } from "./invariants-calls.ts";
import { endingInvariants } from "./invariants-ending.ts";
import { handshakeInvariants } from "./invariants-handshake.ts";
import { recordInvariants } from "./invariants-records.ts";
import { type Cell, type Invariant, type Lookup, type Place, places } from "./invariants-rule.ts";
import { shapeInvariants, totality } from "./invariants-shape.ts";

export { type Cell, type Invariant, type Lookup, type Place, places } from "./invariants-rule.ts";

/**
 * The life cycle in statements, written by hand from the specification's text. They judge any table by looking cells
 * up, and know none; a table with a single cell changed breaks one of them.
 */
export const invariants: readonly Invariant[] = [
  ...shapeInvariants,
  ...arisingInvariants,
  ...callInvariants,
  ...handshakeInvariants,
  ...recordInvariants,
  ...endingInvariants,
];

/** The statements that a cell in its place breaks. */
export function brokenBy(cell: Cell | undefined, place: Place): Invariant[] {
  return cell === undefined ? [totality] : invariants.filter(({ allows }) => !allows(cell, place));
}

/** What a table breaks, and where. */
export function brokenInvariants(lookup: Lookup): string[] {
  return places.flatMap((place) => {
    const { role, state, event } = place;
    const broken = brokenBy(lookup(role, state, event), place);
    return broken.map(({ ids, says }) => `${role} ${state} ${event}: ${says} (${ids})`);
  });
}
