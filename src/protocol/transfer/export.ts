import { bytesOf } from "../arguments.ts";
import { concat } from "../bytes.ts";
import type { Channel } from "../channel/channel.ts";
import { requireKnown } from "../channel/options-known.ts";
import { type BlobName, encodeSession, originLength, type PendingBytes } from "./blob.ts";

/** What names the blobs of this process: random bytes, once, and a count. */
let origin: Uint8Array | undefined;
let exports = 0n;

/**
 * Takes an open session out of its channel, as bytes that {@link importSession} makes a channel of: in another process, or
 * here. The channel is of no more use then, and refuses every call with a {@link UsageError}; its keys are wiped.
 *
 * The bytes are as secret as the keys in them, and to be wiped once they have been used.
 *
 * @param pending what the driver holds of the session
 * @throws UsageError in a state other than Open, HalfClosedLocal and HalfClosedRemote, and for a session of more than
 * 16 MiB; nothing has changed then
 */
export function exportSession(channel: Channel, pending: PendingBytes = {}): Uint8Array {
  requireKnown("exportSession", pending, pendingNames);
  const { unopened = nothing, unread = nothing, unsent = nothing } = pending;
  const held = {
    unopened: bytesOf("unopened", unopened),
    unread: bytesOf("unread", unread),
    unsent: bytesOf("unsent", unsent),
  };
  return channel.surrender((live, { primitives, randomBytes }) =>
    encodeSession(primitives, {
      name: nextName(randomBytes),
      live: { ...live, unopened: concat(live.unopened, held.unopened) },
      unread: held.unread,
      unsent: held.unsent,
    }),
  );
}

/** TR-030. */
function nextName(randomBytes: (length: number) => Uint8Array): BlobName {
  origin ??= randomBytes(originLength).slice();
  return { origin, serial: exports++ };
}

const nothing = new Uint8Array(0);

const pendingNames = { unopened: true, unread: true, unsent: true } satisfies Record<
  keyof PendingBytes,
  true
>;
