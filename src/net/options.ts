import type { Primitives } from "../crypto/primitives.ts";
import { parsePublicKey } from "../keys/portable.ts";
import { publicKeyOf } from "../protocol/arguments.ts";
import type { LivenessPolicy } from "../protocol/channel/liveness.ts";
import type { ChannelOptions } from "../protocol/channel/options.ts";
import { type OptionNames, requireKnown } from "../protocol/channel/options-known.ts";
import type { Padding } from "../protocol/record/padding.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { platform } from "./primitives.ts";
import { defaultRecordSize, type SocketOptions } from "./socket.ts";

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
export function channelOptions(options: ConnectionOptions, primitives: Primitives): ChannelOptions {
  const { handshakeTimeout, drain, liveness, padding, recordSize = defaultRecordSize } = options;
  return {
    ...platform,
    primitives,
    recordSize,
    ...(handshakeTimeout === undefined ? {} : { handshakeTimeout }),
    ...(drain === undefined ? {} : { drain }),
    ...(liveness === undefined ? {} : { liveness }),
    ...(padding === undefined ? {} : { padding }),
  };
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
 * The options given, as an object that has no others.
 *
 * @param name the function that takes them
 */
export function requireOptions<T extends object>(name: string, options: T, known: OptionNames): T {
  if (typeof options !== "object" || options === null)
    throw new UsageError(`${name} takes an object of options`);
  requireKnown(name, options, known);
  return options;
}
