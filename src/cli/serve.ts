import { TunnelServer } from "../tunnel/serve.ts";
import { usageError } from "./errors.ts";
import { Operations, type OperationsContext } from "./operations.ts";
import type { ServeCommandOptions } from "./program.ts";
import { KeyFiles, reloadFailure } from "./reload.ts";
import { readCredentials, requireAddress, serveSettings } from "./serve-settings.ts";
import { listenedAt } from "./tunnel-options.ts";

/** `hawser serve`. */
export async function serve(
  address: string | undefined,
  options: ServeCommandOptions,
  context: OperationsContext,
): Promise<void> {
  if (options.workers !== undefined) {
    const { serveByWorkers } = await import("./serve-workers.ts");
    return serveByWorkers(address, { ...options, workers: options.workers }, context);
  }
  if (options.acceptorUser !== undefined || options.workerUser !== undefined) {
    throw usageError("--acceptor-user and --worker-user say nothing without --workers.");
  }
  const { interrupts } = context;
  const settings = serveSettings(options);
  const operations = new Operations(options, context);
  const listened = listenedAt(requireAddress(address));
  const keys = new KeyFiles(settings.keyPaths, settings.handshakeTimeout);
  try {
    const read = () => readCredentials(keys, settings);
    const { observe } = operations;
    await operations.run(async () => {
      const server = new TunnelServer({ ...settings.tunnel, ...(await read()), observe });
      interrupts.signal.throwIfAborted();
      await server.listen(listened.place).catch(async (error) => {
        throw await listened.failed(error);
      });
      return {
        reload: () =>
          read().then(
            (credentials) => server.take(credentials),
            (error) => observe({ type: "reloadFailed", failure: reloadFailure(error) }),
          ),
        close: (how) => server.close(how),
        status: () => server.status(),
      };
    });
  } finally {
    keys.wipe();
  }
}
