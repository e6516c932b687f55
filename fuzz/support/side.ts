/** One of two honest ends: its channel, its application, and the wire to the other one. */
import { ClientChannel, type Output, ServerChannel, UsageError } from "../../src/protocol/index.ts";
import { check, checkSameBytes } from "./check.ts";
import type { AnyChannel, End } from "./end.ts";
import { Wire } from "./network.ts";
import { join } from "./sealing.ts";

export class Side {
  readonly end: End<AnyChannel>;
  /** To the other side. */
  readonly wire = new Wire();
  #written: Uint8Array[] = [];
  #closed = false;

  constructor(end: End<AnyChannel>) {
    this.end = end;
  }

  get channel(): AnyChannel {
    return this.end.channel;
  }

  /** Makes a call that the state may not allow: then it throws, and has done nothing. Says whether it was allowed. */
  try(call: (channel: AnyChannel) => readonly Output[]): boolean {
    const state = this.channel.state;
    try {
      this.end.take(call(this.channel));
      return true;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      check(this.channel.state === state, "misuse has changed the state");
      return false;
    }
  }

  write(bytes: Uint8Array): void {
    if (this.try((channel) => channel.write(bytes))) this.#written.push(bytes);
  }

  close(): void {
    if (this.try((channel) => channel.close())) this.#closed = true;
  }

  /** Lets the other side in, where the application is asked. */
  letIn(): void {
    const { channel, end } = this;
    if (channel.state === "Judging" && channel instanceof ClientChannel) end.take(channel.trust());
    if (channel.state === "Deciding" && channel instanceof ServerChannel) end.take(channel.accept());
  }

  /** Hands what was transmitted to the transport, and says so; half-closes where that was asked for. */
  flush(): void {
    this.wire.push(this.end.sent());
    this.end.take(this.channel.flushed());
    if (this.end.has("endTransport") || this.end.has("closeTransport")) this.wire.ended = true;
  }

  /** Takes bytes off a wire, and its end where that has come. A transport that was closed takes no more. */
  receive(wire: Wire, length: number): void {
    const bytes = wire.take(length);
    if (this.end.has("closeTransport")) return;
    if (bytes.length > 0) this.end.receive(bytes);
    if (wire.length > 0 || !wire.ended || wire.toldEnd || this.end.has("closeTransport")) return;
    wire.toldEnd = true;
    this.end.take(this.channel.transportEnded());
  }

  /** G5, G6: what the peer was told is a beginning of what was written here, and all of it where it was told an end. */
  checkDelivered({ end }: Side): void {
    const written = join(...this.#written);
    const delivered = end.delivered();
    check(delivered.length <= written.length, `${delivered.length} bytes delivered of ${written.length}`);
    checkSameBytes(delivered, written.subarray(0, delivered.length), "what was delivered");
    if (!end.has("end")) return;
    check(this.#closed, "an end of data that nobody has closed");
    check(delivered.length === written.length, "an end before all was delivered");
  }

  /** Where nobody gave up or meddled: all that was written has arrived, and the end of it. */
  checkArrived(peer: Side): void {
    const { failure, state } = this.channel;
    check(failure === undefined, `failed by ${failure?.code} for no reason`);
    checkSameBytes(peer.end.delivered(), join(...this.#written), "what has arrived");
    if (this.#closed) check(peer.end.has("end"), `closed here, in ${state}, and no end there`);
  }
}
