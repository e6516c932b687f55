import { performance } from "node:perf_hooks";
import type { Duplex } from "node:stream";
import type { Channel } from "../protocol/channel/channel.ts";
import { ClientChannel } from "../protocol/channel/client-channel.ts";
import type { DrainLimits } from "../protocol/channel/options.ts";
import { ServerChannel } from "../protocol/channel/server-channel.ts";
import type { Failure } from "../protocol/failure.ts";
import type { KeyHolder } from "../protocol/key-holder.ts";
import { defaultDrainBytes, defaultDrainTimeout } from "../protocol/limits.ts";
import type { Output } from "../protocol/output.ts";
import type { AlertName } from "../protocol/record/alert-codes.ts";
import { ImportedChannel } from "../protocol/transfer/imported-channel.ts";
import { UsageError } from "../protocol/usage-error.ts";
import { Alarm } from "./alarm.ts";
import { ConnectionReports } from "./connection-reports.ts";
import type { DetachedHandle } from "./handoff-handle.ts";
import type { AnyChannel } from "./origin.ts";
import { Transport } from "./transport.ts";

/** What a driver tells of its channel. */
export interface DriverEvents {
  /** The peer's key is there: the driver's `decide` is to be called, once. */
  peerKey(publicKey: Uint8Array, context: string | undefined): void;
  open(): void;
  /** Data; `false` where no more is wanted for now. */
  data(bytes: Uint8Array): boolean;
  end(): void;
  pong(bytes: Uint8Array): void;
  closed(): void;
  failed(failure: Failure): void;
  /** Something handed in threw: the connection is over. */
  broken(cause: unknown): void;
  /** Some of what waits has been handed over. */
  wrote(): void;
}

/** What the application decides about a peer's key. */
export type Decision =
  | { readonly verdict: "accept" }
  | {
      readonly verdict: "refuse";
      readonly alert: number | AlertName;
      readonly words: string;
      /** What kept the decision from being made. It stays here. */
      readonly cause?: unknown;
    };

/**
 * Joins a channel to its transport, a clock and its key holders, and decides nothing itself. Outputs are carried out
 * in the order in which the channel made them, those of a call from within an event after those of the call that made
 * the event.
 */
export class Driver {
  readonly channel: AnyChannel;
  readonly transport: Transport;
  readonly #reports: ConnectionReports;
  readonly #events: DriverEvents;
  readonly #drainTimeout: number;
  readonly #queue: Output[] = [];
  /** Bytes to be transmitted among the outputs that wait to be carried out. */
  #uncarried = 0;
  #isCarrying = false;
  #awaitsFlush = false;
  #applicationIsFull = false;
  /** For the channel's own deadline. */
  readonly #deadline = new Alarm(() => this.#tick());
  /** ST-037: for a transport in Closing that takes nothing. */
  readonly #stalled = new Alarm(() => this.#judgeProgress());
  #progress = "";

  constructor(channel: AnyChannel, stream: Duplex, drain: DrainLimits, events: DriverEvents) {
    const { timeout = defaultDrainTimeout, bytes = defaultDrainBytes } = drain;
    this.channel = channel;
    this.#reports = new ConnectionReports(channel);
    this.#events = events;
    this.#drainTimeout = timeout;
    this.transport = new Transport(
      stream,
      { timeout, bytes },
      {
        data: (input) => this.#run(() => this.channel.receive(input)),
        ended: () => this.#run(() => this.channel.transportEnded()),
        wrote: () => this.#wrote(),
        writeFailed: (cause) => this.#reports.writeFailed(cause),
        failed: (cause) => this.#transportFailed(cause),
      },
    );
  }

  /**
   * Begins the handshake, or goes on behind it: then `outputs` is what was under way. `head` is what was read from the
   * stream before.
   */
  start(head: Uint8Array | undefined, outputs: Output[] = []): void {
    const { channel } = this;
    this.#reports.opening(this.transport.stream);
    if (channel instanceof ClientChannel) this.#run(() => channel.start());
    this.#run(() => outputs);
    if (head !== undefined && head.length > 0) this.#run(() => channel.receive(head));
    this.transport.start();
    this.#settle();
  }

