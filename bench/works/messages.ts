import { type Amounts, sink, source } from "./one-way.ts";
import type { Sizes, Work } from "./work.ts";

const messageLength = 64;

/** One connection, one direction, a write for each message of 64 bytes, as many at once as the stream takes. */
export const messages: Work = {
  id: "messages",
  server: (sizes) => sink(amounts(sizes)),
  client: (connect, sizes) => source(connect, messageLength, amounts(sizes)),
  figures: ({ client, cpu }, { messages: count }) => ({
    "messages.rate": count / ((client["milliseconds"] as number) / 1000),
    "messages.cpu": (cpu * 1000) / count,
  }),
};

function amounts({ messages: count }: Sizes): Amounts {
  return { warmUp: Math.min(count, 50_000) * messageLength, measured: count * messageLength };
}
