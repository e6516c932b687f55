/** What happens in a cluster. Workers have numbers that are never used again, and slots from 0 on. */
export type ClusterEvent =
  | {
      readonly type: "workerStarted";
      readonly worker: number;
      readonly slot: number;
      readonly pid: number | undefined;
    }
  | { readonly type: "workerReady"; readonly worker: number }
  | {
      readonly type: "workerEnded";
      readonly worker: number;
      readonly slot: number;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      /** What it had done, where it was ended for that. */
      readonly why: string | undefined;
    }
  | { readonly type: "acceptorEnded"; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  /** A connection has ended with its worker. */
  | { readonly type: "connectionLost"; readonly worker: number }
  /** No worker had room for a connection: its client was told `busy`. */
  | { readonly type: "busy" }
  | { readonly type: "error"; readonly words: string };
