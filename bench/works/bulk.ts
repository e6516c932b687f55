import { type Amounts, sink, source } from "./one-way.ts";
import type { Sizes, Work } from "./work.ts";

/** One connection, one direction, large writes. */
export const bulk: Work = {
  id: "bulk",
  server: (sizes) => sink(amounts(sizes)),
  client: (connect, sizes) => source(connect, sizes.write, amounts(sizes)),
  figures: ({ client, cpu }, { bulk: bytes }) => ({
    "bulk.rate": bytes / 1e6 / ((client["milliseconds"] as number) / 1000),
    "bulk.cpu": cpu / (bytes / 1e9),
  }),
};

function amounts({ bulk: measured, bulkWarmUp: warmUp }: Sizes): Amounts {
  return { warmUp, measured };
}
