/** A worker that sends back what comes, and says who it is where it is asked. */
import { runWorker } from "../../src/cluster/worker.ts";

const [capacity = "1000"] = process.argv.slice(2);
await runWorker(
  (socket, note) => {
    let isFirst = true;
    socket.on("data", (bytes: Buffer) => {
      if (isFirst && bytes.subarray(0, 4).toString() === "who?") {
        socket.write(`${process.env["HAWSER_CLUSTER_SLOT"]} ${process.pid} ${note}`);
      } else if (!socket.write(bytes)) socket.pause();
      isFirst = false;
      if (bytes.length === 6 && bytes.toString() === "crash!") throw new Error("on demand");
    });
    socket.on("drain", () => socket.resume());
    socket.on("end", () => socket.end());
  },
  { allowHalfOpen: true, capacity: Number(capacity) },
);
