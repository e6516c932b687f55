import type { Primitives } from "../../crypto/primitives.ts";
import { encodeContext } from "../handshake/context.ts";
import type { KeyHolder } from "../key-holder.ts";
import {
  defaultDrainBytes,
  defaultDrainTimeout,
  defaultHandshakeTimeout,
  keyLength,
  maxRecordBody,
  maxServerKeys,
} from "../limits.ts";
import { type Table, table } from "../machine/table.ts";
import { type Padding, paddedLength } from "../record/padding.ts";
import { UsageError } from "../usage-error.ts";
import type { LivenessPolicy } from "./liveness.ts";

/** What both ends of a channel are made with. Times are milliseconds. */
export interface ChannelOptions {
  readonly primitives: Primitives;
  /** Secure random bytes: ephemeral keys, first-use routes and Ping bodies come from here. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** A clock that never goes back, in milliseconds from any origin. */
  readonly now: () => number;
  /** For the whole handshake; 10,000 unless given. `Infinity` for none. */
  readonly handshakeTimeout?: number;
  /** Bounds on reading on after the last word: 5,000 ms and 1 MiB unless given. */
  readonly drain?: { readonly timeout?: number; readonly bytes?: number };
  /**
   * Ping after so much silence, fail after so much; off unless given. A peer whose application does not read can't
   * answer.
   */
  readonly liveness?: LivenessPolicy;
  /** `"none"` unless given. */
  readonly padding?: Padding;
  /** The most data in one record, 1 to 65,516 bytes, which is also the default. */
  readonly recordSize?: number;
  /** The life cycle to walk; the specified one unless a test puts another in its place. */
  readonly table?: Table;
  /** The nonces that the transport keys begin with; 0 unless a test begins near a rekey or the end. */
  readonly firstNonces?: { readonly client: bigint; readonly server: bigint };
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

/** The options that both roles have, checked and with their defaults. */
export interface Settings {
  readonly primitives: Primitives;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly now: () => number;
  readonly handshakeTimeout: number;
  readonly drainTimeout: number;
  readonly drainBytes: number;
  readonly liveness: LivenessPolicy | undefined;
  readonly paddedLength: (length: number) => number;
  readonly recordSize: number;
  readonly table: Table;
  readonly firstNonces: { readonly client: bigint; readonly server: bigint };
}

/** Throws {@link UsageError} for what makes no sense. */
export function checkSettings(options: ChannelOptions): Settings {
  const { liveness, recordSize = maxRecordBody } = options;
  if (!Number.isInteger(recordSize) || recordSize < 1 || recordSize > maxRecordBody) {
    throw new UsageError(`recordSize is a whole number from 1 to ${maxRecordBody}`);
  }
  if (liveness !== undefined) {
    checkTime("liveness.pingAfter", liveness.pingAfter);
    checkTime("liveness.timeout", liveness.timeout);
    if (liveness.pingAfter >= liveness.timeout) {
      throw new UsageError("liveness.pingAfter is less than liveness.timeout, or no Ping could be answered");
    }
  }
  return {
    primitives: options.primitives,
    randomBytes: options.randomBytes,
    now: options.now,
    handshakeTimeout: checkTime("handshakeTimeout", options.handshakeTimeout ?? defaultHandshakeTimeout),
    drainTimeout: checkTime("drain.timeout", options.drain?.timeout ?? defaultDrainTimeout),
    drainBytes: checkTime("drain.bytes", options.drain?.bytes ?? defaultDrainBytes),
    liveness,
    paddedLength: paddedLength(options.padding ?? "none"),
    recordSize,
    table: options.table ?? table,
    firstNonces: options.firstNonces ?? { client: 0n, server: 0n },
  };
}

export function checkPublicKey(name: string, key: Uint8Array): void {
  if (!(key instanceof Uint8Array) || key.length !== keyLength) {
    throw new UsageError(`${name} is a public key: a Uint8Array of ${keyLength} bytes`);
  }
}

export function checkKeyHolders(keyHolders: readonly KeyHolder[], equal: Primitives["equal"]): void {
  if (keyHolders.length < 1 || keyHolders.length > maxServerKeys) {
    throw new UsageError(`a server has one to ${maxServerKeys} keys, newest first`);
  }
  keyHolders.forEach(({ publicKey }, i) => {
    checkPublicKey(`keyHolders[${i}].publicKey`, publicKey);
    if (keyHolders.slice(0, i).some((other) => equal(other.publicKey, publicKey))) {
      throw new UsageError(`keyHolders[${i}] is there twice`);
    }
  });
}

/** The contexts that a server serves, as they go over the wire. */
export function servedContexts(contexts: readonly string[] | undefined): readonly Uint8Array[] {
  return (contexts ?? [""]).map((context) => encodeContext(context));
}

function checkTime(name: string, value: number): number {
  if (typeof value !== "number" || !(value >= 0)) throw new UsageError(`${name} is a number, 0 or more`);
  return value;
}