  /** Nothing waits to be carried out, to be handed over, or to be reported as such (TR-050). */
  get isQuiet(): boolean {
    const { pending } = this.transport;
    return !this.#isCarrying && this.#queue.length === 0 && !this.#awaitsFlush && pending === 0;
  }

  /** Lets go of the transport: of a driver that is quiet, whose channel goes on elsewhere. */
  leave(): DetachedHandle {
    this.#deadline.set(undefined);
    this.#stalled.set(undefined);
    return this.transport.leave();
  }

  /** Whether nothing will be opened or sealed any more. */
  get isOver(): boolean {
    return overStates.has(this.channel.state);
  }

  /**
   * Bytes that were written and have not been handed over. What is written from within an event waits for the outputs
   * before it, and counts: a writer that were told of room would go on, and the event never return.
   */
  get backlog(): number {
    const { channel } = this;
    const queued = channel instanceof ClientChannel ? channel.queuedBytes : 0;
    return this.transport.pending + this.#uncarried + queued;
  }

  write(bytes: Uint8Array): void {
    this.#run(() => this.channel.write(bytes));
  }

  close(): void {
    this.#run(() => this.channel.close());
  }

  alert(code: number | AlertName, words: string): void {
    this.#run(() => this.channel.alert(code, words));
  }

  /** @throws UsageError while another Ping is outstanding */
  ping(body: Uint8Array): void {
    this.#run(() => this.channel.ping(body));
  }

