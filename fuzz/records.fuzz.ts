import { UsageError } from "../src/protocol/index.ts";
import { check } from "./support/check.ts";
import { HostilePeer } from "./support/hostile-peer.ts";
import { Input } from "./support/input.ts";
import { type Expected, RecordJudge } from "./support/record-judge.ts";
import { plaintextOf } from "./support/sealing.ts";

/**
 * Whether the end under test is a server (bit 0). Then steps, a byte each, and what it needs; bits 4 to 7 of a step's
 * byte are the size of the pieces that its bytes come in, 0 for one.
 */
export const lengths = { usual: 96, longest: 70_000 };

/** Ends every run in bounded time, whatever its input. */
const maxSteps = 200;

/**
 * An open end against a peer that has the keys and keeps no rule. Every step's outputs are those that a judge expects
 * who knows the specification's text and the generated parser, and not the implementation; a call that is misuse says so
 * and changes nothing.
 */
export function fuzz(data: Uint8Array): void {
  const input = new Input(data);
  const peer = new HostilePeer(input.u8() % 2 === 0 ? "client" : "server");
  const judge = new RecordJudge();
  for (let count = 0; input.left > 0 && count < maxSteps && !judge.isOver; count++) {
    const step = nextStep(input, peer, judge);
    if (step === undefined) continue;
    const { expected, call } = step;
    if (expected === "misuse") checkMisuse(call);
    else call();
    const [said, wanted] = [peer.heard(), expected === "misuse" ? [] : expected].map((words) =>
      words.join("; "),
    );
    check(said === wanted, `step ${count}: "${said}", not "${wanted}"`);
  }
  peer.checkMemory(data);
}

interface Step {
  readonly expected: Expected;
  readonly call: () => void;
}

function checkMisuse(call: () => void): void {
  try {
    call();
  } catch (error) {
    check(error instanceof UsageError, `misuse ends in ${error}`);
    return;
  }
  throw new Error("misuse goes unnoticed");
}

/** The next step that the input asks for, or none that there is. */
function nextStep(input: Input, peer: HostilePeer, judge: RecordJudge): Step | undefined {
  const kind = input.u8();
  const size = kind >> 4;
  const { channel } = peer;
  const record = (plaintext: Uint8Array): Step => ({
    expected: judge.record(plaintext),
    call: () => peer.deliver(peer.seal(plaintext), size),
  });
  switch (kind & 15) {
    case 0:
    case 1:
      // As it should be, but for what its type allows.
      return record(plaintextOf(input.u8() % 6, input.string(), input.u8()));
    case 2:
      // Any plaintext at all, of the 3 bytes that a record has room for or more.
      return record(atLeast(3, input.string()));
    case 3:
      // As large as a record gets.
      return record(plaintextOf(0, new Uint8Array(1 + (input.u16() % 65_516)).fill(7)));
    case 4: {
      // Altered on its way, its length aside.
      const bytes = peer.seal(plaintextOf(0, input.string()));
      const at = 2 + (input.u8() % (bytes.length - 2));
      bytes[at] = (bytes[at] ?? 0) ^ (input.u8() || 1);
      return { expected: judge.bad(), call: () => peer.deliver(bytes, size) };
    }
    case 12: {
      // Such a one of the length from which on records are opened in a way of their own.
      const bytes = peer.seal(plaintextOf(0, new Uint8Array(8_000 + (input.u16() % 57_517)).fill(9)));
      const at = 2 + (input.u16() % (bytes.length - 2));
      bytes[at] = (bytes[at] ?? 0) ^ (input.u8() || 1);
      return { expected: judge.bad(), call: () => peer.deliver(bytes, size) };
    }
    case 13: {
      // Padding, most of it; not too much, which the generated parser takes a millisecond for.
      const body = input.take(1 + (input.u8() & 7));
      return record(plaintextOf(0, body, input.u16() % 2_048));
    }
    case 14: {
      // Only the beginning of a record comes, and the run is over.
      const bytes = peer.seal(plaintextOf(0, new Uint8Array(1 + (input.u16() % 65_516)).fill(5)));
      const part = bytes.subarray(0, 1 + (input.u16() % (bytes.length - 1)));
      return { expected: judge.partly(), call: () => peer.deliver(part, size) };
    }
    case 5: {
      // A length that no record has.
      const bytes = Uint8Array.of(0, input.u8() % 19);
      return { expected: judge.bad(), call: () => peer.deliver(bytes, size) };
    }
    case 6:
      return { expected: judge.flushed(), call: () => peer.take(channel.flushed()) };
    case 7: {
      const body = input.take(8);
      return { expected: judge.ping(body), call: () => peer.take(channel.ping(body)) };
    }
    case 8: {
      const bytes = input.string();
      return { expected: judge.write(bytes), call: () => peer.take(channel.write(bytes)) };
    }
    case 9:
      return { expected: judge.close(), call: () => peer.take(channel.close()) };
    case 10:
      return { expected: judge.alert(), call: () => peer.take(channel.alert("cancelled", "enough")) };
    case 11:
      return { expected: judge.end(), call: () => peer.take(channel.transportEnded()) };
    default:
      return undefined;
  }
}

function atLeast(length: number, bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.max(length, bytes.length));
  result.set(bytes);
  return result;
}
