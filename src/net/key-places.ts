import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { AuthorizedKeys } from "../keys/files/authorized-keys.ts";
import { formatPublicKey } from "../keys/portable.ts";
import { report } from "./diagnostics.ts";

/** The connections of each key, by the file that lets them in: all servers of a process that share it count together. */
const counts = new WeakMap<AuthorizedKeys, Map<string, number>>();

/**
 * Takes one of the places that a key has, until the connection's transport is closed. (KT-099)
 *
 * @param max how many connections the key may have at once; those without a bound are counted too, as the file may get one
 * @returns `false` where none is free
 */
export function takePlace(
  keys: AuthorizedKeys,
  publicKey: Uint8Array,
  max: number | undefined,
  transport: Duplex,
): boolean {
  const ofFile = counts.get(keys) ?? new Map<string, number>();
  counts.set(keys, ofFile);
  const id = formatPublicKey(publicKey);
  const count = ofFile.get(id) ?? 0;
  if (max !== undefined && count >= max) {
    const { remoteAddress } = transport as Partial<Socket>;
    report("hawser:server:limit", () => ({ limit: "connectionsPerKey", remoteAddress }));
    return false;
  }
  if (transport.closed) return true; // It would never be given back.
  ofFile.set(id, count + 1);
  transport.once("close", () => {
    const left = (ofFile.get(id) ?? 1) - 1;
    if (left === 0) ofFile.delete(id);
    else ofFile.set(id, left);
  });
  return true;
}
