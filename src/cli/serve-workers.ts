import { type Cluster, type ClusterEvent, startCluster } from "../cluster/index.ts";
import { Hub } from "../tunnel/hub.ts";
import type { Observe } from "../tunnel/observer.ts";
import type { Operable } from "../tunnel/operable.ts";
import { usageError } from "./errors.ts";
import type { Log } from "./log.ts";
import { Operations, type OperationsContext } from "./operations.ts";
import type { ServeCommandOptions } from "./program.ts";
import { reloadFailure } from "./reload.ts";
import { servePrograms } from "./serve-programs.ts";
import { requireAddress, serveSettings } from "./serve-settings.ts";
import { serveUsers } from "./serve-users.ts";
import { startFailure } from "./start-failure.ts";
import { listenedAt, numberOf } from "./tunnel-options.ts";

const mostWorkers = 1_024;

/**
 * `hawser serve --workers`: this process binds the port and sees to signals, log, metrics and status; another has the keys and
 * lets clients in, and others have the connections.
 */
export async function serveByWorkers(
  address: string | undefined,
  options: ServeCommandOptions & { readonly workers: string },
  context: OperationsContext,
): Promise<void> {
  const { log } = context;
  const settings = serveSettings(options);
  const workers = numberOf("--workers", options.workers, 1, mostWorkers) as number;
  if (process.platform === "win32")
    throw usageError("--workers is for systems whose processes can pass sockets on.");
  if (settings.keyPaths.includes("-")) {
    throw usageError(
      "With --workers the key can't come from standard input: another process reads it, at each reload.",
    );
  }
  const users = await serveUsers(options);
  const operations = new Operations(options, context);
  const listened = listenedAt(requireAddress(address));
  await operations.run(async () => {
    const tunnel = await startTunnel({ listened, settings, users, workers }, operations.observe, context);
    if (users.warning !== undefined) log.warn({ event: "same_user", words: users.warning });
    return tunnel;
  });
}

interface TunnelParts {
  readonly listened: ReturnType<typeof listenedAt>;
  readonly settings: ReturnType<typeof serveSettings>;
  readonly users: Awaited<ReturnType<typeof serveUsers>>;
  readonly workers: number;
}

/** All processes, as one end of a tunnel. */
async function startTunnel(
  { listened, settings, users, workers }: TunnelParts,
  observe: Observe,
  context: OperationsContext,
): Promise<Operable> {
  let cluster: Cluster | undefined;
  const hub = new Hub(observe, (gate, message) => cluster?.tell(gate, message));
  const onEvent = clusterObserver(hub, context.log);
  const failed = (error: Error) => startFailure(hub.takeFailure(), error);
  const started = await startCluster({
    listen: listened.place,
    ...servePrograms(settings, users),
    workers,
    observe: (event) => {
      if (event.type === "error") {
        observe({ type: "serverError", failure: { code: "ERR_HAWSER_INTERNAL", words: event.words } });
      } else onEvent(event);
    },
  }).catch(async (error: NodeJS.ErrnoException) => {
    throw error.syscall === undefined ? failed(error) : await listened.failed(error);
  });
  cluster = started;
  const { signal } = context.interrupts;
  if (signal.aborted) {
    await started.close({ grace: 0 });
    throw signal.reason;
  }
  const url = started.url === "" ? undefined : started.url;
  observe({ type: "listening", url, address: started.address || "a socket without a name" });
  return {
    reload: () =>
      started.reload().then(
        () => observe({ type: "reloaded", publicKeys: hub.publicKeys(started.acceptor) }),
        (error) => observe({ type: "reloadFailed", failure: reloadFailure(failed(error)) }),
      ),
    close: async ({ grace = 5_000 } = {}) => {
      observe({ type: "closing", grace, connections: hub.status().length });
      await started.close({ grace });
      observe({ type: "closed" });
    },
    kill: () => started.kill(),
    status: () => hub.status(),
  };
}

/** Hands on what acceptors tell, and says in the log what became of processes. */
function clusterObserver(hub: Hub, log: Log): (event: ClusterEvent) => void {
  /** Acceptors that have come up: of others, whoever started them hears. */
  const ready = new Set<number>();
  return (event) => {
    switch (event.type) {
      case "acceptorStarted":
        hub.started(event.acceptor);
        return;
      case "acceptorReady":
        ready.add(event.acceptor);
        hub.took(event.acceptor);
        return;
      case "message":
        hub.heard(event.acceptor, event.message);
        return;
      case "acceptorEnded": {
        const { code, signal } = event;
        if (ready.delete(event.acceptor) && code !== 0) {
          const words = `The acceptor has ended (${signal ?? `exit code ${code}`}). Another takes its place.`;
          log.warn({ event: "acceptor_ended", words, fields: { exit: signal ?? String(code) } });
        }
        hub.ended(event.acceptor);
        return;
      }
      case "workerEnded": {
        const { slot, code, signal, why, withAll } = event;
        // Of those that are ended as others did not come up, whoever started them hears why.
        if (code === 0 || withAll) return;
        const exit = signal ?? `exit code ${code}`;
        const words = `Worker ${slot} has ended (${exit})${why === undefined ? "" : `: ${why}`}.`;
        log.warn({
          event: "worker_ended",
          words,
          fields: { worker: slot, exit: signal ?? String(code), why },
        });
        return;
      }
      default:
        return; // What becomes of connections the acceptor tells.
    }
  };
}
