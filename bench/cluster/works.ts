/** What is done with a server, besides the works of `npm run bench`: all of it is done by the same client to all servers. */
import type { Connection } from "../contenders/contender.ts";
import { quantile } from "../statistics.ts";
import { bulk } from "../works/bulk.ts";
import { answerer } from "../works/handshakes.ts";
import { sink, source } from "../works/one-way.ts";
import { roundTrips } from "../works/round-trips.ts";
import { type Sizes, unexpectedEnd, type Work } from "../works/work.ts";

/** The shape of a work's CPU figure: of all the server's processes, for one of what is counted. */
const cpuOf = (id: string, cpu: number, count: number) => ({ [`${id}.cpu`]: cpu / count });

/** Connections made one after the other, each until its first byte is back. */
export const connections: Work = {
  id: "connections",
  server: answerer,
  client: async (connect, { handshakes: count }) => {
    await cycles(connect, Math.min(count, 50), 1);
    return { measure: () => cycles(connect, count, 1) };
  },
  figures: ({ client, cpu }, { handshakes: count }) => ({
    "connections.median": client["median"] as number,
    "connections.p99": client["p99"] as number,
    ...cpuOf("connections", cpu, count),
  }),
};

const concurrency = 16;

/** The same, sixteen at a time: each is passed on while others make their handshakes. */
export const crowded: Work = {
  id: "crowded",
  server: answerer,
  client: async (connect, { concurrentHandshakes: count }) => {
    await cycles(connect, Math.min(count, 64), concurrency);
    return { measure: () => cycles(connect, count, concurrency) };
  },
  figures: ({ client, cpu }, { concurrentHandshakes: count }) => ({
    "crowded.rate": count / ((client["milliseconds"] as number) / 1_000),
    "crowded.median": client["median"] as number,
    "crowded.p99": client["p99"] as number,
    ...cpuOf("crowded", cpu, count),
  }),
};

/** Connections that are open and wait: each is passed on at its first byte, and all of those come at once. */
export const handoffs: Work = {
  id: "handoffs",
  server: answerer,
  async client(connect, sizes) {
    await spoken(await opened(connect, 64));
    const waiting = await opened(connect, handoffCount(sizes));
    return { measure: () => spoken(waiting) };
  },
  figures: ({ client, cpu }, sizes) => ({
    "handoffs.rate": handoffCount(sizes) / ((client["milliseconds"] as number) / 1_000),
    ...cpuOf("handoffs", cpu, handoffCount(sizes)),
  }),
};

/** An acceptor waits for a first byte for a minute, in which they have to be opened. */
const handoffCount = ({ idle }: Sizes) => Math.min(idle, 2_000);

const streams = 8;

/** Eight connections at once, one direction each, large writes. */
export const manyBulk: Work = {
  id: "many-bulk",
  server: (sizes) => sink(amounts(sizes)),
  async client(connect, sizes) {
    const each = Array.from({ length: streams }, () => source(connect, sizes.write, amounts(sizes)));
    const sides = await Promise.all(each);
    return {
      async measure() {
        const start = performance.now();
        await Promise.all(sides.map((side) => side.measure()));
        return { milliseconds: performance.now() - start };
      },
    };
  },
  figures: ({ client, cpu }, sizes) => {
    const bytes = streams * amounts(sizes).measured;
    return {
      "many-bulk.rate": bytes / 1e6 / ((client["milliseconds"] as number) / 1_000),
      ...cpuOf("many-bulk", cpu, bytes / 1e9),
    };
  },
};

/** Of one of the eight: what is measured together is what one connection alone carries. */
function amounts({ bulk, write }: Sizes) {
  const measured = Math.max(write, Math.floor(bulk / streams / write) * write);
  return { warmUp: Math.max(write, Math.min(measured, 8 * 1024 * 1024)), measured };
}

/** All there are, in the order of the tables. */
export const works: readonly Work[] = [connections, crowded, handoffs, bulk, manyBulk, roundTrips];

const sent = Buffer.of(0x2a);
const isEcho = (bytes: Uint8Array) => bytes.length === 1 && bytes[0] === sent[0];

async function cycles(connect: () => Promise<Connection>, count: number, atOnce: number) {
  const times: number[] = [];
  let left = count;
  const lane = async () => {
    while (left-- > 0) {
      const start = performance.now();
      await cycle(await connect(), () => times.push(performance.now() - start));
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: atOnce }, lane));
  const milliseconds = performance.now() - start;
  return { milliseconds, median: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** A byte each way, and the end. */
function cycle(connection: Connection, answered: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    connection.start({
      data(bytes) {
        if (isAnswered || !isEcho(bytes)) return reject(new Error("an answer is not what was sent"));
        isAnswered = true;
        answered();
        connection.end();
      },
      drain: () => undefined,
      closed(error) {
        if (isAnswered && error === undefined) resolve();
        else reject(error ?? new Error("the connection ended without the server's byte"));
      },
    });
    connection.write(sent);
  });
}

/** Connections of which the server has let all in, and of which nobody has said anything. */
async function opened(connect: () => Promise<Connection>, count: number): Promise<Connection[]> {
  const kept: Connection[] = [];
  let left = count;
  const lane = async () => {
    while (left-- > 0) kept.push(await connect());
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return kept;
}

/** A byte on each at once, until the last is back. */
async function spoken(kept: readonly Connection[]) {
  const start = performance.now();
  await Promise.all(
    kept.map(
      (connection) =>
        new Promise<void>((resolve, reject) => {
          const data = (bytes: Uint8Array) =>
            isEcho(bytes) ? resolve() : reject(new Error("an answer is not what was sent"));
          connection.start({ data, drain: () => undefined, closed: unexpectedEnd });
          connection.write(sent);
        }),
    ),
  );
  return { milliseconds: performance.now() - start };
}
