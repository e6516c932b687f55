import { formatPublicKey, parsePublicKey, type ServiceAddress } from "../keys/index.ts";
import { nameOf } from "../net/dial.ts";
import { HawserError, type HawserServerOptions, type HawserSocket } from "../net/index.ts";
import { alertName } from "../protocol/index.ts";
import { Connections } from "./connections.ts";
import { watchDiagnostics } from "./diagnosed.ts";
import { failureOf, lostWith, TunnelError, withoutWorker } from "./failures.ts";
import type { GateMessage, HubMessage } from "./gate-messages.ts";
import { type Authorized, Guests, placeOf } from "./guests.ts";
import type { TunnelLimits } from "./limits.ts";
import type { TunnelFailure } from "./observer.ts";
import type { Credentials } from "./serve.ts";
import { keepAliveDelay } from "./service.ts";
import { amountsOf, lastReportOf } from "./worker-report.ts";

/** What a gate is made with. Times are milliseconds. */
export interface GateOptions extends Credentials {
  /** The service, for clients whose key names no other. */
  readonly to: ServiceAddress;
  readonly context: string;
  readonly stealth: boolean;
  readonly limits: TunnelLimits;
  readonly handshakeTimeout: number;
  /** Of the workers, for words. */
  readonly idleTimeout: number;
}

/** Who hears of a connection that a worker has, as a cluster's watchers do. */
export interface GateWatcher {
  reported(numbers: readonly number[], isLast: boolean): boolean;
  over(how: "done" | "lost" | "busy" | "broken"): void;
}

/** How long what has passed is gathered, in milliseconds, and of how many connections it is told at once. */
const gathering = 100;
const bytesAtOnce = 500;

