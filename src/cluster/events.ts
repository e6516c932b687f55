/** What happens in a cluster. Acceptors and workers have numbers that are never used again; workers, slots from 0 on. */
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
      /** It was ended with all others of its acceptor, which did not come up, or which `kill()` ended. */
      readonly withAll: boolean;
    }
  | { readonly type: "acceptorStarted"; readonly acceptor: number; readonly pid: number | undefined }
  /** It takes connections, and the one before no more. */
  | { readonly type: "acceptorReady"; readonly acceptor: number }
  | {
      readonly type: "acceptorEnded";
      readonly acceptor: number;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
    }
  /** What the program of an acceptor has to say to the admin's: anything that JSON has. */
  | { readonly type: "message"; readonly acceptor: number; readonly message: unknown }
  /** A connection has ended with its worker. */
  | { readonly type: "connectionLost"; readonly worker: number }
  /**
   * A worker says of another that it does not answer, or said what it can't have to say, and has closed the way between the two.
   * Which of them is to blame can't be told from that. The other is asked whether it is there, and ended where it is not.
   */
  | { readonly type: "workerDoubted"; readonly worker: number; readonly by: number }
  /** No worker had room for a connection: its client was told `busy`. */
  | { readonly type: "busy" }
  | { readonly type: "error"; readonly words: string };
