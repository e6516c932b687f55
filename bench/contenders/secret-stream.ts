import { connect, createServer, type Socket } from "node:net";
import SecretStream from "@hyperswarm/secret-stream";
import type { Connection, Contender } from "./contender.ts";
import { listenOn, overDuplex } from "./duplex.ts";

/** Over sockets of `node:net`, with its own pattern, XX. It leaves it to the application whose key is the right one. */
export const secretStream: Contender = {
  id: "secret-stream",
  name: "@hyperswarm/secret-stream",
  async credentials() {
    const [server, client] = [SecretStream.keyPair(), SecretStream.keyPair()];
    const texts = ({ publicKey, secretKey }: typeof server, peer: typeof server) => ({
      publicKey: toText(publicKey),
      secretKey: toText(secretKey),
      peer: toText(peer.publicKey),
    });
    return { server: texts(server, client), client: texts(client, server) };
  },
  listen: (credentials, welcome) =>
    listenOn(
      createServer({ noDelay: true }, (socket) => void secure(false, socket, credentials).then(welcome)),
    ),
  client: async (credentials, address) => () =>
    new Promise((resolve, reject) => {
      const socket = connect({ ...address, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(secure(true, socket, credentials)));
    }),
};

function secure(isInitiator: boolean, socket: Socket, own: Record<string, string>): Promise<Connection> {
  const { publicKey = "", secretKey = "", peer = "" } = own;
  const keyPair = { publicKey: fromText(publicKey), secretKey: fromText(secretKey) };
  const stream = new SecretStream(isInitiator, socket, { keyPair });
  return new Promise((resolve, reject) => {
    stream.once("error", reject);
    stream.once("connect", () => {
      if (!fromText(peer).equals(stream.remotePublicKey)) {
        reject(new Error("@hyperswarm/secret-stream: the peer has another key"));
        return;
      }
      const connection = overDuplex(stream);
      // The other streams end their own direction by themselves once the peer has ended its.
      stream.once("end", () => stream.end());
      resolve(connection);
    });
  });
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function fromText(text: string): Buffer {
  return Buffer.from(text, "base64");
}
