import { detach } from "../../src/net/handoff.ts";
import type { Detached } from "../../src/net/handoff-leave.ts";
import type { HawserSocket } from "../../src/net/socket.ts";

/** What one process tells another. Handles of transports go along with Offer and Back. */
export type Told =
  | {
      readonly kind: "Offer";
      readonly id: number;
      readonly blob: Uint8Array;
      readonly hops: readonly number[];
    }
  | { readonly kind: "Go" | "Ack" | "Refuse" | "Done"; readonly id: number }
  /** On its way to the next process. */
  | {
      readonly kind: "Back";
      readonly id: number;
      readonly blob: Uint8Array;
      readonly hops: readonly number[];
    }
  | { readonly kind: "ready" }
  | { readonly kind: "error"; readonly text: string };

/**
 * Sends back whatever comes, to the end; after so many bytes of it, exactly, the connection moves on instead.
 *
 * @param after how many bytes are sent back here; for ever where there is no number
 */
export function echo(
  socket: HawserSocket,
  after: number | undefined,
  move: (left: Detached) => void,
  failed: (error: unknown) => void,
): void {
  let rest = after ?? Number.POSITIVE_INFINITY;
  const onDrain = () => socket.resume();
  const onEnd = () => socket.end();
  socket.on("error", failed);
  socket.on("end", onEnd);
  socket.on("drain", onDrain);
  socket.on("data", function onData(chunk: Buffer) {
    const own = chunk.subarray(0, rest);
    rest -= own.length;
    if (!socket.write(own)) socket.pause();
    if (rest > 0) return;
    socket.off("data", onData).off("drain", onDrain).off("end", onEnd);
    socket.pause();
    if (own.length < chunk.length) socket.unshift(chunk.subarray(own.length));
    detach(socket).then(move, failed);
  });
}
