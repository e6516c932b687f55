import { fc } from "@fast-check/vitest";
import { encodeContext } from "../../src/protocol/handshake/context.ts";
import type { SavedSession } from "../../src/protocol/transfer/blob.ts";
import { keyBytes } from "../arbitraries/keys.ts";
import { contexts } from "../arbitraries/options.ts";

const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 65_535n, 65_536n, 2n ** 64n - 1n),
);
const direction = fc.record({ key: keyBytes, nonce: u64 });
const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 3_000 }));
const hash = fc.uint8Array({ minLength: 64, maxLength: 64 });
const pingBody = fc.uint8Array({ minLength: 8, maxLength: 8 });

/** Sessions as channels leave them, in everything that can be chosen freely and in all that goes together. */
export const sessions: fc.Arbitrary<SavedSession> = fc
  .record({
    origin: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    serial: u64,
    role: fc.constantFrom("client" as const, "server" as const),
    state: fc.constantFrom("Open" as const, "HalfClosedLocal" as const, "HalfClosedRemote" as const),
    remotePublicKey: keyBytes,
    localPublicKey: keyBytes,
    context: contexts.map((context) => encodeContext(context)),
    channelBinding: hash,
    exporterSecret: hash,
    sending: direction,
    receiving: direction,
    ping: fc.option(pingBody, { nil: undefined }),
    pinged: fc.boolean(),
    pongOwed: fc.boolean(),
    silence: fc.oneof(fc.nat(), fc.constantFrom(0, 2 ** 32 - 1)),
    ended: fc.boolean(),
    unflushed: fc.boolean(),
    unopened: bytes,
    unread: bytes,
    unsent: bytes,
  })
  .map((one) => {
    const inputEnded = one.ended && one.state === "HalfClosedRemote";
    const outstanding = inputEnded ? undefined : one.ping;
    const unflushed = one.unflushed || one.pongOwed || one.unsent.length > 0;
    const { role, state, remotePublicKey, localPublicKey, context, channelBinding, exporterSecret } = one;
    return {
      name: { origin: one.origin, serial: one.serial },
      live: {
        ...{ role, state, remotePublicKey, localPublicKey, context, channelBinding, exporterSecret },
        sending: one.sending,
        receiving: one.receiving,
        liveness: {
          pinged: one.pinged && (outstanding !== undefined || inputEnded),
          outstanding,
          pongOwed: one.pongOwed,
          silence: one.silence,
        },
        inputEnded,
        unflushed,
        unopened: inputEnded ? new Uint8Array(0) : one.unopened,
      },
      unread: one.unread,
      unsent: one.unsent,
    };
  });
