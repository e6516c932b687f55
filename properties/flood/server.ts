/** The flood's server, in a process of its own, so that its memory is its own. It says what it uses and whom it closes. */
import { subscribe } from "node:diagnostics_channel";
import type { AddressInfo } from "node:net";
import type { DiagnosticMessages } from "../../src/net/diagnostics.ts";
import { createServer } from "../../src/net/server.ts";
import { serverKey } from "../model/pair.ts";
import type { FromServer, ToServer } from "./messages.ts";

const tell = (message: FromServer) => process.send?.(message);
const nameOf = (address: string | undefined, port: number | undefined) => `${address}:${port}`;

/** Connections in the order in which they came, by address and port. */
const turns = new Map<string, number>();
let opened = 0;
const gaveWay: number[] = [];
let closed = 0;

subscribe("hawser:connection:opening", (message) => {
  const { remoteAddress, remotePort } = message as DiagnosticMessages["hawser:connection:opening"];
  turns.set(nameOf(remoteAddress, remotePort), opened++);
});

const server = createServer(
  {
    keyPair: serverKey,
    authorize: () => true,
    limits: { handshakes: 256, handshakesPerAddress: 16 },
    idleTimeout: 60_000,
  },
  (socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  },
);
server.on("handshakeError", (error, { remoteAddress, remotePort }) => {
  if (!error.message.includes("gave way")) {
    closed++;
    return;
  }
  const turn = turns.get(nameOf(remoteAddress, remotePort));
  if (turn !== undefined) gaveWay.push(turn);
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  tell({ type: "listening", url: server.url(), port });
});

function usage(): void {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const sockets = process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length;
  tell({ type: "usage", usage: { rss, heapUsed, arrayBuffers, sockets } });
}
setInterval(usage, 50);

process.on("message", (message: ToServer) => {
  if (message === "report") tell({ type: "report", opened, gaveWay, closed });
  else {
    (globalThis as { gc?: () => void }).gc?.();
    usage();
  }
});
process.on("disconnect", () => process.exit());
