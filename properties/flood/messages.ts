/** What the flood's processes tell one another. */

/** The server's memory, in bytes, and its sockets. */
export interface Usage {
  readonly rss: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  /** Sockets of TCP, the listening one among them. */
  readonly sockets: number;
}

export type FromServer =
  | { readonly type: "listening"; readonly url: string; readonly port: number }
  | { readonly type: "usage"; readonly usage: Usage }
  /** At the end: which connections gave way, each by the number of its turn, and how many there were. */
  | {
      readonly type: "report";
      readonly opened: number;
      readonly gaveWay: readonly number[];
      readonly closed: number;
    };

export type ToServer = "report" | "collect";

/** How many new connections of each kind an attacker makes in a second; Ping-spammers are there from the start. */
export interface Rates {
  readonly halfOpen: number;
  readonly hello: number;
  readonly slow: number;
  readonly garbage: number;
  readonly spammers: number;
}

export interface Order {
  readonly port: number;
  readonly url: string;
  readonly rates: Rates;
  /** How many half-open connections to begin with, as fast as can be. */
  readonly atOnce: number;
  /** The addresses of the loopback to come from. */
  readonly from: readonly string[];
}

export type ToAttacker = Order | "stop";

export type FromAttacker =
  | { readonly type: "ready" }
  /** By kind: connections made; Pings that were answered. */
  | { readonly type: "report"; readonly made: Record<string, number>; readonly pongs: number };
