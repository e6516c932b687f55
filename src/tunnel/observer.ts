import type { AlertName } from "../protocol/index.ts";

/** Why something ended that should not have: a code that stays the same, and words for people, printable and public. */
export interface TunnelFailure {
  /** `ERR_HAWSER_…`, of the channel's side; or `ERR_HAWSER_TUNNEL_…`, of the plain side: see failures.ts. */
  readonly code: string;
  readonly words: string;
}

/** Who is at the other end of a connection. */
export interface TunnelPeer {
  /** What the authorized-keys file calls the client's key; `undefined` where it has no name, and at a client. */
  readonly keyName: string | undefined;
  /** The peer's public key, as its text. Not for metrics: each would be a series of its own. */
  readonly publicKey: string;
  /** `HOST:PORT`; `undefined` over a unix socket. At a client it is that of the local program. */
  readonly address: string | undefined;
}

/** Limits that a tunnel keeps, by the name of their option in {@link TunnelLimits} and in a server's own limits. */
export type TunnelLimit =
  | "connections"
  | "connectionsPerKey"
  | "connectionsPerAddress"
  | "handshakes"
  | "handshakesPerAddress";

/**
 * All that a tunnel tells of itself: logs, metrics and status pages are made of this alone. Nothing in an event is
 * secret. Times are milliseconds, amounts are bytes of what applications sent, without what Hawser adds.
 *
 * For each connection that is let in there is one `connectionOpened` and one `connectionClosed`, with the same number.
 */
export type TunnelEvent =
  /** The end is ready: `url` is a server's connection string, `address` the place that is listened at. */
  | { readonly type: "listening"; readonly url: string | undefined; readonly address: string }
  /**
   * A handshake is over. `outcome` is `"open"`, or the code of what kept it from that, `"ERR_HAWSER_DENIED"` say.
   */
  | { readonly type: "handshakeDone"; readonly outcome: string; readonly milliseconds: number }
  /** A client was not let in, and what is known of it. */
  | {
      readonly type: "refused";
      readonly failure: TunnelFailure;
      readonly address: string | undefined;
      /** As text, where the handshake came that far. */
      readonly publicKey: string | undefined;
    }
  /** There is a connection. `backend` is where it leads: the service, and at a client the server. */
  | {
      readonly type: "connectionOpened";
      readonly connection: number;
      readonly peer: TunnelPeer;
      readonly backend: string;
    }
  /** It is over. `bytesIn` came out of the channel, `bytesOut` went into it. */
  | {
      readonly type: "connectionClosed";
      readonly connection: number;
      readonly peer: TunnelPeer;
      readonly backend: string;
      readonly bytesIn: number;
      readonly bytesOut: number;
      readonly milliseconds: number;
      /** Absent where both directions came to their end. */
      readonly failure: TunnelFailure | undefined;
    }
  /** This end, or the other, gave a reason. `name` is `undefined` for a code that this version does not know. */
  | {
      readonly type: "alertSent";
      readonly alert: number;
      readonly name: AlertName | "application" | undefined;
    }
  | {
      readonly type: "alertReceived";
      readonly alert: number;
      readonly name: AlertName | "application" | undefined;
    }
  /** Somebody was turned away, or gave way, as there were too many. */
  | {
      readonly type: "limitReached";
      readonly limit: TunnelLimit;
      readonly address: string | undefined;
      readonly keyName: string | undefined;
    }
  /** The service could not be reached, for a client that was let in: its connection ends, with `unreachable`. */
  | {
      readonly type: "backendFailed";
      readonly connection: number;
      readonly backend: string;
      readonly failure: TunnelFailure;
    }
  /** At a client: there is no connection to the server, for a local program that wanted one, or for the pool. */
  | {
      readonly type: "connectFailed";
      readonly failure: TunnelFailure;
      /** Where the local program is; `undefined` for the pool, and over a unix socket. */
      readonly address: string | undefined;
      /** Until the pool tries again; `undefined` for a local program, which was told at once. */
      readonly retryIn: number | undefined;
    }
  /** At a client: how many connections stand ready now. */
  | { readonly type: "poolChanged"; readonly ready: number; readonly wanted: number }
  /** Keys, authorized keys and backends were taken anew; connections that were open live on. */
  | { readonly type: "reloaded"; readonly publicKeys: readonly string[] }
  /** They were not, and what was before holds. */
  | { readonly type: "reloadFailed"; readonly failure: TunnelFailure }
  /** Connections could not be taken for a moment: there are no descriptors left, say. */
  | { readonly type: "serverError"; readonly failure: TunnelFailure }
  /** The end takes no more connections, and gives those that are open so long to come to their end. */
  | { readonly type: "closing"; readonly grace: number; readonly connections: number }
  | { readonly type: "closed" };

export type TunnelEventType = TunnelEvent["type"];

/** Who is told. It must not throw: what it does is no part of the tunnel. */
export type Observe = (event: TunnelEvent) => void;

/** One observer that tells several, in their order. */
export function observers(...all: readonly Observe[]): Observe {
  return (event) => {
    for (const observe of all) observe(event);
  };
}
