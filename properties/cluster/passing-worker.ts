/** A worker that sends back what comes, and passes the connection on at a random byte, as often as it is told. */
import { randomInt } from "node:crypto";
import { runWorker } from "../../src/cluster/worker.ts";
import type { HawserSocket } from "../../src/net/index.ts";

const [hops = "0", most = "200000"] = process.argv.slice(2);

await runWorker(
  (socket, note, _report, passOn) => {
    const serve = (own: HawserSocket, hopsLeft: number) => {
      let left = hopsLeft > 0 ? randomInt(Number(most)) : Number.POSITIVE_INFINITY;
      const onDrain = () => own.resume();
      const onEnd = () => own.end();
      const onData = (bytes: Buffer) => {
        if (!own.write(bytes)) own.pause();
        left -= bytes.length;
        if (left > 0) return;
        own.off("data", onData).off("drain", onDrain).off("end", onEnd).pause();
        passOn(own, { note: String(hopsLeft - 1) }).catch((error: { socket?: HawserSocket }) => {
          console.log(error);
          if (error.socket !== undefined) serve(error.socket, hopsLeft);
        });
      };
      own.on("data", onData).on("drain", onDrain).on("end", onEnd);
    };
    serve(socket, Number(note || hops));
  },
  { allowHalfOpen: true },
);
