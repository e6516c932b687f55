import type { Primitives } from "../../crypto/primitives.ts";
import { ascii, concat, readU16, u16 } from "../../protocol/bytes.ts";
import { Deviation } from "../deviation.ts";
import { ByteQueue } from "./byte-queue.ts";
import { framed, plain, type Said, saidBy, types } from "./plaintext.ts";
import { Direction, hmac, none, type Schedule } from "./schedule.ts";
import type { Wire } from "./wire.ts";

/** What an end of the runner's plays with. */
export interface EndContext {
  readonly primitives: Primitives;
  readonly wire: Wire;
  /** How long anything that the shim owes may take, in milliseconds. */
  readonly patience: number;
  /** From which both directions count (`--counter`). */
  readonly counter: bigint;
}

/** What both of the runner's ends have: records, and an account of what the shim said. */
export abstract class End {
  readonly primitives: Primitives;
  readonly wire: Wire;
  readonly patience: number;
  readonly #counter: bigint;
  abstract readonly schedule: Schedule;
  /** The directions of records, from the Response on. */
  ours: Direction | undefined;
  theirs: Direction | undefined;
  /** The channel binding. */
  binding: Uint8Array = none;
  exporterSecret: Uint8Array = none;
  /** What the shim said, in its order, Data left out. */
  readonly said: string[] = [];
  /** The Data of the shim's, joined. */
  readonly heard = new ByteQueue();
  /** Good data that the shim was sent and has to deliver. */
  readonly sent = new ByteQueue();
  /** How long the plaintext of the record read last was. */
  protected plaintextLength = 0;

  constructor({ primitives, wire, patience, counter }: EndContext) {
    this.primitives = primitives;
    this.wire = wire;
    this.patience = patience;
    this.#counter = counter;
  }

  /** The next thing that the shim says, by what it said before. */
  abstract next(patience?: number): Promise<Said>;

  /** Reads on until the shim has said this. */
  async hear(word: string): Promise<void> {
    while (!this.said.some((one) => matches(one, word))) await this.next();
  }

  /** Reads on until so much data has come from the shim in all. */
  async hearData(length: number): Promise<void> {
    while (this.heard.length < length) await this.next();
  }

  /** A record under the own key; counted. */
  record(plaintext: Uint8Array): Uint8Array {
    return framed(this.direction("ours").seal(plaintext));
  }

  /** A good Data record, that the shim is expected to deliver. */
  data(bytes: Uint8Array, padding?: Uint8Array): Uint8Array {
    this.sent.push(bytes);
    return this.record(plain(types.data, bytes, padding === undefined ? {} : { padding }));
  }

  close(): Uint8Array {
    return this.record(plain(types.close));
  }

  direction(which: "ours" | "theirs"): Direction {
    const direction = this[which];
    if (direction === undefined) throw new Error("there are no keys of records yet");
    return direction;
  }

  /** HS-108. */
  export(label: string, length: number): Uint8Array {
    const input = concat(u16(label.length), ascii(label), u16(0));
    return hmac(this.primitives, this.exporterSecret, input).subarray(0, length);
  }

  /** After message 3: the keys of records, and what comes of them. */
  protected finish(own: "client" | "server"): void {
    const [client, server] = this.schedule.split();
    const first = new Direction(this.primitives, client, this.#counter);
    const second = new Direction(this.primitives, server, this.#counter);
    [this.ours, this.theirs] = own === "client" ? [first, second] : [second, first];
    this.binding = this.schedule.h;
    this.exporterSecret = this.schedule.derive("hawser/1 exporter");
  }

  /**
   * Reads a record of the shim's and holds it to what an honest end sends (RC-001 to RC-006, RC-029, AL-006).
   *
   * @throws Deviation
   */
  protected async readRecord(direction: Direction, patience = this.patience): Promise<Said> {
    const head = await this.wire.read(2, "a record's length", patience);
    const length = readU16(head, 0);
    if (length < 19) throw new Deviation("a record's length of 19 or more (RC-002)", String(length));
    const ciphertext = await this.wire.read(length, "a record's ciphertext", patience);
    const plaintext = direction.open(ciphertext);
    if (plaintext === undefined)
      throw new Deviation("a record that authenticates (RC-003)", `${length} bytes that do not`);
    this.plaintextLength = plaintext.length;
    const one = saidBy(plaintext);
    const closed = this.said.includes("close");
    if (this.said.some((word) => word.startsWith("alert:")))
      throw new Deviation("nothing after an Alert (AL-006)", one.word);
    if (closed && (one.word === "data" || one.word === "close"))
      throw new Deviation("no Data and no Close after a Close (RC-029)", one.word);
    return this.note(one);
  }

  protected note(one: Said): Said {
    if (one.word === "data") this.heard.push(one.data);
    else this.said.push(one.word);
    return one;
  }
}

/** Whether what was said is what was expected, where an expectation may leave out the last parts. */
export function matches(said: string, expected: string): boolean {
  return said === expected || said.startsWith(`${expected}:`);
}
