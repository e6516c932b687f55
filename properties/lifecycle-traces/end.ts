import {
  type ClientChannel,
  type Failure,
  type Output,
  ServerChannel,
  UsageError,
} from "../../src/protocol/index.ts";
import type { TestClock } from "../model/pair.ts";
import type { Happening } from "./history.ts";
import type { DriverFaults } from "./mutants.ts";
import { codeName, dataOf, pingOf, type Records, type WireRecord } from "./records.ts";
import type { Did, EndName, EndStep, Outcome, RecordName, Side } from "./trace.ts";
import { type Item, isEnd, type Transport } from "./transport.ts";

/** A step that the end, as it is, can't take. */
export const impossible = "impossible";

export interface Surroundings {
  readonly side: Side;
  readonly clock: TestClock;
  readonly transport: Transport;
  readonly records: Records;
  readonly faults: DriverFaults;
  readonly tell: (happening: Happening) => void;
}

/**
 * A real channel and its driver, which takes the steps of a trace: each is a call, whose outputs are carried out on
 * the transport.
 *
 * The driver takes its time where the model does: what answers input (a Pong) is handed over in the step `flushed`, or
 * before whatever is said next, and the transport is closed in the step `drained` once its input is at its end.
 */
export class End {
  readonly channel: ClientChannel | ServerChannel;
  readonly #around: Surroundings;
  #unsent: WireRecord[] = [];
  /** Something was handed to the transport, and the channel has not been told. */
  #handedOver = false;
  /** The channel wants its transport closed, whose input is at its end. */
  #mayLeave = false;
  #lastOpened: RecordName | undefined;
  #verdictSaid = false;
  #writes = 0;
  #pings = 0;
  #did: { -readonly [K in keyof Did]: Did[K] } = {};

  constructor(channel: ClientChannel | ServerChannel, around: Surroundings) {
    this.channel = channel;
    this.#around = around;
  }

  get isOver(): boolean {
    return this.#around.transport.of(this.#around.side).isClosed;
  }

  /** To be told of each record that the channel finds authentic. */
  opened(record: RecordName): void {
    this.#lastOpened = record;
  }

  /** What the end did; {@link impossible} where it can't take the step. */
  take({ action, record }: Pick<EndStep, "action" | "record">): Did | typeof impossible {
    if (this.isOver) return impossible;
    this.#did = {};
    try {
      return this.#act(action, record) ? this.#did : impossible;
    } catch (error) {
      if (error instanceof UsageError) return impossible;
      throw error;
    }
  }

  #act(action: EndStep["action"], record: RecordName | EndName | undefined): boolean {
    const { side, transport, faults, tell, clock } = this.#around;
    const { channel } = this;
    switch (action) {
      case "write": {
        const bytes = dataOf(side, this.#writes + 1);
        const outputs = channel.write(bytes);
        this.#writes++;
        tell({ who: side, did: "wrote", bytes });
        return this.#carryOut(outputs);
      }
      case "rude":
        tell({ who: side, did: "was rude" });
        return this.#carryOut(channel.write(dataOf(side, 15)));
      case "close":
        this.#carryOut(channel.close());
        return faults.halfClosesAtClose ? this.#halfClose() : true;
      case "alert":
        return this.#carryOut(channel.alert("cancelled"));
      case "ping":
        this.#carryOut(channel.ping(pingOf(this.#pings + 1)));
        this.#pings++;
        return true;
      case "accept": {
        if (!(channel instanceof ServerChannel)) return false;
        const outputs = channel.accept();
        tell({ who: side, did: "accepted" });
        return this.#carryOut(outputs);
      }
      case "refuse":
        return channel instanceof ServerChannel && this.#carryOut(channel.refuse("not_authorized"));
      case "receive":
        return this.#receive(record);
      case "eof":
        return this.#hearOfEnd();
      case "reset":
        if (!transport.of(side).isReset) return false;
        this.#carryOut(channel.transportFailed(new Error("reset")));
        return this.#leave();
      case "flushed":
        if (this.#unsent.length === 0) return false;
        return this.#carryOut([]);
      case "flushed-late":
        return this.#carryOut(channel.flushed());
      case "deadline":
        if (channel.deadline === undefined) return false;
        if (channel.state === "Draining" || channel.state === "Closing") tell({ who: side, did: "hurried" });
        clock.now = channel.deadline;
        this.#carryOut(channel.tick());
        return this.#mayLeave ? this.#leave() : true;
      case "drained":
        return this.#mayLeave && this.#leave();
    }
  }

  /** The next input, which has to be the one that the trace says, if it says any. */
  #receive(expected: RecordName | EndName | undefined): boolean {
    const { side, transport } = this.#around;
    const next = transport.front(side);
    if (next === undefined || !this.channel.reading || !isSame(next, expected)) return false;
    transport.take(side);
    return this.#handIn(next);
  }