  /** The answer to a `peerKey` event. One that comes too late, as the connection has ended, changes nothing. */
  decide(decision: Decision): void {
    const { channel } = this;
    if (channel instanceof ClientChannel) {
      if (channel.state !== "Judging") return;
      this.#run(() => (decision.verdict === "accept" ? channel.trust() : channel.reject()));
    } else {
      if (!(channel instanceof ServerChannel) || channel.state !== "Deciding") return;
      this.#run(() =>
        decision.verdict === "accept" ? channel.accept() : channel.refuse(decision.alert, decision.words),
      );
    }
  }

  /** The application takes no more data for now, or takes it again. */
  set applicationIsFull(isFull: boolean) {
    this.#applicationIsFull = isFull;
    this.#settle();
  }

  /** Whether the timers keep the process alive. */
  set isRef(isRef: boolean) {
    this.#deadline.isRef = isRef;
    this.#stalled.isRef = isRef;
  }

  /** Calls the channel and carries out what it wants. */
  #run(call: () => Output[]): void {
    const from = this.channel.state;
    let outputs: Output[];
    try {
      outputs = call();
    } catch (error) {
      if (error instanceof UsageError) throw error;
      this.#break(error);
      return;
    }
    this.#reports.state(from);
    this.#carryOut(outputs);
  }

  #carryOut(outputs: readonly Output[] = []): void {
    const [only] = outputs;
    const isOne = outputs.length === 1 && this.#queue.length === 0 && !this.#isCarrying;
    if (!isOne) {
      for (const output of outputs) {
        this.#queue.push(output);
        if (output.type === "transmit") this.#uncarried += output.bytes.length;
      }
    }
    if (this.#isCarrying) return;
    this.#isCarrying = true;
    const isMany = this.#queue.length > 1;
    if (isMany) this.transport.cork();
    try {
      if (isOne && only !== undefined) this.#carry(only);
      for (let output = this.#queue.shift(); output !== undefined; output = this.#queue.shift()) {
        if (output.type === "transmit") this.#uncarried -= output.bytes.length;
        this.#carry(output);
      }
    } finally {
      this.#isCarrying = false;
      if (isMany) this.transport.uncork();
      // What a listener throws is the application's to catch; what is left is carried out all the same.
      if (this.#queue.length > 0) process.nextTick(() => this.#carryOut());
      this.#settle();
    }
  }

  #carry(output: Output): void {
    if (output.type !== "transmit" && output.type !== "data") this.#reports.output(output);
    switch (output.type) {
      case "transmit":
        this.#awaitsFlush = true;
        this.transport.write(output.bytes);
        return;
      case "dh":
        this.#ask(output.keyHolder, output.publicKey);
        return;
      case "peerKey":
        this.#events.peerKey(output.publicKey, output.context);
        return;
      case "open":
        this.#events.open();
        return;
      case "data":
        if (!this.#events.data(output.bytes)) this.#applicationIsFull = true;
        return;
      case "end":
        this.#events.end();
        return;
      case "pong":
        this.#events.pong(output.bytes);
        return;
      case "closed":
        this.#events.closed();
        return;
      case "failed":
        this.#events.failed(output.failure);
        return;
      case "endTransport":
        this.transport.end();
        return;
      case "closeTransport": // With what it has not taken yet (ST-052).
        this.transport.destroy();
        return;
      case "alert": // The failure that follows says it too.
        return;
      case "route":
      case "forward":
        throw new Error(`a server that does not route has no output ${output.type}`);
    }
  }

  get #handshake(): ClientChannel | ServerChannel {
    if (this.channel instanceof ImportedChannel) throw new Error("the handshake is over");
    return this.channel;
  }

  /** A key holder answers at once, or later from another process or a token. */
  #ask(keyHolder: KeyHolder, publicKey: Uint8Array): void {
    const done = (dh: Uint8Array | undefined) => {
      const isLate = this.isOver;
      this.#answer(keyHolder, dh);
      if (isLate && dh instanceof Uint8Array) dh.fill(0);
    };
    const failed = (cause: unknown) => this.#run(() => this.#handshake.dhFailed(keyHolder, cause));
    let answer: ReturnType<KeyHolder["dh"]>;
    try {
      answer = keyHolder.dh(publicKey);
    } catch (cause) {
      failed(cause);
      return;
    }
    if (isPromise(answer)) void answer.then(done, failed);
    else done(answer);
  }

  #answer(keyHolder: KeyHolder, dh: Uint8Array | undefined): void {
    try {
      this.#run(() => this.#handshake.dhDone(keyHolder, dh));
    } catch (cause) {
      this.#run(() => this.#handshake.dhFailed(keyHolder, cause));
    }
  }

  #wrote(): void {
    if (this.#awaitsFlush && this.transport.pending === 0) {
      this.#awaitsFlush = false;
      this.#run(() => this.channel.flushed());
    }
    this.#events.wrote();
  }

  #transportFailed(cause: unknown): void {
    const { state } = this.channel;
    if (state !== "Closed" && state !== "Failed") this.#run(() => this.channel.transportFailed(cause));
    this.#settle();
  }

  #break(cause: unknown): void {
    this.#queue.length = 0;
    this.#uncarried = 0;
    this.#reports.broken(cause);
    this.transport.destroy();
    this.#events.broken(cause);
    this.#settle();
  }

  /** What to read and when to wake up, as the channel now wants it. */
  #settle(): void {
    if (this.#isCarrying) return;
    const { channel, transport } = this;
    const wantsInput = channel.reading && (!this.#applicationIsFull || this.isOver);
    if (wantsInput !== transport.wantsInput) transport.wantsInput = wantsInput;
    this.#deadline.set(channel.deadline);
    if (channel.state !== "Closing" || transport.pending === 0) this.#stalled.set(undefined);
    else if (!this.#stalled.isSet) this.#watchProgress();
  }

  #tick(): void {
    const { deadline, state } = this.channel;
    // Nothing is heard of a peer while its records wait for the own application, so its silence does not count then.
    if (this.#applicationIsFull && recordStates.has(state)) this.#deadline.set(performance.now() + fullPause);
    else if (deadline !== undefined) this.#run(() => this.channel.tick());
  }

  #watchProgress(): void {
    this.#progress = this.transport.progress;
    this.#stalled.set(performance.now() + this.#drainTimeout);
  }

  #judgeProgress(): void {
    if (this.transport.progress !== this.#progress) {
      this.#watchProgress();
      return;
    }
    this.transport.destroy();
    this.#transportFailed(new Error("the transport has taken nothing for as long as the drain deadline"));
  }
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | undefined)?.then === "function";
}

/** How often, in milliseconds, it is looked again whether the application reads. */
const fullPause = 100;

type State = Channel["state"];
const recordStates: ReadonlySet<State> = new Set(["Open", "HalfClosedLocal", "HalfClosedRemote"]);
const overStates: ReadonlySet<State> = new Set([
  "Closing",
  "Closed",
  "Draining",
  "Failed",
  "Hiding",
  "Forwarded",
]);
