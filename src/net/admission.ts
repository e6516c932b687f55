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
  /** Closed without an answer to make room. */
  gaveWay: boolean;
}

/** All the connections of a server, and whether there is room for more (LM-003, LM-004). */
export class Admission {
  readonly #handshakes: number;
  readonly #handshakesPerAddress: number;
  readonly #connections: number;
  /** Apart from those let in, who may be many: a flood of handshakes is not to look through them for each that comes. */
  readonly #underWay = new Set<Guest>();
  readonly #admitted = new Set<Guest>();
  readonly #byAddress = new Map<string, number>();
  /** Connections that count besides: those that have gone on in other processes. */
  elsewhere: () => number = () => 0;

  /** @throws UsageError for a limit that makes no sense */
  constructor(limits: ServerLimits = {}) {
    requireKnown("limits", limits, limitNames);
    this.#handshakes = limit("handshakes", limits.handshakes, 1_024);
    this.#handshakesPerAddress = limit("handshakesPerAddress", limits.handshakesPerAddress, 64);
    this.#connections = limit("connections", limits.connections, Number.POSITIVE_INFINITY);
  }

  /** Whose handshake is under way, or has failed and not been closed yet; the oldest first. */
  get underWay(): readonly Guest[] {
    return [...this.#underWay];
  }

  /** Who was let in, or is about to be. */
  get admitted(): readonly Guest[] {
    return [...this.#admitted];
  }

  /** Whether no more connections may be open than are. */
  isFull(remoteAddress: string | undefined): boolean {
    if (this.#admitted.size < this.#connections - this.elsewhere()) return false;
    report("hawser:server:limit", () => ({ limit: "connections", remoteAddress }));
    return true;
  }

  /** Whether a handshake may begin; where that takes it, the oldest that waits for its client gives way. */
  mayBegin(address: string | undefined): boolean {
    if (address !== undefined && (this.#byAddress.get(address) ?? 0) >= this.#handshakesPerAddress) {
      report("hawser:server:limit", () => ({ limit: "handshakesPerAddress", remoteAddress: address }));
      return false;
    }
    if (this.#underWay.size < this.#handshakes) return true;
    report("hawser:server:limit", () => ({ limit: "handshakes", remoteAddress: address }));
    for (const guest of this.#underWay) {
      if (!waitingForClient.has(guest.channel.state)) continue;
      guest.gaveWay = true;
      guest.raw.destroy();
      this.remove(guest);
      return true;
    }
    return false;
  }

  add(guest: Guest): void {
    this.#underWay.add(guest);
    this.#count(guest, 1);
  }

  /** The handshake is over, and the client let in. */
  admit(guest: Guest): void {
    if (this.#leave(guest)) this.#admitted.add(guest);
  }

  /** Its transport is closed. */
  remove(guest: Guest): void {
    if (!this.#leave(guest)) this.#admitted.delete(guest);
  }

  /** Its handshake is under way no more; `false` where it was not. */
  #leave(guest: Guest): boolean {
    const wasUnderWay = this.#underWay.delete(guest);
    if (wasUnderWay) this.#count(guest, -1);
    return wasUnderWay;
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
