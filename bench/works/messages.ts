import { type Amounts, sink, source } from "./one-way.ts";
import type { Sizes, Work } from "./work.ts";

const messageLength = 64;

/** One connection, one direction, a write for each message of 64 bytes, as many at once as the stream takes. */
export const messages: Work = {
  id: "messages",
  server: ({ messages, messagesWarmUp }) => sink(amounts(messages, messagesWarmUp)),
  client: (connect, { messages, messagesWarmUp }) =>
    source(connect, messageLength, amounts(messages, messagesWarmUp)),
  figures: ({ client, cpu }, { messages: count }) => ({
    "messages.rate": count / ((client["milliseconds"] as number) / 1000),
    "messages.cpu": (cpu * 1000) / count,
  }),
};

/** The same with one write in each turn of the event loop, as where messages come from other sockets one by one. */
export const turnMessages: Work = {
  id: "turn-messages",
  server: (sizes) => sink(turnAmounts(sizes)),
  client: (connect, sizes) => source(connect, messageLength, turnAmounts(sizes), "turn"),
  figures: ({ client, cpu }, { turnMessages: count }) => ({
    "turn-messages.rate": count / ((client["milliseconds"] as number) / 1000),
    "turn-messages.cpu": (cpu * 1000) / count,
  }),
};

function turnAmounts({ turnMessages: count }: Sizes): Amounts {
  return amounts(count, Math.min(count, 50_000));
}

function amounts(count: number, warmUp: number): Amounts {
  return { warmUp: warmUp * messageLength, measured: count * messageLength };
}
