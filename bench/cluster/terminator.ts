/**
 * What stands before workers where sessions can't be handed over: a process that has the key and every connection for as long as
 * it lives, and passes on in the clear what it opens and seals.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, type NetConnectOpts } from "node:net";
import { fileURLToPath } from "node:url";
import { createServer, type HawserSocket } from "hawser";
import { listenOn } from "../contenders/duplex.ts";
import { givenSetting, ready, serverOptions, waitsForByte } from "./setting.ts";

const setting = givenSetting();
const program = fileURLToPath(new URL("./plain-worker.js", import.meta.url));

async function startWorker(_: unknown, number: number): Promise<[ChildProcess, NetConnectOpts]> {
  const child = fork(program, [JSON.stringify(setting), String(number)]);
  child.once("exit", () => process.exit(1));
  const [place] = await once(child, "message");
  return [child, { ...place, noDelay: true, allowHalfOpen: true }];
}

const workers = await Promise.all(Array.from({ length: setting.workers }, startWorker));

let next = 0;

/** Passes on all that comes, either way, and the ends; an error of one side ends the other. */
function join(near: HawserSocket): void {
  const [, place] = workers[next++ % workers.length] as [ChildProcess, NetConnectOpts];
  const far = connect(place);
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
  near.pipe(far);
  far.pipe(near);
}

const server = createServer({ ...(await serverOptions(setting)), allowHalfOpen: true }, (socket) => {
  if (waitsForByte(setting)) socket.once("readable", () => join(socket));
  else join(socket);
});
const { port } = await listenOn(server as unknown as Parameters<typeof listenOn>[0]);
ready({
  port,
  parts: [
    { role: "terminator", pid: process.pid },
    ...workers.map(([{ pid }]) => ({ role: "workers", pid: pid as number })),
  ],
});
