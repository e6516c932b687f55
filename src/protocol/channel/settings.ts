import type { Primitives } from "../../crypto/primitives.ts";
import { maxRecordBody } from "../limits.ts";
import { newMemory, type RecordMemory } from "../record/memory.ts";
import { paddedLength } from "../record/padding.ts";
import { UsageError } from "../usage-error.ts";
import type { LivenessPolicy } from "./liveness.ts";
import type { ChannelOptions, DrainLimits } from "./options.ts";
import { requireKnown } from "./options-known.ts";

/** The options that both roles have, checked, copied, and with their defaults. */
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
  readonly memory: RecordMemory;
}

type Defaults = Pick<Settings, "handshakeTimeout" | "drainTimeout" | "drainBytes" | "recordSize">;

/** Throws {@link UsageError} for what makes no sense (LM-002). */
export function checkSettings(options: ChannelOptions, defaults: Defaults): Settings {
  if (typeof options !== "object" || options === null) throw new UsageError("a channel is made with options");
  const { primitives, randomBytes, now, liveness, recordSize = defaults.recordSize } = options;
  requireKnown("drain", options.drain, { timeout: true, bytes: true } satisfies Record<
    keyof DrainLimits,
    true
  >);
  if (typeof primitives?.x25519 !== "function") throw new UsageError("primitives come from loadPrimitives()");
  if (typeof randomBytes !== "function")
    throw new UsageError("randomBytes is a function from a length to bytes");
  if (typeof now !== "function") throw new UsageError("now is a function that gives milliseconds");
  if (!Number.isInteger(recordSize) || recordSize < 1 || recordSize > maxRecordBody) {
    throw new UsageError(`recordSize is a whole number from 1 to ${maxRecordBody}`);
  }
  return {
    primitives,
    randomBytes: (length) => checkRandom(randomBytes(length), length),
    now: () => checkTime(now()),
    handshakeTimeout: limit("handshakeTimeout", options.handshakeTimeout, defaults.handshakeTimeout),
    drainTimeout: limit("drain.timeout", options.drain?.timeout, defaults.drainTimeout),
    drainBytes: limit("drain.bytes", options.drain?.bytes, defaults.drainBytes),
    liveness: liveness === undefined ? undefined : checkLiveness(liveness),
    paddedLength: paddedLength(options.padding ?? "none"),
    recordSize,
    memory: options.memory ?? newMemory,
  };
}

const livenessNames = { pingAfter: true, timeout: true } satisfies Record<keyof LivenessPolicy, true>;

/** LM-007. */
function checkLiveness(policy: LivenessPolicy): LivenessPolicy {
  requireKnown("liveness", policy, livenessNames);
  const pingAfter = limit("liveness.pingAfter", policy.pingAfter, Number.NaN);
  const timeout = limit("liveness.timeout", policy.timeout, Number.NaN);
  if (pingAfter === 0 || pingAfter >= timeout) {
    throw new UsageError(
      "liveness.pingAfter is more than 0 and less than liveness.timeout, or no Ping could be answered",
    );
  }
  return { pingAfter, timeout };
}

function limit(name: string, value: number | undefined, otherwise: number): number {
  const chosen = value ?? otherwise;
  if (typeof chosen !== "number" || !(chosen >= 0)) throw new UsageError(`${name} is a number, 0 or more`);
  return chosen;
}

function checkTime(time: number): number {
  if (typeof time === "number" && !Number.isNaN(time)) return time;
  throw new TypeError("now gave something that is no number of milliseconds");
}

function checkRandom(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes instanceof Uint8Array && bytes.length === length) return bytes;
  throw new RangeError(`randomBytes was asked for ${length} bytes and gave something else`);
}
