import type { Connection } from "../contenders/contender.ts";
import { unexpectedEnd, type Work } from "./work.ts";

/** Connections that are there before the memory is looked at the first time: what is loaded and kept once is with them. */
const before = 50;
const atOnce = 16;

/** Connections that have exchanged a byte each way and stay open; what the server's process has grown by. */
export const idleMemory: Work = {
  id: "idle-memory",
  server() {
    const connections: Connection[] = [];
    let start = { rss: 0, heap: 0 };
    let count = 0;
    return {
      accept(connection) {
        connections.push(connection);
        connection.start({
          data: (bytes) => void connection.write(Buffer.from(bytes)),
          drain: () => undefined,
          closed: unexpectedEnd,
        });
      },
      begin() {
        start = memory();
        count = connections.length;
      },
      end() {
        const { rss, heap } = memory();
        const more = connections.length - count;
        return { connections: more, rss: (rss - start.rss) / more, heap: (heap - start.heap) / more };
      },
    };
  },
  async client(connect, { idle }) {
    const kept: Connection[] = [];
    await open(connect, before, kept);
    return {
      async measure() {
        await open(connect, idle, kept);
        return { connections: kept.length - before };
      },
    };
  },
  figures({ client, server }) {
    if (client["connections"] !== server["connections"]) throw new Error("not all connections were accepted");
    return {
      "idle-memory.rss": (server["rss"] as number) / 1024,
      "idle-memory.heap": (server["heap"] as number) / 1024,
    };
  },
};

/** After a collection, in bytes. The heap is V8's and what hangs on it outside, buffers above all. */
export function memory(): { rss: number; heap: number } {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("memory is measured with --expose-gc");
  for (let times = 0; times < 3; times++) gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

async function open(connect: () => Promise<Connection>, count: number, kept: Connection[]): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left-- > 0) {
      const connection = await connect();
      kept.push(connection);
      await new Promise<void>((resolve) => {
        connection.start({ data: () => resolve(), drain: () => undefined, closed: unexpectedEnd });
        connection.write(Buffer.of(0x2a));
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
