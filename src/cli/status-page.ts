import type { Operable } from "../tunnel/operable.ts";
import type { Tally } from "../tunnel/tally.ts";
import { keyLabel } from "./tunnel-log.ts";

/** Which end of a tunnel it is. */
export type Role = "serve" | "forward";

/** How an end of a tunnel does, as `hawser status --json` prints it. Amounts are bytes, times seconds or ISO 8601. */
export interface StatusPage {
  readonly role: Role;
  readonly version: string;
  readonly pid: number;
  readonly state: "running" | "stopping";
  /** The connection string, at a server. */
  readonly url?: string;
  readonly address?: string;
  readonly started: string;
  readonly uptime: number;
  /** Absent where there was none. */
  readonly lastReload?: {
    readonly at: string;
    readonly failure?: { readonly code: string; readonly words: string };
  };
  readonly connectionsTotal: number;
  /** Of the connections that are over and those that are open. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly handshakes: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  readonly limitsReached: Readonly<Record<string, number>>;
  readonly connections: readonly {
    readonly connection: number;
    /** The key's name; where it has none, how its text begins. */
    readonly key: string;
    readonly address?: string;
    readonly backend: string;
    readonly age: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
  }[];
}

/** @param started milliseconds since 1970 */
export function statusPage(
  { role, version, started }: { readonly role: Role; readonly version: string; readonly started: number },
  tally: Tally,
  status: Operable["status"],
): StatusPage {
  const open = status();
  const { url, address, lastReload, handshakes, failures, limits } = tally;
  return {
    role,
    version,
    pid: process.pid,
    state: tally.isClosing ? "stopping" : "running",
    ...(url === undefined ? {} : { url }),
    ...(address === undefined ? {} : { address }),
    started: new Date(started).toISOString(),
    uptime: Math.max(0, Math.round((Date.now() - started) / 1_000)),
    ...(lastReload === undefined ? {} : { lastReload: reloadOf(lastReload) }),
    connectionsTotal: tally.connections,
    bytesIn: open.reduce((sum, { bytesIn }) => sum + bytesIn, tally.bytesIn),
    bytesOut: open.reduce((sum, { bytesOut }) => sum + bytesOut, tally.bytesOut),
    handshakes,
    failures,
    limitsReached: limits,
    connections: open.map(
      ({ connection, keyName, publicKey, address: place, backend, milliseconds, ...amounts }) => ({
        connection,
        key: keyLabel(keyName, publicKey),
        ...(place === undefined ? {} : { address: place }),
        backend,
        age: Math.round(milliseconds / 1_000),
        bytesIn: amounts.bytesIn,
        bytesOut: amounts.bytesOut,
      }),
    ),
  };
}

function reloadOf({ at, failure }: NonNullable<Tally["lastReload"]>): NonNullable<StatusPage["lastReload"]> {
  return { at: new Date(at).toISOString(), ...(failure === undefined ? {} : { failure }) };
}
