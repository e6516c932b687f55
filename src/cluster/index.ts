/** The server in three: an admin that starts the others, an acceptor that has the key, and workers that have the connections. */
export { type AcceptorOptions, type AdminLink, runAcceptor } from "./acceptor.ts";
export { Cluster, type ClusterOptions, startCluster } from "./admin.ts";
export type { Choice, Picked, Watcher } from "./choice.ts";
export type { ClusterEvent } from "./events.ts";
export {
  PASS_ON_ERRORS,
  type PassOn,
  PassOnError,
  type PassOnErrorCode,
  type PassOnOptions,
} from "./pass-on.ts";
export type { ClusterPlace } from "./place.ts";
export type { Identity } from "./privileges.ts";
export type { AcceptorProgram, Program, WorkerPermissions, WorkerProgram } from "./programs.ts";
export type { Serve } from "./serving.ts";
export { runWorker, type WorkerOptions } from "./worker.ts";
