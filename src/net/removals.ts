import type { AuthorizedKeys } from "../keys/files/authorized-keys.ts";
import { formatPublicKey } from "../keys/portable.ts";
import { report } from "./diagnostics.ts";
import { AlertError } from "./errors.ts";

/** A connection whose key may be removed: a socket, or one that is served by another process. */
export interface Removable {
  readonly remotePublicKey: Uint8Array | undefined;
  readonly destroyed: boolean;
  dismiss(farewell: AlertError): void;
}

/** How often the file is looked at while there are connections, in milliseconds, unless told otherwise. */
export const defaultRemovalInterval = 1_000;

/**
 * Ends the connections of keys that are in the authorized-keys file no more, with `not_authorized` (AL-005, KT-049).
 * While the file can't be read nobody is let in, and nobody's connection ends.
 */
export class Removals {
  readonly #authorized: Pick<AuthorizedKeys, "lookup">;
  readonly #interval: number;
  readonly #sockets: () => Iterable<Removable>;
  #timer: NodeJS.Timeout | undefined;

  /** @param interval in milliseconds */
  constructor(
    authorized: Pick<AuthorizedKeys, "lookup">,
    interval: number,
    sockets: () => Iterable<Removable>,
  ) {
    this.#authorized = authorized;
    this.#interval = interval;
    this.#sockets = sockets;
  }

  /** There is a connection: looks from now on, until there is none. */
  watch(): void {
    this.#timer ??= setTimeout(() => void this.#look(), this.#interval).unref();
  }

  async #look(): Promise<void> {
    const byKey = new Map<string, Removable[]>();
    for (const socket of this.#sockets()) {
      const { remotePublicKey } = socket;
      if (remotePublicKey === undefined || socket.destroyed) continue;
      const id = formatPublicKey(remotePublicKey);
      byKey.set(id, [...(byKey.get(id) ?? []), socket]);
    }
    await Promise.all([...byKey.values()].map((sockets) => this.#judge(sockets)));
    this.#timer = undefined;
    if (byKey.size > 0) this.watch();
  }

  async #judge(sockets: readonly Removable[]): Promise<void> {
    const publicKey = sockets[0]?.remotePublicKey;
    if (publicKey === undefined) return;
    try {
      if ((await this.#authorized.lookup(publicKey)) !== undefined) return;
    } catch {
      return; // Whoever comes now is refused, with this as the reason.
    }
    for (const socket of sockets) {
      report("hawser:server:removed", () => ({ peer: formatPublicKey(publicKey) }));
      socket.dismiss(new AlertError("not_authorized"));
    }
  }
}
