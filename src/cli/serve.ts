import { requireContext } from "../keys/context.ts";
import type { KeyOptionName } from "../keys/index.ts";
import type { TunnelLimits } from "../tunnel/limits.ts";
import type { Operable } from "../tunnel/operable.ts";
import { TunnelServer } from "../tunnel/serve.ts";
import { usageError } from "./errors.ts";
import { Operations, type OperationsContext } from "./operations.ts";
import type { ServeCommandOptions } from "./program.ts";
import { KeyFiles, readAuthorizedKeys, reloadFailure } from "./reload.ts";
import { given, listenedAt, millisecondsOf, numberOf, serviceOf } from "./tunnel-options.ts";

/** The options of authorized keys that are looked at here. */
const honours: readonly KeyOptionName[] = ["to", "from", "max"];

/** `hawser serve`. */
export async function serve(
  address: string | undefined,
  options: ServeCommandOptions,
  context: OperationsContext,
): Promise<void> {
  const { interrupts } = context;
  const settings = settingsOf(options);
  const operations = new Operations(options, context);
  const listened = listenedAt(requireAddress(address));
  await operations.prepare();
  const keys = new KeyFiles(settings.keyPaths, settings.handshakeTimeout);
  try {
    const read = async () => {
      const [next, authorized] = await both(keys, settings.authorizedKeysPath);
      next.take();
      return { keyPairs: next.keyPairs, authorized };
    };
    const { observe } = operations;
    const server = new TunnelServer({ ...settings.tunnel, ...(await read()), observe });
    interrupts.signal.throwIfAborted();
    await server.listen(listened.place).catch(async (error) => {
      throw await listened.failed(error);
    });
    const operable: Operable = {
      reload: () =>
        read().then(
          (credentials) => server.take(credentials),
          (error) => observe({ type: "reloadFailed", failure: reloadFailure(error) }),
        ),
      close: (how) => server.close(how),
      status: () => server.status(),
    };
    await operations.run(operable);
  } finally {
    keys.wipe();
  }
}

/** The keys and who is let in, or neither. */
async function both(keys: KeyFiles, authorizedKeysPath: string) {
  const next = await keys.read();
  try {
    return [next, await readAuthorizedKeys(authorizedKeysPath, honours)] as const;
  } catch (error) {
    next.drop();
    throw error;
  }
}

function settingsOf(options: ServeCommandOptions) {
  const { key: keyPaths = [], authorizedKeys: authorizedKeysPath, context = "", stealth = false } = options;
  if (keyPaths.length === 0) {
    throw usageError(
      "--key FILE is missing: the file of your own key pair. To make one: hawser keygen -o my.key",
    );
  }
  if (keyPaths.length > 4) throw usageError("--key may be given up to four times, the newest key first.");
  if (authorizedKeysPath === undefined) {
    throw usageError(
      "--authorized-keys FILE is missing: the public keys that are let in, a line each, as hawser pubkey prints them.",
    );
  }
  requireContext(context);
  const handshakeTimeout = millisecondsOf("--handshake-timeout", options.handshakeTimeout) ?? 10_000;
  return {
    keyPaths,
    authorizedKeysPath,
    handshakeTimeout,
    tunnel: {
      to: serviceOf(options.to),
      context,
      stealth,
      handshakeTimeout,
      limits: limitsOf(options),
      ...given({
        connectTimeout: millisecondsOf("--connect-timeout", options.connectTimeout),
        idleTimeout: millisecondsOf("--idle-timeout", options.idleTimeout),
      }),
    },
  };
}

function limitsOf(options: ServeCommandOptions): TunnelLimits {
  return given<TunnelLimits>({
    connections: numberOf("--max-connections", options.maxConnections, 1),
    connectionsPerKey: numberOf("--max-per-key", options.maxPerKey, 1),
    connectionsPerAddress: numberOf("--max-per-address", options.maxPerAddress, 1),
    handshakes: numberOf("--max-handshakes", options.maxHandshakes, 1),
    handshakesPerAddress: numberOf("--max-handshakes-per-address", options.maxHandshakesPerAddress, 1),
  });
}

function requireAddress(address: string | undefined): string {
  if (address !== undefined) return address;
  throw usageError(
    "The address to listen at is missing: [HOST:]PORT, such as 4100, unix:PATH, or systemd:[NAME] for a socket that is passed.",
  );
}
