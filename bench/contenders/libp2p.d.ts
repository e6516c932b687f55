/** What is used of libp2p's packages; their own types are not installed where the sources are checked. */
declare module "@libp2p/crypto/keys" {
  export interface PrivateKey {
    readonly publicKey: { readonly raw: Uint8Array };
  }
  export function generateKeyPair(type: "Ed25519"): Promise<PrivateKey>;
  export function privateKeyToProtobuf(key: PrivateKey): Uint8Array;
  export function privateKeyFromProtobuf(bytes: Uint8Array): PrivateKey;
}

declare module "@libp2p/peer-id" {
  import type { PrivateKey } from "@libp2p/crypto/keys";

  export interface PeerId {
    equals(other: PeerId): boolean;
    toString(): string;
  }
  export function peerIdFromPrivateKey(key: PrivateKey): PeerId;
  export function peerIdFromString(text: string): PeerId;
}

declare module "@libp2p/logger" {
  export interface ComponentLogger {
    forComponent(name: string): unknown;
  }
  export function defaultLogger(): ComponentLogger;
}

declare module "@multiformats/multiaddr" {
  export interface Multiaddr {
    toString(): string;
  }
  export function multiaddr(text: string): Multiaddr;
}

declare module "@chainsafe/libp2p-noise" {
  import type { PrivateKey } from "@libp2p/crypto/keys";
  import type { ComponentLogger } from "@libp2p/logger";
  import type { PeerId } from "@libp2p/peer-id";

  /** A list of pieces, which it iterates over. */
  export type Pieces = Uint8Array | Iterable<Uint8Array>;
  export interface MessageStream {
    addEventListener(name: "message", listener: (event: { readonly data: Pieces }) => void): void;
    addEventListener(name: "drain" | "remoteCloseWrite", listener: () => void): void;
    addEventListener(name: "close", listener: (event: { readonly error?: Error }) => void): void;
    send(bytes: Uint8Array): boolean;
    close(): Promise<void>;
  }
  export interface Secured {
    readonly connection: MessageStream;
    readonly remotePeer: PeerId;
  }
  export interface Options {
    readonly remotePeer?: PeerId;
    readonly skipStreamMuxerNegotiation: true;
  }
  export interface Noise {
    secureInbound(connection: MessageStream, options: Options): Promise<Secured>;
    secureOutbound(connection: MessageStream, options: Options): Promise<Secured>;
  }
  export interface Components {
    readonly privateKey: PrivateKey;
    readonly logger: ComponentLogger;
  }
  export function noise(): (components: Components) => Noise;
}

declare module "@libp2p/tcp" {
  import type { MessageStream } from "@chainsafe/libp2p-noise";
  import type { ComponentLogger } from "@libp2p/logger";
  import type { Multiaddr } from "@multiformats/multiaddr";

  export interface Listener {
    listen(address: Multiaddr): Promise<void>;
    getAddrs(): Multiaddr[];
  }
  export interface Transport {
    createListener(options: {
      upgrader: { upgradeInbound(connection: MessageStream): Promise<void> };
      backlog?: number;
    }): Listener;
    dial<T>(
      address: Multiaddr,
      options: { upgrader: { upgradeOutbound(connection: MessageStream): Promise<T> }; signal: AbortSignal },
    ): Promise<T>;
  }
  export function tcp(options?: { backlog?: number }): (components: { logger: ComponentLogger }) => Transport;
}
