import type { Primitives } from "../../crypto/primitives.ts";
import { ascii, concat } from "../bytes.ts";
import { keyLength } from "../limits.ts";
import type { Ephemeral } from "../noise/ephemeral.ts";
import { HandshakeState } from "../noise/handshake-state.ts";
import { N } from "../noise/patterns.ts";

function routePrologue(header: Uint8Array): Uint8Array {
  return concat(ascii("hawser route"), header);
}

/**
 * RT-001 to RT-006: seals the server's key to the via key: a Noise N message whose ephemeral is the Hello's own, so only its last 48
 * bytes are sent. `undefined` when the via key is a low-order point.
 */
export function sealRoute(
  primitives: Primitives,
  header: Uint8Array,
  e: Ephemeral,
  via: Uint8Array,
  serverKey: Uint8Array,
): Uint8Array | undefined {
  const state = new HandshakeState({
    primitives,
    pattern: N,
    initiator: true,
    prologue: routePrologue(header),
    e,
    rs: via,
  });
  const message = state.writeMessage(serverKey);
  state.wipe();
  return "bytes" in message ? message.bytes.slice(keyLength) : undefined;
}

/**
 * RT-008, RT-009: opens a route with the key that it may be sealed to, given that key's DH with the client's ephemeral key: the
 * server's key that the client asks for, or `undefined` when it does not authenticate.
 */
export function openRoute(
  primitives: Primitives,
  header: Uint8Array,
  via: Uint8Array,
  ephemeralAndRoute: Uint8Array,
  viaDh: Uint8Array,
): Uint8Array | undefined {
  const state = new HandshakeState({
    primitives,
    pattern: N,
    initiator: false,
    prologue: routePrologue(header),
    s: via,
  });
  const payload = state.readMessage(ephemeralAndRoute, viaDh);
  state.wipe();
  return "bytes" in payload ? payload.bytes : undefined;
}
