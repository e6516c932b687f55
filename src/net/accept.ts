import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Primitives } from "../crypto/primitives.ts";
import { ServerChannel } from "../protocol/channel/server-channel.ts";
import type { KeyHolder } from "../protocol/key-holder.ts";
import { type Authorizer, decide, requireAuthorizer } from "./authorize.ts";
import { giveUpOn, opened } from "./opening.ts";
import {
  type ConnectionOptions,
  channelOptions,
  connectionNames,
  requireKeyHolder,
  requireOptions,
  requireSignal,
} from "./options.ts";
import { sharedPrimitives } from "./primitives.ts";
import { HawserSocket } from "./socket.ts";
import { takeOn } from "./transport.ts";

/** Who serves, and whom. */
export interface ServeOptions extends ConnectionOptions {
  /** The server's key pair; up to four, newest first, while keys are changed. */
  readonly keyPair: KeyHolder | readonly KeyHolder[];
  /** Who is let in. A decision that fails lets nobody in, and its text is kept from the client. */
  readonly authorize: Authorizer;
  /** The contexts that are served, `""` for none; only none unless given. */
  readonly contexts?: readonly string[];
  /** Say nothing to who does not know one of the keys. */
  readonly stealth?: boolean;
}

export interface AcceptOptions extends ServeOptions {
  /** What was read from the stream before, where another protocol came first. */
  readonly head?: Uint8Array;
  /** Gives up. Once the handshake is over it has no effect. */
  readonly signal?: AbortSignal;
}

/** The names of {@link ServeOptions}. */
export const serveNames = {
  ...connectionNames,
  keyPair: true,
  authorize: true,
  contexts: true,
  stealth: true,
} satisfies Record<keyof ServeOptions, true>;

const acceptNames = { ...serveNames, head: true, signal: true } satisfies Record<keyof AcceptOptions, true>;

/**
 * The server's side of one connection over any Duplex of bytes, which is the socket's from now on. Resolves when the
 * client has been let in; rejects with a {@link HawserError} that says why not.
 */
export async function accept(stream: Duplex, options: AcceptOptions): Promise<HawserSocket> {
  requireServeOptions(requireOptions("accept", options, acceptNames));
  const { head, signal } = options;
  requireSignal(signal);
  signal?.throwIfAborted();
  takeOn(stream);
  const socket = new HawserSocket(
    {
      begin: async () => ({
        stream,
        channel: serverChannel(options, await sharedPrimitives(), stream),
        head,
      }),
      abandon: () => stream.destroy(),
      decide: (publicKey, context) =>
        decide(options.authorize, publicKey, { context, ...addressOf(stream) }, stream),
    },
    options,
  );
  if (signal !== undefined) giveUpOn(signal, socket);
  await opened(socket);
  return socket;
}

/** @throws UsageError for options that make no sense, as far as that can be told without the primitives */
export function requireServeOptions(options: ServeOptions): void {
  requireAuthorizer(options.authorize);
  keyPairs(options).forEach(requireKeyHolder);
}

export function keyPairs(options: ServeOptions): readonly KeyHolder[] {
  return Array.isArray(options.keyPair) ? options.keyPair : [options.keyPair as KeyHolder];
}

/** The channel of a new connection; its handshake's deadline begins. */
export function serverChannel(options: ServeOptions, primitives: Primitives, stream?: Duplex): ServerChannel {
  const { contexts, stealth } = options;
  return new ServerChannel({
    ...channelOptions(options, primitives, stream),
    keyHolders: keyPairs(options),
    ...(contexts === undefined ? {} : { contexts }),
    ...(stealth === undefined ? {} : { stealth }),
  });
}

/** Where a client is, as far as its transport tells. */
export function addressOf(stream: Duplex): {
  remoteAddress: string | undefined;
  remotePort: number | undefined;
} {
  const { remoteAddress, remotePort } = stream as Partial<Socket>;
  return { remoteAddress, remotePort };
}
