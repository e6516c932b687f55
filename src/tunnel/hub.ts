import { performance } from "node:perf_hooks";
import { failureOf, lostWith } from "./failures.ts";
import { type FailedStart, gateMessageOf, type HubMessage } from "./gate-messages.ts";
import type { Observe, TunnelEvent, TunnelPeer } from "./observer.ts";
import type { ConnectionStatus } from "./operable.ts";

interface Open {
  readonly connection: number;
  readonly peer: TunnelPeer;
  readonly host: string | undefined;
  readonly backend: string;
  readonly openedAt: number;
  bytesIn: number;
  bytesOut: number;
}

/**
 * Joins what the gates of a tunnel tell, of which there are several while one takes over from another: to one observer, as one
 * tunnel with its own numbers of connections. And it lets each gate know what the others have, as limits hold for all.
 */
export class Hub {
  readonly #observe: Observe;
  readonly #tell: (gate: number, message: HubMessage) => void;
  /** What each gate's numbers of connections are here. */
  readonly #gates = new Map<number, Map<number, Open>>();
  readonly #open = new Map<number, Open>();
  readonly #publicKeys = new Map<number, readonly string[]>();
  #last = 0;
  #newest = 0;
  #failed: FailedStart | undefined;

  constructor(observe: Observe, tell: (gate: number, message: HubMessage) => void) {
    this.#observe = observe;
    this.#tell = tell;
  }

  /** A gate has been started; numbers grow. */
  started(gate: number): void {
    this.#failed = undefined;
    this.#newest = gate;
    this.#gates.set(gate, new Map());
    for (const open of this.#open.values()) this.#tell(gate, elsewhere(open));
  }

  /** A gate decides from now on who is let in. */
  took(gate: number): void {
    this.#tell(gate, { type: "judge" });
  }

  /** A gate is there no more: of connections that it had nothing is known. */
  ended(gate: number): void {
    for (const open of this.#gates.get(gate)?.values() ?? []) {
      const { connection, peer, backend, bytesIn, bytesOut, openedAt } = open;
      this.#closed(gate, open);
      this.#observe({
        ...{ type: "connectionClosed", connection, peer, backend, bytesIn, bytesOut },
        milliseconds: performance.now() - openedAt,
        failure: failureOf(lostWith("acceptor")),
      });
    }
    this.#gates.delete(gate);
    this.#publicKeys.delete(gate);
  }

  /**
   * What a gate says.
   *
   * @throws Error for what none says
   */
  heard(gate: number, said: unknown): void {
    const message = gateMessageOf(said);
    if (message.type === "event") this.#event(gate, message.event);
    else if (message.type === "keys") this.#publicKeys.set(gate, message.publicKeys);
    else if (message.type === "failed") {
      if (gate === this.#newest) this.#failed = message.error;
    } else if (message.type === "removed") {
      const { publicKey } = message;
      // Newer ones have read newer authorized keys, and may know one that this gate does not.
      for (const other of this.#gates.keys()) {
        if (other < gate) this.#tell(other, { type: "remove", publicKey });
      }
    } else {
      for (const [number, bytesIn, bytesOut] of message.of) {
        const open = this.#gates.get(gate)?.get(number);
        if (open !== undefined) Object.assign(open, { bytesIn, bytesOut });
      }
    }
  }

  /** Why the newest gate has failed to start, told once. */
  takeFailure(): FailedStart | undefined {
    const failed = this.#failed;
    this.#failed = undefined;
    return failed;
  }

  /** The own public keys of a gate. */
  publicKeys(gate: number | undefined): readonly string[] {
    return this.#publicKeys.get(gate ?? 0) ?? [];
  }

  /** The connections that are open, the oldest first. */
  status(): ConnectionStatus[] {
    return [...this.#open.values()].map(({ connection, peer, backend, openedAt, bytesIn, bytesOut }) => ({
      ...{ connection, ...peer, backend, bytesIn, bytesOut },
      milliseconds: performance.now() - openedAt,
    }));
  }

  #event(gate: number, event: TunnelEvent): void {
    if (!("connection" in event)) {
      this.#observe(event);
      return;
    }
    const known = this.#gates.get(gate);
    if (event.type === "connectionOpened") {
      const { peer, backend } = event;
      this.#last += 1;
      const open: Open = {
        ...{ connection: this.#last, peer, host: hostIn(peer.address), backend },
        ...{ openedAt: performance.now(), bytesIn: 0, bytesOut: 0 },
      };
      known?.set(event.connection, open);
      this.#open.set(open.connection, open);
      this.#tellOthers(gate, elsewhere(open));
      this.#observe({ ...event, connection: open.connection });
      return;
    }
    const open = known?.get(event.connection);
    if (open === undefined) return;
    if (event.type === "connectionClosed") {
      known?.delete(event.connection);
      this.#closed(gate, open);
    }
    this.#observe({ ...event, connection: open.connection });
  }

  #closed(gate: number, { connection }: Open): void {
    this.#open.delete(connection);
    this.#tellOthers(gate, { type: "gone", connection });
  }

  #tellOthers(gate: number, message: HubMessage): void {
    for (const other of this.#gates.keys()) {
      if (other !== gate) this.#tell(other, message);
    }
  }
}

function elsewhere({ connection, peer: { publicKey }, host }: Open): HubMessage {
  return { type: "elsewhere", connection, publicKey, host };
}

/** An address without its port. */
function hostIn(address: string | undefined): string | undefined {
  return /^\[?(.*?)\]?:\d+$/.exec(address ?? "")?.[1];
}
