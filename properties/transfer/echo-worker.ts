/** A worker that is given connections, by the book, and sends back what comes over them until they move on. */
import { attach, importOptions } from "../../src/net/handoff.ts";
import type { Handle } from "../../src/net/handoff-handle.ts";
import type { Detached } from "../../src/net/handoff-leave.ts";
import { Taker } from "../../src/protocol/index.ts";
import { echo, type Told } from "./echo.ts";

/** `dies:offer` dies with an Offer, `dies:go` with a Go, both at the third. */
const fate = process.argv[2] ?? "";
const tell = (told: Told, handle?: Handle, done: () => void = () => undefined) =>
  process.send?.(told, handle as never, {}, done);
const options = { allowHalfOpen: true };
const held = new Map<number, { taker: Taker; handle: Handle; hops: readonly number[] }>();
let offers = 0;
let goes = 0;

const taking = await importOptions(options);

process.on("message", (told: Told, handle: Handle) => {
  if (told.kind === "Offer") {
    if (++offers === 3 && fate === "dies:offer") process.kill(process.pid, "SIGKILL");
    const taker = new Taker(taking);
    held.set(told.id, { taker, handle, hops: told.hops });
    answer(told.id, taker.offered(told.blob));
  }
  if (told.kind === "Go") {
    if (++goes === 3 && fate === "dies:go") process.kill(process.pid, "SIGKILL");
    answer(told.id, held.get(told.id)?.taker.go() ?? []);
  }
});
tell({ kind: "ready" });

function answer(id: number, outputs: ReturnType<Taker["go"]>): void {
  for (const output of outputs) {
    if (output.type === "send") tell({ kind: output.message, id });
    else if (output.type === "session") void serve(id, output);
    else tell({ kind: "error", text: JSON.stringify(output) });
  }
}

async function serve(id: number, session: Parameters<typeof attach>[0]): Promise<void> {
  const { taker, handle, hops: [after, ...hops] = [] } = held.get(id) ?? {};
  if (taker === undefined || handle === undefined) return;
  held.delete(id);
  const failed = (error: unknown) => tell({ kind: "error", text: String(error) });
  try {
    const socket = await attach(session, handle, options);
    const done = () => answer(id, taker.state === "Running" ? taker.done() : []);
    socket.on("close", done);
    const move = ({ blob, handle: left }: Detached) => {
      done(); // Of this hand-over: the next one is another.
      tell({ kind: "Back", id, blob, hops }, left, () => left.close());
    };
    echo(socket, after, move, failed);
  } catch (error) {
    failed(error);
  }
}
