import { type Table, table } from "../machine/table.ts";

/** What only tests put something else in the place of. Not part of the public interface. */
export interface Internals {
  /** The life cycle that is walked. */
  readonly table: Table;
  /** The nonces that the transport keys begin with: near a rekey, or near the end. */
  readonly firstNonces: { readonly client: bigint; readonly server: bigint };
}

export const internals: Internals = { table, firstNonces: { client: 0n, server: 0n } };
