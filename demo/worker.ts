/** The server's worker: it has the connections and no key, and takes what clients send. */
import { runWorker } from "hawser";
import { connectionOptions, receive } from "./receive.ts";

await runWorker(
  (socket, conduct) => receive(socket, JSON.parse(conduct), socket.remotePublicKey),
  connectionOptions,
);
