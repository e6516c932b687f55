import { ByteQueue } from "../src/protocol/record/byte-queue.ts";
import { Deframer } from "../src/protocol/record/deframer.ts";
import { check, checkSameBytes } from "./support/check.ts";
import { cutUp } from "./support/cut-up.ts";
import { isCounted, reachableBytes } from "./support/reachable.ts";

/** How the stream is cut, and the stream: see `cutUp`. */
export const lengths = { usual: 128, longest: 140_000 };

/** A count of memory takes as long as many runs. */
const countedOneIn = 256;
const largestRecord = 65_537;

type Cut = {
  readonly frames: readonly Uint8Array[];
  readonly badLength: number | undefined;
  readonly left: number;
};

/** What a stream holds, read in one go and without the code under test. */
function cutWhole(stream: Uint8Array): Cut {
  const frames: Uint8Array[] = [];
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  let at = 0;
  while (stream.length - at >= 2) {
    const length = view.getUint16(at);
    if (length < 19) return { frames, badLength: length, left: stream.length - at };
    if (stream.length - at - 2 < length) break;
    frames.push(stream.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return { frames, badLength: undefined, left: stream.length - at };
}

/**
 * However a stream is cut on its way, the same records come out of it, a length that no record has stops it, and
 * nothing that was pushed is looked at once it has been given back. What is held is less than one record; and the memory
 * of the queue, counted for one input in 256, is twice what has come in since nothing was held (at most one record).
 */
export function fuzz(data: Uint8Array): void {
  const { stream, chunks } = cutUp(data);
  const expected = cutWhole(stream);
  const queue = new ByteQueue();
  const deframer = new Deframer(queue);
  const isMemoryCounted = isCounted(stream, countedOneIn);
  let seen = 0;
  let held = 0;
  /** Since nothing was held. */
  let received = 0;
  for (const chunk of chunks) {
    queue.push(chunk);
    held += chunk.length;
    received += chunk.length;
    for (;;) {
      const frame = deframer.next();
      if (frame === undefined) break;
      if ("badLength" in frame) {
        check(frame.badLength === expected.badLength, `length ${frame.badLength} refused`);
        check(seen === expected.frames.length, `refused after ${seen} of ${expected.frames.length} records`);
        return;
      }
      const wanted = expected.frames[seen];
      if (wanted === undefined) throw new Error(`a record more than the ${seen} there are`);
      checkSameBytes(frame.ciphertext, wanted, `record ${seen}`);
      seen += 1;
      held -= 2 + frame.ciphertext.length;
      check(queue.length === held, `${queue.length} bytes held, ${held} left over`);
    }
    queue.settle();
    chunk.fill(0xa5);
    check(held < largestRecord, `${held} bytes held between two chunks`);
    if (held === 0) received = 0;
    if (!isMemoryCounted || chunk !== chunks.at(-1)) continue;
    const bound = Math.max(64, 2 * Math.min(received, largestRecord));
    const found = reachableBytes(queue);
    check(found <= bound, `memory: ${found} bytes are kept for ${held}, not ${bound} at most`);
  }
  check(expected.badLength === undefined, `length ${expected.badLength} let through`);
  check(seen === expected.frames.length, `${seen} of ${expected.frames.length} records`);
  check(held === expected.left, `${held} bytes left over, not ${expected.left}`);
}
