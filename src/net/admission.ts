import type { Socket } from "node:net";
import { requireKnown } from "../protocol/channel/options-known.ts";
import type { ServerChannel } from "../protocol/channel/server-channel.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { report } from "./diagnostics.ts";
import type { HawserSocket } from "./socket.ts";

/** How much a server takes on. */
export interface ServerLimits {
  /**
   * Handshakes under way; 1,024 unless given. One more, and the oldest that waits for its client is closed without an
   * answer, or the new one where there is none.
   */
  readonly handshakes?: number;
  /** Handshakes under way from one address; 64 unless given. One more is closed without an answer. */
  readonly handshakesPerAddress?: number;
  /** Connections; no limit unless given. One more is refused with `busy`. */
  readonly connections?: number;
}

const limitNames = {
  handshakes: true,
  handshakesPerAddress: true,
  connections: true,
} satisfies Record<keyof ServerLimits, true>;

/** A connection, from its first moment until its transport is closed. */
export interface Guest {
  readonly raw: Socket;
  readonly channel: ServerChannel;
  readonly socket: HawserSocket;
  readonly address: string | undefined;
  /** Let in, or about to be. */
  isAdmitted: boolean;
  /** Closed without an answer to make room. */
  gaveWay: boolean;
}

/** All the connections of a server, and whether there is room for more (LM-003, LM-004). */
export class Admission {
  readonly #handshakes: number;
  readonly #handshakesPerAddress: number;
  readonly #connections: number;
  readonly #guests = new Set<Guest>();
  readonly #byAddress = new Map<string, number>();
  #admitted = 0;

  /** @throws UsageError for a limit that makes no sense */
  constructor(limits: ServerLimits = {}) {
    requireKnown("limits", limits, limitNames);
    this.#handshakes = limit("handshakes", limits.handshakes, 1_024);
    this.#handshakesPerAddress = limit("handshakesPerAddress", limits.handshakesPerAddress, 64);
    this.#connections = limit("connections", limits.connections, Number.POSITIVE_INFINITY);
  }

  get guests(): ReadonlySet<Guest> {
    return this.#guests;
  }

  /** Whether no more connections may be open than are. */
  isFull(remoteAddress: string | undefined): boolean {
    if (this.#admitted < this.#connections) return false;
    report("hawser:server:limit", () => ({ limit: "connections", remoteAddress }));
    return true;
  }

  /** Whether a handshake may begin; where that takes it, the oldest that waits for its client gives way. */
  mayBegin(address: string | undefined): boolean {
    if (address !== undefined && (this.#byAddress.get(address) ?? 0) >= this.#handshakesPerAddress) {
      report("hawser:server:limit", () => ({ limit: "handshakesPerAddress", remoteAddress: address }));
      return false;
    }
    if (this.#guests.size - this.#admitted < this.#handshakes) return true;
    report("hawser:server:limit", () => ({ limit: "handshakes", remoteAddress: address }));
    for (const guest of this.#guests) {
      if (guest.isAdmitted || !waitingForClient.has(guest.channel.state)) continue;
      guest.gaveWay = true;
      guest.raw.destroy();
      this.remove(guest);
      return true;
    }
    return false;
  }

  add(guest: Guest): void {
    this.#guests.add(guest);
    this.#count(guest, 1);
  }

  /** The handshake is over, and the client let in. */
  admit(guest: Guest): void {
    if (guest.isAdmitted || !this.#guests.has(guest)) return;
    this.#count(guest, -1);
    guest.isAdmitted = true;
    this.#admitted++;
  }

  /** Its transport is closed. */
  remove(guest: Guest): void {
    if (!this.#guests.delete(guest)) return;
    if (guest.isAdmitted) this.#admitted--;
    else this.#count(guest, -1);
  }

  #count({ address }: Guest, more: number): void {
    if (address === undefined) return;
    const count = (this.#byAddress.get(address) ?? 0) + more;
    if (count === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
  }
}

const waitingForClient: ReadonlySet<ServerChannel["state"]> = new Set([
  "AwaitHello",
  "AwaitResponse",
  "Hiding",
  "Draining",
]);

function limit(name: string, value: number | undefined, otherwise: number): number {
  const chosen = value ?? otherwise;
  if (typeof chosen !== "number" || !(chosen >= 0))
    throw new UsageError(`limits.${name} is a number, 0 or more`);
  return chosen;
}
