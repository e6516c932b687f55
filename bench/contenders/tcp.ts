import { connect, createServer } from "node:net";
import type { Contender } from "./contender.ts";
import { listenOn, overDuplex } from "./duplex.ts";

/** What all others are built on: nobody is authenticated, nothing encrypted. */
export const tcp: Contender = {
  id: "tcp",
  name: "plain TCP",
  credentials: async () => ({ server: {}, client: {} }),
  listen: (_credentials, welcome) =>
    listenOn(createServer({ noDelay: true }, (socket) => welcome(overDuplex(socket)))),
  client: async (_credentials, address) => () =>
    new Promise((resolve, reject) => {
      const socket = connect({ ...address, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(overDuplex(socket)));
    }),
};