/**
 * The part of a tunnel's server that is with its keys, where other processes have the connections: it lets clients in, counts
 * them, says where to, and tells what becomes of them as one process would.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #tell: (message: GateMessage) => void;
  readonly #connections: Connections;
  readonly #guests: Guests;
  /** Keys that another gate has found to be authorized no more, as texts. */
  readonly #removed = new Set<string>();
  /** Connections of other gates, by the hub's numbers. */
  readonly #elsewhere = new Map<number, { readonly publicKey: string; readonly host: string | undefined }>();
  /** Of those, keys that were told to be authorized no more. */
  readonly #toldRemoved = new Set<string>();
  #isJudge = false;
  readonly #changed = new Map<number, readonly [number, number, number]>();

  /** @throws UsageError for options that make no sense */
  constructor(options: GateOptions, tell: (message: GateMessage) => void) {
    this.#options = options;
    this.#tell = tell;
    const observe = (event: Extract<GateMessage, { type: "event" }>["event"]) =>
      tell({ type: "event", event });
    this.#connections = new Connections(observe);
    const authorized: Authorized = {
      lookup: async (publicKey) =>
        this.#removed.has(formatPublicKey(publicKey)) ? undefined : options.authorized.lookup(publicKey),
    };
    this.#guests = new Guests(authorized, this.#connections, options.limits, observe);
    watchDiagnostics("server", observe);
    tell({ type: "keys", publicKeys: options.keyPairs.map(({ publicKey }) => formatPublicKey(publicKey)) });
  }

  /** What the server that makes the handshakes is made with. */
  get serverOptions(): HawserServerOptions {
    const { keyPairs, context, stealth, handshakeTimeout, limits } = this.#options;
    const { connectionsPerKey: _, connectionsPerAddress: __, ...serverLimits } = limits;
    return {
      keyPair: keyPairs,
      authorize: (publicKey, info) => this.#guests.authorize(publicKey, info),
      contexts: [context],
      ...{ stealth, handshakeTimeout, limits: serverLimits },
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelay,
    };
  }

  /** Where keys are looked up. */
  get authorized(): Authorized {
    return this.#guests.authorized;
  }

  /** How many connections other gates have. */
  get openElsewhere(): number {
    return this.#elsewhere.size;
  }

  refused(...refusal: Parameters<Guests["refused"]>): void {
    this.#guests.refused(...refusal);
  }

  /**
   * A client that was let in: where it is to be joined to, and who hears of it.
   *
   * @throws AlertError where it may not stay, which is what it is to hear
   */
  welcome(socket: HawserSocket): { readonly to: ServiceAddress; readonly watcher: GateWatcher } {
    const host = socket.remoteAddress;
    const publicKey = formatPublicKey(socket.remotePublicKey as Uint8Array);
    const address = placeOf(socket);
    const guest = this.#guests.welcome(publicKey, host);
    if (guest instanceof TunnelError) {
      this.#tell({
        type: "event",
        event: { type: "refused", failure: failureOf(guest), address, publicKey },
      });
      throw guest.toAlert();
    }
    const to = guest.to ?? this.#options.to;
    const counted = { bytesRead: 0, bytesWritten: 0 };
    const backend = nameOf(to);
    const peer = { keyName: guest.keyName, publicKey, address };
    const connection = this.#connections.open(peer, host, backend, counted);
    let failure: TunnelFailure | undefined;
    const watcher: GateWatcher = {
      reported: (numbers, isLast) => {
        // A worker to which the connection came when it had ended has nothing to report.
        if (isLast && numbers.length === 0) failure = failureOf(brokenOffOnItsWay());
        if (isLast && numbers.length === 0) return true;
        const behind = { backend, idleTimeout: this.#options.idleTimeout };
        const last = isLast ? lastReportOf(numbers, behind) : undefined;
        const amounts = last ?? (isLast ? undefined : amountsOf(numbers));
        if (amounts === undefined) return false;
        counted.bytesRead = amounts.bytesIn;
        counted.bytesWritten = amounts.bytesOut;
        if (this.#changed.size === 0) setTimeout(() => this.#tellBytes(), gathering).unref();
        this.#changed.set(connection.number, [connection.number, amounts.bytesIn, amounts.bytesOut]);
        if (last !== undefined) this.#tellAlerts(last.alertSent, last.alertReceived);
        failure = last?.failure;
        if (failure?.code === "ERR_HAWSER_TUNNEL_UNREACHABLE") {
          const event = { type: "backendFailed", connection: connection.number, backend, failure } as const;
          this.#tell({ type: "event", event });
        }
        return true;
      },
      over: (how) => {
        this.#changed.delete(connection.number);
        const reason = {
          done: undefined,
          lost: lostWith("worker"),
          busy: withoutWorker(),
          broken: brokenOffOnItsWay(),
        };
        connection.close(reason[how] ?? (failure === undefined ? undefined : new Ended(failure)));
      },
    };
    return { to, watcher };
  }

  /** What the hub says. */
  take(message: HubMessage): void {
    switch (message.type) {
      case "elsewhere": {
        const { connection, publicKey, host } = message;
        this.#elsewhere.set(connection, { publicKey, host });
        this.#connections.countElsewhere(publicKey, host, 1);
        if (this.#isJudge) void this.#judge(publicKey);
        return;
      }
      case "gone": {
        const gone = this.#elsewhere.get(message.connection);
        if (gone === undefined) return;
        this.#elsewhere.delete(message.connection);
        this.#connections.countElsewhere(gone.publicKey, gone.host, -1);
        return;
      }
      case "judge":
        this.#isJudge = true;
        for (const key of new Set([...this.#elsewhere.values()].map(({ publicKey }) => publicKey))) {
          void this.#judge(key);
        }
        return;
      case "remove":
        this.#removed.add(message.publicKey);
        return;
      default:
        message satisfies never;
    }
  }

  async #judge(publicKey: string): Promise<void> {
    if (this.#toldRemoved.has(publicKey)) return;
    if ((await this.#guests.authorized.lookup(parsePublicKey(publicKey))) !== undefined) return;
    this.#toldRemoved.add(publicKey);
    this.#tell({ type: "removed", publicKey });
  }

  #tellAlerts(sent: number | undefined, received: number | undefined): void {
    const told = [
      ["alertSent", sent],
      ["alertReceived", received],
    ] as const;
    for (const [type, alert] of told) {
      if (alert !== undefined) this.#tell({ type: "event", event: { type, alert, name: alertName(alert) } });
    }
  }

  #tellBytes(): void {
    const all = [...this.#changed.values()];
    this.#changed.clear();
    for (let at = 0; at < all.length; at += bytesAtOnce) {
      this.#tell({ type: "bytes", of: all.slice(at, at + bytesAtOnce) });
    }
  }
}

function brokenOffOnItsWay(): HawserError {
  return new HawserError("ERR_HAWSER_TRUNCATED", "The connection ended before a worker served it.");
}

/** A failure that was told, to be told on. */
class Ended extends Error {
  readonly code: string;

  constructor({ code, words }: TunnelFailure) {
    super(words);
    this.code = code;
  }
}
