import type { Connection } from "../contenders/contender.ts";
import { at } from "../curves.ts";
import { quantile } from "../statistics.ts";
import { memory } from "./idle-memory.ts";
import { type Sizes, unexpectedEnd, type Work } from "./work.ts";

const atOnce = 16;
const before = 50;
/** Round trips at each step, on as many of the connections as there are. */
const roundTrips = 500;
const roundTripsBefore = 2_000;

/** Ever more connections that stay open: what one more takes, and what one among them can do. */
export const crowd: Work = {
  id: "crowd",
  server(sizes) {
    const marks = new Set(steps(sizes).map((count) => before + count));
    const figures: Record<string, number> = {};
    let start = 0;
    let count = 0;
    return {
      accept(connection) {
        count++;
        const mark = marks.has(count) ? count - before : 0;
        let isNew = true;
        connection.start({
          data(bytes) {
            // Of a few connections each page of memory is noise.
            if (isNew && mark >= 100)
              figures[at("crowd.memory", mark)] = (memory().heap - start) / mark / 1024;
            isNew = false;
            connection.write(Buffer.from(bytes));
          },
          drain: () => undefined,
          closed: unexpectedEnd,
        });
      },
      begin() {
        start = memory().heap;
      },
      end: () => figures,
    };
  },
  async client(connect, sizes) {
    const kept: Kept[] = [];
    await open(connect, before, kept);
    for (let times = 0; times < roundTripsBefore; times++) await kept[times % before]?.exchange();
    return {
      async measure() {
        const figures: Record<string, number> = {};
        for (const count of steps(sizes)) {
          const more = before + count - kept.length;
          const start = performance.now();
          await open(connect, more, kept);
          figures[at("crowd.connection", count)] = (performance.now() - start) / more;
          figures[at("crowd.round-trip", count)] = await roundTrip(kept.slice(before));
        }
        return figures;
      },
    };
  },
  figures: ({ client, server }) => ({ ...client, ...server }),
};

/** 1, 10, 100 and so on. */
function steps({ crowd: most }: Sizes): number[] {
  const counts: number[] = [];
  for (let count = 1; count <= most; count *= 10) counts.push(count);
  return counts;
}

interface Kept {
  /** A byte to the server and back. */
  exchange(): Promise<void>;
}

async function open(connect: () => Promise<Connection>, count: number, kept: Kept[]): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left-- > 0) {
      const connection = await connect();
      let answered = (): void => undefined;
      connection.start({ data: () => answered(), drain: () => undefined, closed: unexpectedEnd });
      const exchange = () =>
        new Promise<void>((resolve) => {
          answered = resolve;
          connection.write(Buffer.of(0x2a));
        });
      await exchange();
      kept.push({ exchange });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** The median of round trips on connections all over the crowd, in µs. */
async function roundTrip(kept: readonly Kept[]): Promise<number> {
  const microseconds = new Float64Array(roundTrips);
  for (let times = 0; times < roundTrips; times++) {
    const one = kept[(times * 7_919) % kept.length] as Kept;
    const start = performance.now();
    await one.exchange();
    microseconds[times] = (performance.now() - start) * 1000;
  }
  return quantile(microseconds, 0.5);
}
