/**
 * How much memory an end may ask for, keep and give out, whatever it is sent: bounds from the specification's limits and
 * from what has come in, held after every call.
 */
import { ClientChannel, type Output } from "../../src/protocol/index.ts";
import { table } from "../../src/protocol/machine/table.ts";
import type { RecordMemory } from "../../src/protocol/record/memory.ts";
import { check } from "./check.ts";
import { primitives } from "./primitives.ts";
import { isCounted, reachableBytes } from "./reachable.ts";

/** The largest record, its length included (LM-001): more than that is never needed for a decision. */
const record = 65_537;
/** Of the shortest. */
const shortestRecord = 21;
/** What an end says of itself where it is sent something: a Challenge or a Pong, and one Alert, padded. */
const answer = 512;
/** Keys, hashes, a Hello: what an end keeps that has nothing to do with its input. */
const fixed = 4_096;
/** A count takes as long as two handshakes or ten records. */
const countedOneIn = 64;

/** How many bytes less than these an end may hold in a state that reads; in those that wait, see {@link MemoryJudge}. */
const needed: Readonly<Record<string, number>> = {
  AwaitHello: 88,
  AwaitChallenge: 98,
  AwaitResponse: 96,
  AwaitVerdict: record,
  AwaitVerdictClosed: record,
  Open: record,
  HalfClosedLocal: record,
  HalfClosedRemote: record,
};
/** States that wait for the application or a key. */
const waiting = ["Start", "Judging", "Responding", "OpeningRoute", "Routing", "Deciding"];

/** What is seen of a channel, its queue of input included, which is protected. */
interface Seen {
  readonly state: string;
  readonly reading: boolean;
  readonly queue: { readonly length: number };
}

/**
 * With n bytes handed in by a call and h held before it:
 *
 * - held after it is less than the message that is waited for, nothing where all is over, and where the application or a
 *   key is waited for one largest record, the last piece, and what was handed in though the end did not want to read;
 * - data and forwarded bytes are n + h at most, outputs that are none of what is transmitted one to the shortest record
 *   and eight, and what is said about input is 512 bytes beside the data that has waited;
 * - a `RecordMemory` is asked for twice n + h for data, and for records for what is transmitted;
 * - data keeps no more memory alive than twice its length;
 * - and all memory that can be reached from the channel, for one input in so many, is twice what has come in since
 *   nothing was held (at most what may be held), 4,096 bytes, and in a client whose data waits for the Verdict twice the
 *   most that has waited since none did.
 */
export class MemoryJudge {
  /** For the channel. */
  readonly memory: RecordMemory;
  #askedForRecords = 0;
  #askedForData = 0;
  #held = 0;
  #queued = 0;
  #mostQueued = 0;
  #isReading = true;
  /** Since nothing was held: what came in, the largest piece of it, and what came though it was not wanted. */
  #received = 0;
  #largest = 0;
  #unwanted = 0;

  constructor() {
    this.memory = {
      forRecords: (length) => {
        this.#askedForRecords += length;
        return new Uint8Array(length);
      },
      forData: (length) => {
        this.#askedForData += length;
        return new Uint8Array(length);
      },
    };
  }

  /** Judges a call by its outputs; `given` is how many bytes it handed in, where it did. */
  called(channel: object, outputs: readonly Output[], given?: number): void {
    const seen = channel as Seen;
    const there = this.#held + (given ?? 0);
    this.#count(given ?? 0);
    this.#checkOutputs(outputs, there, given !== undefined);
    this.#held = seen.queue.length;
    this.#checkHeld(seen);
    if (this.#held === 0) [this.#received, this.#largest, this.#unwanted] = [0, 0, 0];
    this.#countWritten(channel, outputs);
    this.#isReading = seen.reading;
  }

  /** Counts what can be reached from the channel, for one input in so many. */
  checkReachable(channel: object, input: Uint8Array): void {
    if (!isCounted(input, countedOneIn)) return;
    const mayHold = Math.min(this.#received, this.#mayHold());
    const bound = fixed + 2 * mayHold + 2 * this.#mostQueued;
    const found = reachableBytes(channel, [primitives, table]);
    check(found <= bound, `memory: ${found} bytes are kept, not ${bound} at most`);
  }

  #count(given: number): void {
    this.#received += given;
    this.#largest = Math.max(this.#largest, given);
    if (!this.#isReading) this.#unwanted += given;
  }

  #countWritten(channel: object, outputs: readonly Output[]): void {
    this.#queued = channel instanceof ClientChannel ? channel.queuedBytes : 0;
    // What of a write is sealed at once has been in the queue as well.
    const most = Math.max(this.#mostQueued, this.#queued + transmittedBy(outputs));
    this.#mostQueued = this.#queued === 0 ? 0 : most;
  }

  #mayHold(): number {
    return record + this.#largest + this.#unwanted;
  }

  #checkHeld({ state }: Seen): void {
    const bound = waiting.includes(state) ? this.#mayHold() : Math.max(0, (needed[state] ?? 0) - 1);
    check(this.#held <= bound, `memory: ${this.#held} bytes are held in ${state}, not ${bound} at most`);
  }

  #checkOutputs(outputs: readonly Output[], there: number, isInput: boolean): void {
    const transmitted = transmittedBy(outputs);
    let handed = 0;
    for (const output of outputs) {
      if (output.type !== "data" && output.type !== "forward") continue;
      handed += output.bytes.length;
      const { byteLength } = output.bytes.buffer;
      check(
        byteLength <= 2 * output.bytes.length,
        `memory: ${output.type} of ${output.bytes.length} bytes keeps ${byteLength} alive`,
      );
    }
    // A Hello that is forwarded was taken before.
    const hello = outputs.some(({ type }) => type === "forward") ? 88 : 0;
    check(handed <= there + hello, `memory: ${handed} bytes are given out of ${there}`);
    const others = outputs.filter(({ type }) => type !== "transmit").length;
    check(others <= there / shortestRecord + 8, `memory: ${others} outputs of ${there} bytes`);
    if (isInput) {
      const most = answer + 2 * this.#queued;
      check(transmitted <= most, `memory: input is answered by ${transmitted} bytes, not ${most} at most`);
    }
    check(
      this.#askedForRecords <= transmitted,
      `memory: ${this.#askedForRecords} bytes for records, of which ${transmitted} are transmitted`,
    );
    check(this.#askedForData <= 2 * there, `memory: ${this.#askedForData} bytes for data of ${there}`);
    [this.#askedForRecords, this.#askedForData] = [0, 0];
  }
}

function transmittedBy(outputs: readonly Output[]): number {
  return outputs.reduce((sum, output) => sum + (output.type === "transmit" ? output.bytes.length : 0), 0);
}
