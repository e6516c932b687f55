import type { Connection } from "../contenders/contender.ts";
import type { ServerSide, Sizes, Work } from "./work.ts";

/** The first connections that two new processes make with each other. */
export const firstHandshakes: Work = {
  id: "first-handshakes",
  server: answerer,
  client: async (connect, { firstHandshakes: count }) => ({ measure: () => cycles(connect, count, 1) }),
  figures: ({ cpu }, { firstHandshakes: count }) => ({ "first-handshakes.cpu": cpu / count }),
};

/** Connections made and ended one after the other. */
export const handshakes: Work = {
  id: "handshakes",
  server: answerer,
  client: async (connect, { handshakes: count, handshakeWarmUp }) => {
    await cycles(connect, handshakeWarmUp, 1);
    return { measure: () => cycles(connect, count, 1) };
  },
  figures: ({ client, cpu }, { handshakes: count }) => ({
    "handshakes.time": (client["milliseconds"] as number) / count,
    "handshakes.cpu": cpu / count,
  }),
};

const concurrency = 16;

/** Connections made and ended, sixteen at a time. */
export const concurrentHandshakes: Work = {
  id: "concurrent-handshakes",
  server: answerer,
  client: async (connect, { concurrentHandshakes: count, handshakeWarmUp }) => {
    await cycles(connect, handshakeWarmUp, concurrency);
    return { measure: () => cycles(connect, count, concurrency) };
  },
  figures: ({ client }, { concurrentHandshakes: count }: Sizes) => ({
    "concurrent-handshakes.rate": count / ((client["milliseconds"] as number) / 1000),
  }),
};

/** Sends a byte back for the byte it gets. A client that was let in by mistake would get one too: keys are checked before. */
export function answerer(): ServerSide {
  return {
    accept(connection) {
      connection.start({
        data: (bytes) => void connection.write(Buffer.from(bytes)),
        drain: () => undefined,
        closed(error) {
          if (error !== undefined) throw error;
        },
      });
    },
  };
}

async function cycles(connect: () => Promise<Connection>, count: number, atOnce: number) {
  let left = count;
  const lane = async () => {
    while (left-- > 0) await cycle(await connect());
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { milliseconds: performance.now() - start };
}

/** A byte each way, which shows that the server has let the client in, and the end. */
function cycle(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    let answered = false;
    connection.start({
      data(bytes) {
        answered = bytes.length === 1 && bytes[0] === 0x2a;
        connection.end();
      },
      drain: () => undefined,
      closed(error) {
        if (answered && error === undefined) resolve();
        else reject(error ?? new Error("the connection ended without the server's byte"));
      },
    });
    connection.write(Buffer.of(0x2a));
  });
}
