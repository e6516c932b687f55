import type { Duplex } from "node:stream";
import type { ClientChannel } from "../protocol/channel/client-channel.ts";
import type { ServerChannel } from "../protocol/channel/server-channel.ts";
import type { Output } from "../protocol/output.ts";
import type { ImportedChannel } from "../protocol/transfer/imported-channel.ts";
import type { Decision } from "./driver.ts";

export type AnyChannel = ClientChannel | ServerChannel | ImportedChannel;

/** A connection to be: its transport and its channel. */
export interface Beginning {
  readonly stream: Duplex;
  readonly channel: AnyChannel;
  /** What a channel that was imported wants done first. */
  readonly outputs?: Output[] | undefined;
  /** What was read from the stream before. */
  readonly head?: Uint8Array | undefined;
}

/** Where a socket comes from: a connection that is made, one that was accepted, a stream that was handed in. */
export interface Origin {
  /** Gives up, with any error, when the signal says so, which is made when it is asked for. */
  begin(gaveUp: () => AbortSignal): Promise<Beginning> | Beginning;
  /** The socket was given up before `begin` was called, or `begin` failed: no stream is to stay open. */
  abandon(): void;
  /** The peer's key: is it the right one? When this rejects, the socket is destroyed with that error. */
  decide(publicKey: Uint8Array, context: string | undefined): Promise<Decision>;
}
