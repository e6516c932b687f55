import type { ClientChannel, Output, Role, ServerChannel } from "../../src/protocol/index.ts";
import { UsageError } from "../../src/protocol/index.ts";
import { type End, joined } from "./pair.ts";
import { checkTrace } from "./trace.ts";

export type AnyChannel = ClientChannel | ServerChannel;

/** What an application answers an output with: calls on its channel. */
export type Reactions<C extends AnyChannel> = {
  readonly [T in Output["type"]]?: (
    channel: C,
    output: Extract<Output, { type: T }>,
  ) => readonly Output[] | undefined;
};

/** Nobody is asked: the key holder answers at once. */
const answerDh = (channel: AnyChannel, { keyHolder, publicKey }: Extract<Output, { type: "dh" }>) => {
  const result = keyHolder.dh(publicKey);
  if (result instanceof Promise) throw new Error("this key holder is to answer at once");
  return channel.dhDone(keyHolder, result);
};

/** Lets everybody in, trusts everybody. */
const letIn = (channel: AnyChannel): Output[] => ("trust" in channel ? channel.trust() : channel.accept());

/**
 * A channel with the application that uses it: outputs come in, the application's reactions go on from there. Because
 * an application only ever reacts, the same bytes put into a second actor of the same seed give the same run.
 */
export class Actor<C extends AnyChannel> implements End<C> {
  readonly channel: C;
  readonly outputs: Output[] = [];
  sent: Uint8Array[] = [];
  /** All that was ever transmitted. */
  readonly wire: Uint8Array[] = [];
  /** What the application does; another actor may take over with them. */
  readonly reactions: Reactions<C>;
  readonly #pending: Output[] = [];

  constructor(channel: C, reactions: Reactions<C> = {}) {
    this.channel = channel;
    this.reactions = { dh: answerDh, peerKey: letIn, ...reactions };
  }

  /** Takes what a call gave, then what the application's answers give, in the order in which they come. */
  do(outputs: readonly Output[]): this {
    this.#pending.push(...outputs);
    for (let output = this.#pending.shift(); output !== undefined; output = this.#pending.shift()) {
      this.outputs.push(output);
      if (output.type === "transmit") {
        this.sent.push(output.bytes);
        this.wire.push(output.bytes);
      }
      const react = this.reactions[output.type] as ((channel: C, output: Output) => Output[]) | undefined;
      if (react !== undefined) this.#pending.push(...this.#tryTo(() => react(this.channel, output)));
    }
    return this;
  }

  receive(bytes: Uint8Array): this {
    return this.do(this.channel.receive(bytes));
  }

  /** Hands what waits to the transport and says so. */
  flush(): Uint8Array {
    const bytes = joined(this.sent);
    this.sent = [];
    if (bytes.length > 0) this.do(this.channel.flushed());
    return bytes;
  }

  /** Throws when what happened so far breaks a rule of any run at all. */
  check(): void {
    checkTrace("trust" in this.channel ? "client" : "server", this.channel, this.outputs);
  }

  has(type: Output["type"]): boolean {
    return this.outputs.some((output) => output.type === type);
  }

  get hasEndedTransport(): boolean {
    return this.has("endTransport") || this.has("closeTransport");
  }

  /** An application that reacts too late is told so, and that is all. */
  #tryTo(react: () => readonly Output[] | undefined): readonly Output[] {
    try {
      return react() ?? [];
    } catch (error) {
      const { state } = this.channel;
      const over = state === "Closing" || state === "Closed" || state === "Draining" || state === "Failed";
      if (error instanceof UsageError && over) return [];
      throw error;
    }
  }
}

export interface Sides {
  readonly client: Actor<ClientChannel>;
  readonly server: Actor<ServerChannel>;
}

/** What becomes of bytes between the two. */
export type Network = (from: Role, bytes: Uint8Array) => Uint8Array;

/**
 * Carries everything to and fro until nothing moves any more, ends of file included: a transport as it should be,
 * but for what `network` does to the bytes.
 */
export function converse({ client, server }: Sides, network: Network = (_from, bytes) => bytes): void {
  const ended = new Set<AnyChannel>();
  const carry = (from: Actor<AnyChannel>, to: Actor<AnyChannel>, role: Role): boolean => {
    const bytes = from.flush();
    const closed = to.has("closeTransport");
    const passed = bytes.length === 0 ? bytes : network(role, bytes);
    if (!closed && passed.length > 0 && !ended.has(to.channel)) to.receive(passed);
    if (from.hasEndedTransport && from.sent.length === 0 && !ended.has(to.channel)) {
      ended.add(to.channel);
      if (!to.has("closeTransport")) to.do(to.channel.transportEnded());
      return true;
    }
    return bytes.length > 0;
  };
  let moved = true;
  while (moved) {
    const toServer = carry(client as Actor<AnyChannel>, server as Actor<AnyChannel>, "client");
    const toClient = carry(server as Actor<AnyChannel>, client as Actor<AnyChannel>, "server");
    moved = toServer || toClient;
  }
}

/** The outputs but for how bytes are cut: transmitted bytes and data, each joined where they follow one another. */
export function merged(outputs: readonly Output[]): Output[] {
  const result: Output[] = [];
  for (const output of outputs) {
    const last = result.at(-1);
    if (
      (output.type === "data" || output.type === "transmit") &&
      last !== undefined &&
      last.type === output.type
    ) {
      result[result.length - 1] = { type: output.type, bytes: joined([last.bytes, output.bytes]) };
    } else {
      result.push(output);
    }
  }
  return result;
}
