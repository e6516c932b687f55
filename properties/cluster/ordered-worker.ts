/** A worker that does what its clients say, a line each, and may end itself at a moment of passing one on. */
import { Socket } from "node:net";
import { runWorker } from "../../src/cluster/worker.ts";
import type { HawserSocket } from "../../src/net/index.ts";
import { dieAt } from "./dying.ts";

/** What a client says. */
export type Line =
  /** Who are you, and what were you told? */
  | { readonly do: "who" }
  | { readonly do: "pass"; readonly worker?: number; readonly note?: string }
  /** Send back what comes from now on. */
  | { readonly do: "echo" }
  /** So many bytes, and the end. */
  | { readonly do: "send"; readonly bytes: number }
  /** Pass it on once it is closed. */
  | { readonly do: "passLate" }
  | { readonly do: "hang" };

const [capacity = "1000", dying = "", slot = ""] = process.argv.slice(2);
const self = process.env["HAWSER_CLUSTER_SLOT"];
const { _handle: some } = new Socket({ fd: 3, manualStart: true } as never) as unknown as { _handle: object };
if (dying !== "" && slot === self) dieAt(JSON.parse(dying), some);

await runWorker(
  (first, note, _report, passOn) => {
    const serve = (socket: HawserSocket) => {
      let text = "";
      socket.on("end", () => socket.end());
      socket.on("data", function onData(bytes: Buffer) {
        text += bytes.toString();
        const end = text.indexOf("\n");
        if (end < 0) return;
        const line: Line = JSON.parse(text.slice(0, end));
        const rest = text.slice(end + 1);
        text = "";
        if (line.do === "who") socket.write(`${self} ${process.pid} ${note}`);
        else if (line.do === "hang") for (;;);
        else if (line.do === "send") send(socket.removeAllListeners("end"), line.bytes);
        else if (line.do === "passLate") {
          socket.once("close", () => void passOn(socket).catch((error) => console.log(error.code)));
          socket.write("ready");
        } else {
          socket.off("data", onData).pause();
          if (rest !== "") socket.unshift(rest); // For whoever has it next.
          if (line.do === "echo") echo(socket);
          else {
            passOn(socket, { worker: line.worker, note: line.note }).catch((error) => {
              const back: HawserSocket | undefined = error.socket;
              if (back === undefined) return console.log(error.code);
              serve(back);
              back.resume();
              back.write(`${error.code} ${back === socket ? "the same" : "another"}`);
            });
          }
        }
      });
    };
    serve(first);
  },
  { allowHalfOpen: true, capacity: Number(capacity), capacityPerWorker: Math.min(Number(capacity), 3) },
);

function echo(socket: HawserSocket): void {
  socket.on("data", (bytes: Buffer) => {
    if (!socket.write(bytes)) socket.pause();
  });
  socket.on("drain", () => socket.resume());
  socket.write("ready");
  socket.resume();
}

function send(socket: HawserSocket, bytes: number): void {
  const chunk = Buffer.alloc(16_384);
  let left = bytes;
  const write = () => {
    while (left > 0) {
      const goesOn = socket.write(chunk.subarray(0, Math.min(left, chunk.length)));
      left -= chunk.length;
      if (!goesOn && left > 0) return void socket.once("drain", write);
    }
    socket.end();
  };
  write();
}
