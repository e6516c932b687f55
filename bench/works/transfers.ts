import { at } from "../curves.ts";
import { quantile } from "../statistics.ts";
import { Checker, Pattern } from "./pattern.ts";
import { type Figures, type Sizes, unexpectedEnd, type Work } from "./work.ts";

/** Seconds of one size at least, as far as the number of its transfers allows. */
const patience = 0.5;
const most = 400;
const fewest = 3;
const write = 65_536;

/** One connection, and on it ever longer transfers, each answered by a byte: what a byte costs, however many there are. */
export const transfers: Work = {
  id: "transfers",
  server(sizes) {
    const reply = Buffer.of(1);
    const pattern = new Pattern();
    return {
      accept(connection) {
        const lengths = steps(sizes);
        const checker = new Checker(pattern, 0);
        let expected = 0;
        connection.start({
          // Each transfer is led in by a byte, the number of its length.
          data(bytes) {
            let rest = bytes;
            while (rest.length > 0) {
              if (expected === 0) {
                expected = lengths[rest[0] as number] as number;
                checker.position = 0;
                rest = rest.subarray(1);
              }
              const taken = rest.subarray(0, expected - checker.position);
              if (taken.length > 0) checker.take(taken);
              rest = rest.subarray(taken.length);
              if (checker.position < expected) continue;
              expected = 0;
              connection.write(reply);
            }
          },
          drain: () => undefined,
          closed: unexpectedEnd,
        });
      },
    };
  },
  async client(connect, sizes) {
    const pattern = new Pattern();
    const connection = await connect();
    let answered = (): void => undefined;
    let pump = (): void => undefined;
    connection.start({ data: () => answered(), drain: () => pump(), closed: unexpectedEnd });
    const transfer = (length: number, index: number) =>
      new Promise<void>((resolve) => {
        answered = resolve;
        let sent = 0;
        pump = () => {
          while (sent < length) {
            const from = sent % pattern.bytes.length;
            const piece = pattern.bytes.subarray(from, from + Math.min(write, length - sent));
            sent += piece.length;
            if (!connection.write(piece)) return;
          }
        };
        if (connection.write(Buffer.of(index))) pump();
      });
    const lengths = steps(sizes);
    // Short and long ones both: what is measured first is not to be what pays for everyone's compilation.
    for (let times = 0; times < 200; times++) await transfer(lengths[0] as number, 0);
    const long = Math.min(lengths.length, 4) - 1;
    for (let times = 0; times < 20; times++) await transfer(lengths[long] as number, long);
    return {
      async measure() {
        const figures: Record<string, number> = {};
        for (const [index, length] of lengths.entries()) {
          const nanoseconds: number[] = [];
          const end = performance.now() + patience * 1000;
          while (nanoseconds.length < fewest || (nanoseconds.length < most && performance.now() < end)) {
            const start = performance.now();
            await transfer(length, index);
            nanoseconds.push(((performance.now() - start) * 1e6) / length);
          }
          figures[at("transfers.byte", length)] = quantile(Float64Array.from(nanoseconds), 0.5);
        }
        return figures;
      },
    };
  },
  figures: ({ client }): Figures => client,
};

/** From 1 KiB on, each four times the one before. */
function steps({ transfer: longest }: Sizes): number[] {
  const lengths: number[] = [];
  for (let length = 1_024; length <= longest; length *= 4) lengths.push(length);
  return lengths;
}
