import type { Connection } from "../contenders/contender.ts";
import { quantile } from "../statistics.ts";
import { Pattern } from "./pattern.ts";
import { unexpectedEnd, type Work } from "./work.ts";

const messageLength = 64;

/** One connection, a request of 64 bytes at a time, which comes back as it is. */
export const roundTrips: Work = {
  id: "round-trips",
  server: () => ({
    accept(connection) {
      // A reply is one write, however its request came.
      const request = Buffer.alloc(messageLength);
      let length = 0;
      connection.start({
        data(bytes) {
          if (length + bytes.length > messageLength) throw new Error("a request has 64 bytes");
          request.set(bytes, length);
          length += bytes.length;
          if (length < messageLength) return;
          length = 0;
          connection.write(Buffer.from(request));
        },
        drain: () => undefined,
        closed: unexpectedEnd,
      });
    },
  }),
  async client(connect, { roundTrips: count }) {
    const exchange = await exchanger(connect);
    for (let index = 0; index < Math.min(count, 2_000); index++) await exchange();
    return {
      async measure() {
        const microseconds = new Float64Array(count);
        for (let index = 0; index < count; index++) {
          const start = performance.now();
          await exchange();
          microseconds[index] = (performance.now() - start) * 1000;
        }
        return { median: quantile(microseconds, 0.5), p99: quantile(microseconds, 0.99) };
      },
    };
  },
  figures: ({ client, cpu }, { roundTrips: count }) => ({
    "round-trips.median": client["median"] as number,
    "round-trips.p99": client["p99"] as number,
    "round-trips.cpu": (cpu * 1000) / count,
  }),
};

/** Each call sends another request, and compares the whole of what comes back. */
async function exchanger(connect: () => Promise<Connection>): Promise<() => Promise<void>> {
  const requests = new Pattern().writes(messageLength);
  const connection = await connect();
  const reply = Buffer.alloc(messageLength);
  let length = 0;
  let sent = 0;
  let request = requests[0] as Buffer;
  let arrived = (): void => undefined;
  connection.start({
    data(bytes) {
      if (length + bytes.length > messageLength) throw new Error("a reply has 64 bytes");
      reply.set(bytes, length);
      length += bytes.length;
      if (length < messageLength) return;
      if (!reply.equals(request)) throw new Error("a reply is not what was sent");
      length = 0;
      arrived();
    },
    drain: () => undefined,
    closed: unexpectedEnd,
  });
  return () =>
    new Promise((resolve) => {
      arrived = resolve;
      request = requests[sent++ % requests.length] as Buffer;
      connection.write(request);
    });
}
