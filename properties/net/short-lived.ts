/**
 * Connections, one after the other, in a process of its own that collects its garbage when it likes: tells how much of each is left
 * once only the small collections have run, in bytes of the heap, both ends together.
 */
import type { AddressInfo } from "node:net";
import { connect } from "../../src/net/connect.ts";
import { createServer } from "../../src/net/server.ts";
import { clientKey, serverKey } from "../model/pair.ts";

/** As `--expose-gc` gives it. */
const collect = globalThis.gc as NodeJS.GCFunction;
const [warmUp, measured] = [300, 200];

const server = createServer({ keyPair: serverKey, authorize: () => true }, (socket) => socket.pipe(socket));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

async function connections(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const socket = await connect({
      host: "127.0.0.1",
      port,
      keyPair: clientKey,
      serverKey: serverKey.publicKey,
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.resume().end("here and gone");
    await closed;
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
}

/** What survives two of them is where only the full ones look. */
function small(): number {
  for (let i = 0; i < 3; i++) collect({ type: "minor" });
  return process.memoryUsage().heapUsed;
}

await connections(warmUp);
collect();
const before = small();
await connections(measured);
process.send?.({ type: "left", bytes: (small() - before) / measured });
await server.close();
