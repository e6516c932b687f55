/** One real end of a connection with what it says kept, and its key holder's answers given at once. */
import { checkTrace } from "../../properties/model/trace.ts";
import {
  ClientChannel,
  type ClientOptions,
  type Failure,
  type Output,
  ServerChannel,
  type ServerOptions,
} from "../../src/protocol/index.ts";
import { check } from "./check.ts";
import { clientEphemeral, clientKey, randomness, serverEphemeral, serverKey } from "./keys.ts";
import { MemoryJudge } from "./memory-judge.ts";
import { primitives } from "./primitives.ts";
import { join } from "./sealing.ts";

export type AnyChannel = ClientChannel | ServerChannel;

/** The clock of every channel here: nothing but a target moves it. */
export interface Clock {
  now: number;
}

export function newClient(
  options: Partial<ClientOptions> = {},
  clock: Clock = { now: 0 },
): End<ClientChannel> {
  const randomBytes = randomness(clientEphemeral);
  const judge = new MemoryJudge();
  const { memory } = judge;
  const common = { primitives, randomBytes, memory, now: () => clock.now, keyHolder: clientKey };
  return new End(new ClientChannel({ ...common, ...options }), judge);
}

export function newServer(
  options: Partial<ServerOptions> = {},
  clock: Clock = { now: 0 },
): End<ServerChannel> {
  const randomBytes = randomness(serverEphemeral);
  const judge = new MemoryJudge();
  const { memory } = judge;
  const common = { primitives, randomBytes, memory, now: () => clock.now, keyHolders: [serverKey] };
  return new End(new ServerChannel({ ...common, ...options }), judge);
}

export class End<C extends AnyChannel = AnyChannel> {
  readonly channel: C;
  readonly outputs: Output[] = [];
  readonly #memoryJudge: MemoryJudge;
  #sent: Uint8Array[] = [];

  constructor(channel: C, memoryJudge: MemoryJudge) {
    this.channel = channel;
    this.#memoryJudge = memoryJudge;
  }

  /** Takes what a call gave, which may have handed in so many bytes, and answers where a DH is asked for. */
  take(outputs: readonly Output[], given?: number): void {
    this.#memoryJudge.called(this.channel, outputs, given);
    for (const output of outputs) {
      this.outputs.push(output);
      if (output.type === "transmit") this.#sent.push(output.bytes);
      if (output.type !== "dh") continue;
      const dh = output.keyHolder.dh(output.publicKey);
      if (dh instanceof Promise) throw new Error("test keys answer at once");
      this.take(this.channel.dhDone(output.keyHolder, dh));
    }
  }

  /** Hands bytes in as pieces of a size, 0 for one piece; each is overwritten once it has been taken. */
  receive(bytes: Uint8Array, size = 0): void {
    const step = size === 0 ? bytes.length : size;
    for (let at = 0; at < bytes.length; at += step) {
      const chunk = bytes.slice(at, at + step);
      this.take(this.channel.receive(chunk), chunk.length);
      chunk.fill(0xa5);
    }
  }

  /** What was transmitted since this was asked last. */
  sent(): Uint8Array {
    const bytes = join(...this.#sent);
    this.#sent = [];
    return bytes;
  }

  has(type: Output["type"]): boolean {
    return this.outputs.some((output) => output.type === type);
  }

  find<T extends Output["type"]>(type: T): Extract<Output, { readonly type: T }> | undefined {
    return this.outputs.find(
      (output): output is Extract<Output, { readonly type: T }> => output.type === type,
    );
  }

  delivered(): Uint8Array {
    return join(...this.outputs.flatMap((output) => (output.type === "data" ? [output.bytes] : [])));
  }

  /** The rules that every run of a channel keeps (`properties/model/trace.ts`). */
  checkTrace(): void {
    const { channel, outputs } = this;
    checkTrace(channel instanceof ClientChannel ? "client" : "server", channel, outputs);
  }

  /** Counts the memory that the end keeps, for one input in so many. */
  checkMemory(input: Uint8Array): void {
    this.#memoryJudge.checkReachable(this.channel, input);
  }

  /** Checks that the end has failed in this way. */
  checkFailed(code: Failure["code"]): Failure {
    const { failure, state } = this.channel;
    if (failure === undefined) throw new Error(`in ${state}, where ${code} was to fail`);
    check(failure.code === code, `failed by ${failure.code}, where ${code} was to fail`);
    return failure;
  }
}
