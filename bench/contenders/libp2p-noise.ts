import { type MessageStream, noise, type Secured } from "@chainsafe/libp2p-noise";
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import { defaultLogger } from "@libp2p/logger";
import { peerIdFromPrivateKey, peerIdFromString } from "@libp2p/peer-id";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import type { Connection, Contender } from "./contender.ts";

/** libp2p's packages call it; Node has it from version 22 on (ECMA-262 2024, §27.2.4.9). */
function withResolvers<T>() {
  let settle:
    | { resolve: (value: T | PromiseLike<T>) => void; reject: (reason?: unknown) => void }
    | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}
if (!("withResolvers" in Promise)) Object.assign(Promise, { withResolvers });

/**
 * Over libp2p's own TCP transport, whose connections it encrypts in place of libp2p's upgrader. What libp2p adds on top
 * is not there: no negotiation of protocols before, no multiplexer after.
 */
export const libp2pNoise: Contender = {
  id: "libp2p-noise",
  name: "@chainsafe/libp2p-noise",
  async credentials() {
    const [server, client] = [await generateKeyPair("Ed25519"), await generateKeyPair("Ed25519")];
    const texts = (own: typeof server, peer: typeof server) => ({
      key: Buffer.from(privateKeyToProtobuf(own)).toString("base64"),
      peer: peerIdFromPrivateKey(peer).toString(),
    });
    return { server: texts(server, client), client: texts(client, server) };
  },
  async listen(credentials, welcome) {
    const { encrypter, transport, remotePeer } = endOf(credentials);
    const listener = transport.createListener({
      upgrader: {
        async upgradeInbound(raw) {
          const options = { remotePeer, skipStreamMuxerNegotiation: true } as const;
          welcome(overSecured(await encrypter.secureInbound(raw, options), remotePeer));
        },
      },
    });
    await listener.listen(multiaddr("/ip4/127.0.0.1/tcp/0"));
    const [, port] = /\/tcp\/(\d+)/.exec(String(listener.getAddrs()[0])) ?? [];
    return { host: "127.0.0.1", port: Number(port) };
  },
  async client(credentials, { host, port }) {
    const { encrypter, transport, remotePeer } = endOf(credentials);
    const address = multiaddr(`/ip4/${host}/tcp/${port}`);
    const upgrader = {
      async upgradeOutbound(raw: MessageStream) {
        const options = { remotePeer, skipStreamMuxerNegotiation: true } as const;
        return overSecured(await encrypter.secureOutbound(raw, options), remotePeer);
      },
    };
    return () => transport.dial(address, { upgrader, signal: new AbortController().signal });
  },
};

function endOf({ key = "", peer = "" }: Record<string, string>) {
  const logger = defaultLogger();
  const privateKey = privateKeyFromProtobuf(Buffer.from(key, "base64"));
  return {
    encrypter: noise()({ privateKey, logger }),
    transport: tcp({ backlog: 4096 })({ logger }),
    remotePeer: peerIdFromString(peer),
  };
}

function overSecured({ connection, remotePeer }: Secured, expected: Secured["remotePeer"]): Connection {
  if (!remotePeer.equals(expected)) throw new Error("@chainsafe/libp2p-noise: the peer has another key");
  return {
    start({ data, drain, closed }) {
      connection.addEventListener("message", ({ data: pieces }) => {
        if (pieces instanceof Uint8Array) data(pieces);
        else for (const piece of pieces) data(piece);
      });
      connection.addEventListener("drain", drain);
      connection.addEventListener("close", ({ error }) => closed(error));
    },
    write: (bytes) => connection.send(bytes),
    end: () => void connection.close(),
  };
}
