/** A program for a test to run: a server and a connection, idle, open and unref'd. It says so, and is to end by itself. */
import { connect } from "../../src/net/connect.ts";
import { createServer } from "../../src/net/server.ts";
import { clientKey, serverKey } from "../model/pair.ts";

const liveness = { pingAfter: 5_000, timeout: 60_000 };
const server = createServer({ keyPair: serverKey, authorize: () => true, liveness }, (socket) => {
  socket.unref();
  socket.resume();
});
server.listen(0, "127.0.0.1", async () => {
  const socket = await connect(server.url(), { keyPair: clientKey, liveness });
  socket.setTimeout(60_000);
  socket.resume();
  await socket.ping();
  console.log("idle");
  if (process.argv[2] === "unref") {
    socket.unref();
    server.unref();
  }
});
