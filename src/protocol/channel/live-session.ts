import type { Primitives } from "../../crypto/primitives.ts";
import type { Session } from "../handshake/session.ts";
import type { Role } from "../machine/table.ts";
import type { LivenessState } from "./liveness.ts";

/** A direction's key, 32 bytes, and the counter of its next record: a rekey that is due has not been done (TR-022). */
export interface DirectionState {
  readonly key: Uint8Array;
  readonly nonce: bigint;
}

/** All that a channel which is open is made of, but for what the application and the driver configure. */
export interface LiveSession {
  readonly role: Role;
  readonly state: "Open" | "HalfClosedLocal" | "HalfClosedRemote";
  /** The long-term public keys, 32 bytes. */
  readonly remotePublicKey: Uint8Array;
  readonly localPublicKey: Uint8Array;
  /** As it goes over the wire, 32 bytes. */
  readonly context: Uint8Array;
  /** 64 bytes. */
  readonly channelBinding: Uint8Array;
  /** 64 bytes. */
  readonly exporterSecret: Uint8Array;
  readonly sending: DirectionState;
  readonly receiving: DirectionState;
  readonly liveness: LivenessState;
  /** The transport's end of file was seen, after the peer's Close. */
  readonly inputEnded: boolean;
  /** Something was transmitted, and the driver has not said that it is handed over. */
  readonly unflushed: boolean;
  /** Received, and no record has been made of it. */
  readonly unopened: Uint8Array;
}

/** What the handshake has left behind, as one end sees it: copies of what is secret. */
export function keysOf(
  { clientCipher, serverCipher, exporter, channelBinding }: Session,
  role: Role,
): Pick<LiveSession, "sending" | "receiving" | "channelBinding" | "exporterSecret"> {
  const client = { key: clientCipher.copyKey(), nonce: clientCipher.nonce };
  const server = { key: serverCipher.copyKey(), nonce: serverCipher.nonce };
  const [sending, receiving] = role === "client" ? [client, server] : [server, client];
  return {
    sending,
    receiving,
    channelBinding,
    exporterSecret: exporter.copySecret(),
  };
}

/** Overwrites what is secret in it. */
export function wipeLiveSession(primitives: Primitives, session: LiveSession): void {
  for (const secret of [session.sending.key, session.receiving.key, session.exporterSecret])
    primitives.wipe(secret);
}
