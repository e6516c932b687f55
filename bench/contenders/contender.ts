/** What a connection tells of itself. */
export interface ConnectionEvents {
  data(bytes: Uint8Array): void;
  /** There is room again after a `write` that answered `false`. */
  drain(): void;
  /** It is over, in both directions; with an error where it did not end as it should. */
  closed(error?: Error): void;
}

/** One end of a connection, with as little as possible between the work and the contender. */
export interface Connection {
  /** Names who is told; before that nothing is. */
  start(events: ConnectionEvents): void;
  /** `false` asks to wait for `drain`; the bytes are taken all the same. */
  write(bytes: Uint8Array): boolean;
  /** Ends the connection in the way that is the contender's own, after what was written. */
  end(): void;
}

/** Where a server is: what its `listen` makes and its `connect` takes, in another process. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Both ends' keys as JSON. Each end knows the other's public part beforehand. */
export interface Credentials {
  readonly server: Record<string, string>;
  readonly client: Record<string, string>;
}

/** One that is measured. A contender authenticates both ends, or says that it does not. */
export interface Contender {
  /** As `--peers` has it. */
  readonly id: string;
  /** As the tables have it. */
  readonly name: string;
  /** Flags of Node's for both processes. */
  readonly nodeFlags?: readonly string[];
  /** New keys for a run. */
  credentials(): Promise<Credentials>;
  /** Listens on a free port of the loopback interface. A client is told of when it has been authenticated. */
  listen(credentials: Credentials["server"], welcome: (connection: Connection) => void): Promise<Address>;
  /** A client, which connects as often as it is called, to a server that it authenticates. */
  client(credentials: Credentials["client"], address: Address): Promise<() => Promise<Connection>>;
}
