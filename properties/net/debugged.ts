/**
 * A program for a test to run with `NODE_DEBUG=hawser`: one connection, in which a secret is sent, and an alert. On
 * stdout the client's secret key in hexadecimal, and its public key's text: what must not, and what may, be on stderr.
 */
import { formatPublicKey } from "../../src/keys/portable.ts";
import { connect } from "../../src/net/connect.ts";
import { createServer } from "../../src/net/server.ts";
import { clientKey, serverKey } from "../model/pair.ts";

console.log(Buffer.from(clientKey.secretKey).toString("hex"));
console.log(formatPublicKey(clientKey.publicKey));

const server = createServer({ keyPair: serverKey, authorize: () => true }, async (socket) => {
  socket.on("error", () => undefined);
  for await (const _ of socket) break;
});
server.listen(0, "127.0.0.1", async () => {
  const socket = await connect(server.url(), { keyPair: clientKey });
  socket.on("error", () => void server.close({ grace: 0 }));
  socket.write("secret words");
  socket.resume();
});
