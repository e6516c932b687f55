import type { Connection } from "../contenders/contender.ts";

/** How much of everything there is to do in a run. */
export interface Sizes {
  /** Bytes that cross in bulk, those that cross before them and do not count, and the size of a write. */
  readonly bulk: number;
  readonly bulkWarmUp: number;
  readonly write: number;
  /** Messages of 64 bytes in a stream, written in a row, those before them that do not count, and those written one in each turn of the event loop. */
  readonly messages: number;
  readonly messagesWarmUp: number;
  readonly turnMessages: number;
  /** Requests and replies of 64 bytes. */
  readonly roundTrips: number;
  /** Connections made one after the other, and those made several at once. */
  readonly handshakes: number;
  readonly concurrentHandshakes: number;
  /** Connections made before those: V8 compiles what runs once for each connection as late as that. */
  readonly handshakeWarmUp: number;
  /** Those that the first figure is of, made by new processes. */
  readonly firstHandshakes: number;
  /** Connections that stay open and do nothing. */
  readonly idle: number;
  /** The longest of the transfers that grow, in bytes, and the most connections of a crowd that does. */
  readonly transfer: number;
  readonly crowd: number;
  /** Messages of 64 bytes, each a record, that go through several rekeys. */
  readonly rekey: number;
}

export type Figures = Readonly<Record<string, number>>;

/** The server's side of a work, in a process of its own. */
export interface ServerSide {
  accept(connection: Connection): void;
  /** The clock is about to run. */
  begin?(): void;
  /** The client is done. */
  end?(): Figures;
}

/** The client's side, warmed up: what happened before does not count. */
export interface ClientSide {
  measure(): Promise<Figures>;
}

/** What a run gives. */
export interface Outcome {
  readonly client: Figures;
  readonly server: Figures;
  /** CPU time, user and system, of both processes while the clock ran, in milliseconds. */
  readonly cpu: number;
}

/** Something that is measured. A side that finds a fault throws, or fails its promise. */
export interface Work {
  /** As `--only` has it. */
  readonly id: string;
  server(sizes: Sizes): ServerSide;
  client(connect: () => Promise<Connection>, sizes: Sizes): Promise<ClientSide>;
  /** The metrics of a run by their ids (`metrics.ts`). */
  figures(outcome: Outcome, sizes: Sizes): Figures;
}

/** For the end of a connection that should not have ended. */
export function unexpectedEnd(error?: Error): never {
  throw error ?? new Error("the connection ended too early");
}
