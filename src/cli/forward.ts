import { type ConnectionTarget, parseConnectionString } from "../keys/index.ts";
import type { KeyHolder } from "../protocol/index.ts";
import { type ForwardTarget, TunnelClient } from "../tunnel/forward.ts";
import { configFolder } from "./config-folder.ts";
import { contextOf } from "./connect.ts";
import { usageError } from "./errors.ts";
import { meet } from "./first-contact.ts";
import { KnownServers } from "./known-servers.ts";
import { Operations, type OperationsContext } from "./operations.ts";
import type { ForwardCommandOptions } from "./program.ts";
import { KeyFiles, reloadFailure } from "./reload.ts";
import { given, listenedAt, millisecondsOf, numberOf } from "./tunnel-options.ts";

/** `hawser forward`. */
export async function forward(
  url: string,
  options: ForwardCommandOptions,
  context: OperationsContext,
): Promise<void> {
  const parsed = parseConnectionString(url);
  const settings = settingsOf(options);
  const named = given({ context: contextOf(parsed.context, options.context) });
  const operations = new Operations(options, context);
  const listened = listenedAt(requireListen(options.listen), "127.0.0.1");
  const keys = new KeyFiles([settings.keyPath], settings.connectTimeout, true);
  try {
    const read = async () => {
      const next = await keys.read();
      next.take();
      return next.keyPairs[0] as KeyHolder;
    };
    const { observe } = operations;
    await operations.run(async () => {
      const keyPair = await read();
      const place = { ...placeOf(parsed), ...named, ...given({ via: parsed.via }) };
      const serverKey =
        parsed.serverKey ?? (await knownKey({ ...parsed, ...named }, { ...place, keyPair }, context));
      const target = (own: KeyHolder): ForwardTarget => ({ ...place, serverKey, keyPair: own });
      const client = new TunnelClient({ ...settings.tunnel, target: target(keyPair), observe });
      context.interrupts.signal.throwIfAborted();
      await client.listen(listened.place).catch(async (error) => {
        throw await listened.failed(error);
      });
      return {
        reload: () =>
          read().then(
            (own) => client.take(target(own)),
            (error) => observe({ type: "reloadFailed", failure: reloadFailure(error) }),
          ),
        close: (how) => client.close(how),
        status: () => client.status(),
      };
    });
  } finally {
    keys.wipe();
  }
}

/** The key of a server that the URL names without one: known, or shown and trusted now. */
async function knownKey(
  target: ConnectionTarget,
  options: Omit<ForwardTarget, "serverKey">,
  { surroundings, interrupts, log }: OperationsContext,
): Promise<Uint8Array> {
  const servers = new KnownServers(configFolder(surroundings));
  const known = await servers.lookup(target.endpoint);
  return known?.publicKey ?? meet(target, options, surroundings, servers, interrupts.signal, log);
}

function placeOf({ endpoint }: ConnectionTarget) {
  return endpoint.transport === "tcp"
    ? { host: endpoint.host, port: endpoint.port }
    : { path: endpoint.path };
}

function settingsOf(options: ForwardCommandOptions) {
  const { key: keyPath } = options;
  if (keyPath === undefined) {
    throw usageError(
      "--key FILE is missing: the file of your own key pair. To make one: hawser keygen -o my.key",
    );
  }
  const connectTimeout = millisecondsOf("--connect-timeout", options.connectTimeout) ?? 10_000;
  const size = numberOf("--pool", options.pool, 0);
  return {
    keyPath,
    connectTimeout,
    tunnel: {
      connectTimeout,
      ...given({
        idleTimeout: millisecondsOf("--idle-timeout", options.idleTimeout),
        pool: size === undefined ? undefined : { size },
        connections: numberOf("--max-connections", options.maxConnections, 1),
      }),
    },
  };
}

function requireListen(address: string | undefined): string {
  if (address !== undefined) return address;
  throw usageError(
    "--listen is missing: where local programs connect to, [HOST:]PORT (127.0.0.1:5432) or unix:PATH.",
  );
}
