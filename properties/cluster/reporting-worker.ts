/**
 * A worker that reports the numbers that a client names, in lines of JSON, or has the acceptor told them as one that is taken over
 * could; what it is told last, it resolves with.
 */
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { credit } from "../../src/cluster/credits.ts";
import { runWorker, workerDescriptors } from "../../src/cluster/worker.ts";
import { UsageError } from "../../src/protocol/index.ts";

await runWorker(
  async (socket, _, report) => {
    let last: readonly number[] | undefined;
    try {
      for await (const line of createInterface({ input: socket })) {
        const { numbers, isLast, isForged } = JSON.parse(line);
        if (isForged) {
          for (const number of numbers) writeSync(workerDescriptors.credit, credit("Count", number));
        } else if (isLast) last = numbers;
        else if (!reported(report, numbers)) {
          socket.write("refused");
          continue;
        }
        socket.write("told");
      }
    } catch {
      // The client has broken it off.
    }
    socket.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    return last;
  },
  { allowHalfOpen: true },
);

function reported(report: (numbers: readonly number[]) => void, numbers: readonly number[]): boolean {
  try {
    report(numbers);
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}
