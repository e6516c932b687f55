/** A worker that reports the numbers that a client names, in lines of JSON; what it is told last, it resolves with. */
import { createInterface } from "node:readline";
import { runWorker } from "../../src/cluster/worker.ts";

await runWorker(
  async (socket, _, report) => {
    let last: readonly number[] | undefined;
    try {
      for await (const line of createInterface({ input: socket })) {
        const { numbers, isLast } = JSON.parse(line);
        if (isLast) last = numbers;
        else report(numbers);
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
