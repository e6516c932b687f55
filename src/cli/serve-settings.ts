import { requireContext } from "../keys/context.ts";
import type { KeyOptionName, ServiceAddress } from "../keys/index.ts";
import type { TunnelLimits } from "../tunnel/limits.ts";
import { usageError } from "./errors.ts";
import type { ServeCommandOptions } from "./program.ts";
import { type AuthorizedSnapshot, type KeyFiles, readAuthorizedKeys } from "./reload.ts";
import { given, millisecondsOf, numberOf, serviceOf } from "./tunnel-options.ts";

/** The options of `hawser serve`, understood: as JSON they go to the processes that it starts. Times are milliseconds. */
export interface ServeSettings {
  readonly keyPaths: readonly string[];
  readonly authorizedKeysPath: string;
  readonly handshakeTimeout: number;
  readonly tunnel: {
    readonly to: ServiceAddress;
    readonly context: string;
    readonly stealth: boolean;
    readonly handshakeTimeout: number;
    readonly limits: TunnelLimits;
    readonly connectTimeout?: number;
    readonly idleTimeout?: number;
  };
}

/** The options of authorized keys that are looked at here. */
const honours: readonly KeyOptionName[] = ["to", "from", "max"];

/** Reads the keys and who is let in, or neither. The keys are taken by `keys` then. */
export async function readCredentials(keys: KeyFiles, { authorizedKeysPath }: ServeSettings) {
  const next = await keys.read();
  let authorized: AuthorizedSnapshot;
  try {
    authorized = await readAuthorizedKeys(authorizedKeysPath, honours);
  } catch (error) {
    next.drop();
    throw error;
  }
  next.take();
  return { keyPairs: next.keyPairs, authorized };
}

/** @throws CommandError ERR_HAWSER_USAGE, KeyError for a context that can't be one */
export function serveSettings(options: ServeCommandOptions): ServeSettings {
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

/** @throws CommandError ERR_HAWSER_USAGE */
export function requireAddress(address: string | undefined): string {
  if (address !== undefined) return address;
  throw usageError(
    "The address to listen at is missing: [HOST:]PORT, such as 4100, unix:PATH, or systemd:[NAME] for a socket that is passed.",
  );
}
