/** A connection that is open, as a status page shows it. */
export interface ConnectionStatus {
  readonly connection: number;
  readonly keyName: string | undefined;
  /** As its text. */
  readonly publicKey: string;
  readonly address: string | undefined;
  readonly backend: string;
  /** Since it was opened, in milliseconds. */
  readonly milliseconds: number;
  /** Bytes that came out of the channel, and that went into it. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/**
 * What an operator can do to an end of a tunnel while it runs. Signals, service managers and status pages act through
 * this and nothing else; what happens is told to the observer.
 */
export interface Operable {
  /**
   * Reads keys and authorized keys again, from the files they came from, and takes them for new connections; those that
   * are open live on, but for those of keys that are no longer authorized. All or nothing: where a file is bad,
   * what was before holds, and the observer is told `reloadFailed`. Never rejects.
   */
  reload(): Promise<void>;
  /**
   * Takes no more connections, and gives those that are open `grace` milliseconds to come to their end; then they end
   * with `going_away`. Resolves when the last is closed.
   */
  close(options?: { readonly grace?: number }): Promise<void>;
  /** Ends other processes that it has, before a signal ends this one. */
  kill?(): void;
  /** The connections that are open, the oldest first. */
  status(): readonly ConnectionStatus[];
}
