/**
 * Connections, one after the other, in a process of its own that collects its garbage when it likes: tells how much of each is left
 * once only the small collections have run, in bytes of the heap, both ends together.
 */
import type { AddressInfo } from "node:net";
import { constants, PerformanceObserver } from "node:perf_hooks";
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

/** Full collections, those of `collect` among them; they are told of a little later. */
let full = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
    if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) full++;
  }
}).observe({ entryTypes: ["gc"] });

/** What connections leave, in bytes; anew where a full collection came in between, which finds what the small ones don't. */
async function left(): Promise<number> {
  for (;;) {
    collect();
    const before = small();
    await connections(0);
    const seen = full;
    await connections(measured);
    const after = small();
    await connections(0);
    if (full === seen) return (after - before) / measured;
  }
}

await connections(warmUp);
process.send?.({ type: "left", bytes: await left() });
await server.close();
