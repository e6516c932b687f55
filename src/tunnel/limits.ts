import type { ServerLimits } from "../net/index.ts";
import { UsageError } from "../protocol/index.ts";
import type { Connections } from "./connections.ts";
import { type TunnelError, tooMany } from "./failures.ts";
import type { TunnelLimit } from "./observer.ts";

/** How much a tunnel's server takes on: what the server of the channel does, and how much of that is one client's. */
export interface TunnelLimits extends ServerLimits {
  /** Connections of one key; no limit unless given, and a key's own `max=…` goes before it. One more is refused with `busy`. */
  readonly connectionsPerKey?: number;
  /** Connections from one address; no limit unless given. One more is refused with `busy`. */
  readonly connectionsPerAddress?: number;
}

/** The limits that hold for clients whose key is known. */
export class ClientLimits {
  readonly #connections: Connections;
  readonly #perKey: number;
  readonly #perAddress: number;

  /** @throws UsageError for a limit that makes no sense */
  constructor(connections: Connections, limits: TunnelLimits) {
    const { connectionsPerKey = Number.POSITIVE_INFINITY, connectionsPerAddress = Number.POSITIVE_INFINITY } =
      limits;
    requireLimit("connectionsPerKey", connectionsPerKey);
    requireLimit("connectionsPerAddress", connectionsPerAddress);
    this.#connections = connections;
    this.#perKey = connectionsPerKey;
    this.#perAddress = connectionsPerAddress;
  }

  /**
   * Why one more connection is too many.
   *
   * @param publicKey as its text
   * @param max the key's own limit
   */
  reached(
    publicKey: string,
    host: string | undefined,
    max: number | undefined,
  ): { readonly limit: TunnelLimit; readonly error: TunnelError } | undefined {
    if (this.#connections.ofKey(publicKey) >= (max ?? this.#perKey)) {
      return { limit: "connectionsPerKey", error: tooMany("of this key") };
    }
    if (host !== undefined && this.#connections.ofAddress(host) >= this.#perAddress) {
      return { limit: "connectionsPerAddress", error: tooMany("from this address") };
    }
    return undefined;
  }
}

function requireLimit(name: string, value: number): void {
  if (typeof value !== "number" || !(value >= 0)) {
    throw new UsageError(`limits.${name} is a number, 0 or more`);
  }
}
