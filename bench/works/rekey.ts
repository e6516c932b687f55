import { at } from "../curves.ts";
import { sink } from "./one-way.ts";
import { Pattern } from "./pattern.ts";
import { type Sizes, unexpectedEnd, type Work } from "./work.ts";

const messageLength = 64;
const warmUp = 16_384;
/** Messages that one point of the curve stands for: eight of them from a rekey to the next. */
const window = 8_192;

/**
 * A message in each turn of the event loop, and so a record for each: Hawser takes new keys after every 65,536, which the
 * rate is not to show.
 */
export const rekey: Work = {
  id: "rekey",
  server: (sizes) => sink(amounts(sizes)),
  async client(connect, sizes) {
    const messages = new Pattern().writes(messageLength);
    const connection = await connect();
    let sent = 0;
    let answered = (): void => undefined;
    let resume = (): void => undefined;
    connection.start({ data: () => answered(), drain: () => resume(), closed: unexpectedEnd });
    const send = (count: number, note: () => void) =>
      new Promise<void>((resolve) => {
        answered = resolve;
        const end = sent + count;
        resume = () => {
          if (sent % window === 0) note();
          if (sent === end) return;
          if (connection.write(messages[sent++ % messages.length] as Buffer)) setImmediate(resume);
        };
        resume();
      });
    await send(warmUp, () => undefined);
    return {
      async measure() {
        const marks: number[] = [];
        await send(sizes.rekey, () => marks.push(performance.now()));
        const figures: Record<string, number> = {};
        for (let index = 1; index < marks.length; index++) {
          const milliseconds = (marks[index] as number) - (marks[index - 1] as number);
          figures[at("rekey.message", warmUp + index * window)] = (milliseconds * 1000) / window;
        }
        return figures;
      },
    };
  },
  figures: ({ client }) => client,
};

function amounts({ rekey: count }: Sizes): { warmUp: number; measured: number } {
  return { warmUp: warmUp * messageLength, measured: count * messageLength };
}