  #handIn(item: Item): boolean {
    const { side, tell } = this.#around;
    if (isEnd(item)) {
      // Inside a record: the first byte of its length.
      if (item.end === "inside a record") this.#carryOut(this.channel.receive(Uint8Array.of(0)));
      return this.#carryOut(this.channel.transportEnded());
    }
    tell({ who: side, did: "read", record: item });
    return this.#carryOut(this.channel.receive(item.bytes), "answers wait");
  }

  /** An end of file is heard of behind what has not been read: what comes before it is handed in before it. */
  #hearOfEnd(): boolean {
    const { side, transport, faults } = this.#around;
    if (faults.endOvertakes) return this.#carryOut(this.channel.transportEnded());
    for (let item = transport.take(side); item !== undefined; item = transport.take(side)) this.#handIn(item);
    return true;
  }

  #carryOut(outputs: readonly Output[], answers?: "answers wait"): true {
    const { side, transport, faults } = this.#around;
    for (const output of outputs) this.#perform(output);
    const { isHalfClosed } = transport.of(side);
    if (answers === undefined || isHalfClosed) this.#handOver();
    if (!this.#handedOver || (faults.flushesLate && !isHalfClosed)) return true;
    this.#handedOver = false;
    return this.#carryOut(this.channel.flushed());
  }

  #perform(output: Output): void {
    const { side: who, tell, faults, transport } = this.#around;
    switch (output.type) {
      case "transmit":
        this.#say(output.bytes);
        return;
      case "data":
        tell({ who, did: "delivered", bytes: output.bytes });
        if (this.#lastOpened !== undefined) this.#did.delivers = this.#lastOpened;
        return;
      case "open":
        tell({ who, did: "open" });
        return;
      case "end":
        tell({ who, did: "ended" });
        return;
      case "alert":
        tell({ who, did: "heard", code: codeName(output.code) });
        return;
      case "closed":
        this.#report("clean");
        return;
      case "failed":
        this.#report(outcomeOf(output.failure));
        return;
      case "endTransport":
        this.#handOver();
        if (faults.closesAtOnce) this.#leave();
        else this.#halfClose();
        return;
      case "closeTransport":
        this.#handOver();
        if (transport.of(who).isHalfClosed) this.#mayLeave = true;
        else this.#leave();
        return;
      case "dh":
      case "route":
      case "forward":
        throw new Error(`${output.type} after the handshake`);
      case "peerKey":
      case "pong":
        return;
    }
  }

  #report(outcome: Outcome): void {
    this.#around.tell({ who: this.#around.side, did: "reported", outcome });
    this.#did.reports = outcome;
  }

  /** One record each. */
  #say(bytes: Uint8Array): void {
    const { side, tell, records } = this.#around;
    const isVerdict = side === "server" && !this.#verdictSaid;
    if (isVerdict) this.#verdictSaid = true;
    const record = records.sealed(isVerdict ? "verdict" : side, bytes);
    tell({ who: side, did: "said", record });
    this.#unsent.push(record);
  }

  /** Hands over all that waits. */
  #handOver(): void {
    const { side, transport } = this.#around;
    if (this.#unsent.length === 0) return;
    for (const record of this.#unsent) transport.send(side, record);
    this.#did.sends = [...(this.#did.sends ?? []), ...this.#unsent.map(({ name }) => name)];
    this.#unsent = [];
    this.#handedOver = true;
  }

  #halfClose(): true {
    const { side, transport } = this.#around;
    transport.halfClose(side);
    this.#did.transport = "half-closed";
    return true;
  }

  #leave(): true {
    const { side, tell, transport } = this.#around;
    if (this.isOver) return true;
    const unread = transport.close(side);
    this.#did.transport = unread ? "closed with unread input" : "closed";
    tell({ who: side, did: "left" });
    return true;
  }
}

function isSame(item: Item, expected: RecordName | EndName | undefined): boolean {
  if (expected === undefined) return true;
  if (isEnd(item) || "end" in expected) return isEnd(item) && "end" in expected && item.end === expected.end;
  const { key, nonce, tampered } = item.name;
  return key === expected.key && nonce === expected.nonce && tampered === expected.tampered;
}

function outcomeOf({ code, alertSent }: Failure): Outcome {
  if (code === "alert_received") return "alert received";
  if (code === "malformed_alert") return "malformed alert";
  if (code === "truncated" || code === "abandoned") return code;
  if (alertSent === undefined) throw new Error(`an end without an alert: ${code}`);
  return "alerted";
}
