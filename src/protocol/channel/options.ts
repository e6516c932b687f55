import type { Primitives } from "../../crypto/primitives.ts";
import { publicKeyOf } from "../arguments.ts";
import { encodeContext } from "../handshake/context.ts";
import type { KeyHolder, OwnKey } from "../key-holder.ts";
import {
  defaultDrainBytes,
  defaultDrainTimeout,
  defaultHandshakeTimeout,
  maxRecordBody,
  maxServerKeys,
} from "../limits.ts";
import type { RecordMemory } from "../record/memory.ts";
import type { Padding } from "../record/padding.ts";
import { UsageError } from "../usage-error.ts";
import type { LivenessPolicy } from "./liveness.ts";
import { requireKnown } from "./options-known.ts";
import { checkSettings, type Settings } from "./settings.ts";

/** Bounds on reading on after the last word, in milliseconds and bytes. */
export interface DrainLimits {
  readonly timeout?: number;
  readonly bytes?: number;
}

/** What both ends of a channel are made with. Times are milliseconds. Everything is read once, at the beginning. */
export interface ChannelOptions {
  readonly primitives: Primitives;
  /** Secure random bytes (NO-008): ephemeral keys, first-use routes and Ping bodies come from here. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** A clock that never goes back, in milliseconds from any origin. */
  readonly now: () => number;
  /** For the whole handshake; 10,000 unless given. `Infinity` for none. */
  readonly handshakeTimeout?: number;
  /** Bounds on reading on after the last word: 5,000 ms and 1 MiB unless given. */
  readonly drain?: DrainLimits;
  /**
   * Ping after so much silence, fail after so much; off unless given. A peer whose application does not read can't
   * answer.
   */
  readonly liveness?: LivenessPolicy;
  /** `"none"` unless given. */
  readonly padding?: Padding;
  /** The most data in one record, 1 to 65,516 bytes, which is also the default. */
  readonly recordSize?: number;
  /** Where records are sealed and opened; new arrays unless given. */
  readonly memory?: RecordMemory;
}

export interface ClientOptions extends ChannelOptions {
  readonly keyHolder: KeyHolder;
  /** The key that the server must have, 32 bytes. Without one, the application judges the server's (first use). */
  readonly serverKey?: Uint8Array;
  /** The key of the middlebox before the server, 32 bytes; the server's own unless given. */
  readonly via?: Uint8Array;
  /** What the channel is for: 1 to 32 printable ASCII characters; none unless given. */
  readonly context?: string;
}

export interface ServerOptions extends ChannelOptions {
  /** One to four long-term keys, newest first. */
  readonly keyHolders: readonly KeyHolder[];
  /** The contexts that are served, `""` for none; only none unless given. */
  readonly contexts?: readonly string[];
  /** Say nothing to who does not know the via key. */
  readonly stealth?: boolean;
  /** A middlebox: connections for other servers' keys are shown by a `route` output. */
  readonly routes?: boolean;
  /** Whether connections for the own keys are served; `true` unless this is a middlebox and nothing else. */
  readonly application?: boolean;
}

export interface ClientSettings extends Settings {
  readonly ownKey: OwnKey;
  readonly serverKey: Uint8Array | undefined;
  /** Only where it is another key than the server's. */
  readonly via: Uint8Array | undefined;
  /** As it goes over the wire. */
  readonly context: Uint8Array;
}

export interface ServerSettings extends Settings {
  readonly ownKeys: readonly OwnKey[];
  /** As they go over the wire. */
  readonly contexts: readonly Uint8Array[];
  readonly stealth: boolean;
  readonly routes: boolean;
  readonly application: boolean;
}

/** A client's options, checked, copied, and with their defaults. Throws {@link UsageError} for what makes no sense. */
export function clientSettings(options: ClientOptions): ClientSettings {
  const settings = checkSettings(options, defaults);
  requireKnown("a client's channel", options, clientNames);
  const { serverKey, via, context = "" } = options;
  if (via !== undefined && serverKey === undefined) {
    throw new UsageError("a via key needs the server's key beside it"); // HS-018
  }
  const expected = serverKey === undefined ? undefined : publicKeyOf("serverKey", serverKey);
  const viaKey = via === undefined ? undefined : publicKeyOf("via", via);
  const isOther =
    expected !== undefined && viaKey !== undefined && !settings.primitives.equal(expected, viaKey);
  return {
    ...settings,
    ownKey: ownKey("keyHolder", options.keyHolder),
    serverKey: expected,
    via: isOther ? viaKey : undefined,
    context: encodeContext(context),
  };
}

/** A server's options, checked, copied, and with their defaults. Throws {@link UsageError} for what makes no sense. */
export function serverSettings(options: ServerOptions): ServerSettings {
  const settings = checkSettings(options, defaults);
  requireKnown("a server's channel", options, serverNames);
  const { keyHolders, contexts = [""] } = options;
  if (!Array.isArray(keyHolders) || keyHolders.length < 1 || keyHolders.length > maxServerKeys) {
    throw new UsageError(`a server has one to ${maxServerKeys} keys, newest first`); // HS-020
  }
  if (!Array.isArray(contexts) || contexts.length === 0) {
    throw new UsageError('contexts is a list of strings, one at least; "" is none'); // HS-127
  }
  const ownKeys = keyHolders.map((keyHolder, i) => ownKey(`keyHolders[${i}]`, keyHolder));
  ownKeys.forEach(({ publicKey }, i) => {
    if (ownKeys.slice(0, i).some((other) => settings.primitives.equal(other.publicKey, publicKey))) {
      throw new UsageError(`keyHolders[${i}] is there twice`); // HS-127
    }
  });
  return {
    ...settings,
    ownKeys,
    contexts: contexts.map((context) => encodeContext(context)),
    stealth: flag("stealth", options.stealth, false),
    routes: flag("routes", options.routes, false),
    application: flag("application", options.application, true),
  };
}

const channelNames = {
  primitives: true,
  randomBytes: true,
  now: true,
  handshakeTimeout: true,
  drain: true,
  liveness: true,
  padding: true,
  recordSize: true,
  memory: true,
} satisfies Record<keyof ChannelOptions, true>;

const clientNames = {
  ...channelNames,
  keyHolder: true,
  serverKey: true,
  via: true,
  context: true,
} satisfies Record<keyof ClientOptions, true>;

const serverNames = {
  ...channelNames,
  keyHolders: true,
  contexts: true,
  stealth: true,
  routes: true,
  application: true,
} satisfies Record<keyof ServerOptions, true>;

const defaults = {
  handshakeTimeout: defaultHandshakeTimeout,
  drainTimeout: defaultDrainTimeout,
  drainBytes: defaultDrainBytes,
  recordSize: maxRecordBody,
} as const;

function ownKey(name: string, keyHolder: KeyHolder): OwnKey {
  if (typeof keyHolder?.dh !== "function") throw new UsageError(`${name} is a key holder: { publicKey, dh }`);
  return { keyHolder, publicKey: publicKeyOf(`${name}.publicKey`, keyHolder.publicKey) };
}

function flag(name: string, value: boolean | undefined, otherwise: boolean): boolean {
  if (value !== undefined && typeof value !== "boolean") throw new UsageError(`${name} is true or false`);
  return value ?? otherwise;
}
