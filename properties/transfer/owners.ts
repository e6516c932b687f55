import {
  type Channel,
  ClientChannel,
  exportSession,
  type ImportOptions,
  importSession,
  type Output,
  type Primitives,
  ServerChannel,
  UsageError,
} from "../../src/protocol/index.ts";
import { SeenBlobs } from "../../src/protocol/transfer/seen.ts";
import { joined } from "../model/pair.ts";

/** What one end has come to, as far as anybody outside can see. */
export interface Seen {
  /** Outputs other than bytes, and calls that were refused, in their order. */
  readonly told: unknown[];
  /** All that went over the transport. */
  readonly wire: Uint8Array[];
  /** All that the application has read. */
  readonly read: Uint8Array[];
}

/**
 * One end of a connection with a driver, whose session can move from process to process. A driver here is a queue of
 * bytes to write and one of bytes to read, both of which move too.
 */
export class Owner {
  readonly seen: Seen = { told: [], wire: [], read: [] };
  readonly #options: ImportOptions;
  #channel: Channel;
  #unsent: Uint8Array[] = [];
  #unread: Uint8Array[] = [];

  constructor(channel: Channel, options: ImportOptions) {
    this.#channel = channel;
    this.#options = options;
  }

  get channel(): Channel {
    return this.#channel;
  }

  /** Whether the session is in a state in which it can move. */
  get canMove(): boolean {
    return ["Open", "HalfClosedLocal", "HalfClosedRemote"].includes(this.#channel.state);
  }

  /** Calls the channel; misuse is noted and changes nothing. */
  do(call: (channel: Channel) => Output[]): void {
    try {
      this.#take(call(this.#channel));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.seen.told.push(error.message);
    }
  }

  /** Hands over all that waits, which then is on its way: the bytes. */
  send(): Uint8Array {
    const bytes = joined(this.#unsent);
    this.#unsent = [];
    if (bytes.length > 0) this.seen.wire.push(bytes);
    return bytes;
  }

  /** The application reads all there is. */
  read(): void {
    this.seen.read.push(...this.#unread);
    this.#unread = [];
  }

  /** To a process that has other primitives, perhaps; gives the channel that was left. */
  move(primitives: Primitives): Channel {
    const left = this.#channel;
    const blob = exportSession(left, { unread: joined(this.#unread), unsent: joined(this.#unsent) });
    this.#unsent = [];
    this.#unread = [];
    const { channel, outputs } = importSession(blob, { ...this.#options, primitives }, new SeenBlobs());
    if (blob.some((byte) => byte !== 0)) throw new Error("the blob was not wiped");
    this.#channel = channel;
    this.#take(outputs);
    return left;
  }

  #take(outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.type === "transmit") this.#unsent.push(output.bytes.slice());
      else if (output.type === "data") this.#unread.push(output.bytes);
      else if (output.type === "dh") this.do((channel) => answer(channel, output));
      else if (output.type === "peerKey") this.do(letIn);
      else this.seen.told.push(output);
    }
  }
}

function answer(channel: Channel, { keyHolder, publicKey }: Extract<Output, { type: "dh" }>): Output[] {
  if (!(channel instanceof ClientChannel || channel instanceof ServerChannel))
    throw new Error("no handshake");
  return channel.dhDone(keyHolder, keyHolder.dh(publicKey) as Uint8Array);
}

function letIn(channel: Channel): Output[] {
  if (channel instanceof ClientChannel) return channel.trust();
  if (channel instanceof ServerChannel) return channel.accept();
  throw new Error("no handshake");
}

/** Every call that a channel has, by its name: what an old owner has to refuse. */
export const calls: Readonly<Record<string, (channel: Channel) => unknown>> = {
  receive: (channel) => channel.receive(Uint8Array.of(1)),
  "receive nothing": (channel) => channel.receive(new Uint8Array(0)),
  transportEnded: (channel) => channel.transportEnded(),
  transportFailed: (channel) => channel.transportFailed(new Error("cut")),
  flushed: (channel) => channel.flushed(),
  tick: (channel) => channel.tick(),
  write: (channel) => channel.write(Uint8Array.of(1)),
  "write nothing": (channel) => channel.write(new Uint8Array(0)),
  close: (channel) => channel.close(),
  alert: (channel) => channel.alert("cancelled"),
  ping: (channel) => channel.ping(new Uint8Array(8)),
  exportKeyingMaterial: (channel) => channel.exportKeyingMaterial("label", 32),
  exportSession: (channel) => exportSession(channel),
};
