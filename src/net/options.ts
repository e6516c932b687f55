import type { Duplex } from "node:stream";
import type { Primitives } from "../crypto/primitives.ts";
import { parsePublicKey } from "../keys/portable.ts";
import { publicKeyOf } from "../protocol/arguments.ts";
import type { LivenessPolicy } from "../protocol/channel/liveness.ts";
import type { ChannelOptions, DrainLimits } from "../protocol/channel/options.ts";
import { type OptionNames, requireKnown } from "../protocol/channel/options-known.ts";
import type { KeyHolder } from "../protocol/key-holder.ts";
import type { Padding } from "../protocol/record/padding.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { memoryFor } from "./memory.ts";
import type { RecordSizes } from "./outbox.ts";
import { platform } from "./primitives.ts";

export const defaultHighWaterMark = 65_536;
/** Powers of two, as what applications write is, and a rest would take a record of its own. */
export const defaultRecordSizes: RecordSizes = { first: 16_384, later: 32_768 };

/** What both ends of a socket may be told. */
export interface SocketOptions {
  /**
   * As in `node:net`: `false`, the default, ends the own direction once the peer has ended its own and that has been
   * read.
   */
  readonly allowHalfOpen?: boolean;
  /** Bytes that each direction holds before it pushes back; 65,536 unless given. */
  readonly highWaterMark?: number;
  /** The most data of one record, in bytes, up to 65,516; 16,384 at first and then 32,768 unless given. */
  readonly recordSize?: number;
  /** Bounds on reading on after the last word: 5,000 ms and 1 MiB unless given. */
  readonly drain?: DrainLimits;
}

/** What both ends of a connection may be told, the channel's part among it. Times are milliseconds. */
export interface ConnectionOptions extends SocketOptions {
  /** For all until data may pass, connecting included; 10,000 unless given, `Infinity` for none. */
  readonly handshakeTimeout?: number;
  /**
   * Ping after so much silence, fail after so much; off unless given. A peer whose application does not read can't
   * answer.
   */
  readonly liveness?: LivenessPolicy;
  /** `"none"` unless given. */
  readonly padding?: Padding;
}

/** A public key, as 32 bytes or as its text, `hawser1…`. */
export type PublicKey = Uint8Array | string;

/** @throws KeyError for a text that is no public key's, UsageError for anything else that is none */
export function publicKeyBytes(name: string, key: PublicKey): Uint8Array {
  return typeof key === "string" ? parsePublicKey(key) : publicKeyOf(name, key);
}

/** The channel's part of the options. */
export function channelOptions(
  options: ConnectionOptions,
  primitives: Primitives,
  stream: Duplex | undefined,
): ChannelOptions {
  const { handshakeTimeout, drain, liveness, padding } = options;
  return {
    ...platform,
    primitives,
    recordSize: recordSizes(options).later,
    ...(stream === undefined ? {} : { memory: memoryFor(stream) }),
    ...(handshakeTimeout === undefined ? {} : { handshakeTimeout }),
    ...(drain === undefined ? {} : { drain }),
    ...(liveness === undefined ? {} : { liveness }),
    ...(padding === undefined ? {} : { padding }),
  };
}

/** How data is cut into records. */
export function recordSizes({ recordSize }: SocketOptions): RecordSizes {
  return recordSize === undefined ? defaultRecordSizes : { first: recordSize, later: recordSize };
}

/** The names of {@link ConnectionOptions}. */
export const connectionNames = {
  allowHalfOpen: true,
  highWaterMark: true,
  recordSize: true,
  drain: true,
  handshakeTimeout: true,
  liveness: true,
  padding: true,
} satisfies Record<keyof ConnectionOptions, true>;

/**
 * The options given, as an object that has no others, and whose numbers are such as everything here takes for granted;
 * the channel checks what is its own.
 *
 * @param name the function that takes them
 */
export function requireOptions<T extends ConnectionOptions>(name: string, options: T, known: OptionNames): T {
  if (typeof options !== "object" || options === null)
    throw new UsageError(`${name} takes an object of options`);
  requireKnown(name, options, known);
  const { highWaterMark = 1 } = options;
  if (!Number.isSafeInteger(highWaterMark) || highWaterMark < 1)
    throw new UsageError("highWaterMark is a whole number of bytes, 1 or more");
  requireTime("handshakeTimeout", options.handshakeTimeout);
  return options;
}

/** @throws UsageError for what can't be an own key: a text, a promise, bytes */
export function requireKeyHolder(keyPair: KeyHolder): void {
  if (typeof keyPair?.dh === "function") return;
  throw new UsageError(
    "keyPair is a key holder: { publicKey, dh }, such as readKeyFile and generateKeyPair give once they are awaited",
  );
}

/** @throws UsageError for what is no AbortSignal */
export function requireSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || typeof signal?.throwIfAborted === "function") return;
  throw new UsageError("signal is an AbortSignal, such as AbortSignal.timeout(2_000)");
}

/** @throws UsageError for what is no time: milliseconds, 0 or more, `Infinity` too */
export function requireTime(name: string, milliseconds: number | undefined): void {
  if (milliseconds === undefined || (typeof milliseconds === "number" && milliseconds >= 0)) return;
  throw new UsageError(`${name} is a number, 0 or more`);
}
