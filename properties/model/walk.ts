import {
  type ClientChannel,
  type Output,
  type Role,
  type ServerChannel,
  type State,
  UsageError,
} from "../../src/protocol/index.ts";
import { maxHeldInput } from "../../src/protocol/limits.ts";
import { over, waiting } from "./invariants-vocabulary.ts";
import { clientKey, joined, seededBytes, serverKey, type TestClock } from "./pair.ts";
import { checkTrace } from "./trace.ts";

/** One step of a walk. What `n` says depends on the step; every number is good for every step. */
export interface Step {
  readonly step: StepName;
  readonly at: Role;
  readonly n: number;
}

type AnyChannel = ClientChannel | ServerChannel;
type DhRequest = Extract<Output, { readonly type: "dh" }>;

/** One end: its channel, what it gave out, and what is on its way to it. */
class WalkingEnd {
  readonly role: Role;
  readonly channel: AnyChannel;
  readonly outputs: Output[] = [];
  /** The application's data that the channel took, and what came out of it here. */
  readonly written: Uint8Array[] = [];
  readonly visited = new Set<State>();
  inFlight: Uint8Array = new Uint8Array(0);
  asked: DhRequest | undefined;
  hasEnded = false;

  constructor(role: Role, channel: AnyChannel) {
    this.role = role;
    this.channel = channel;
    this.visited.add(channel.state);
  }

  get delivered(): Uint8Array {
    return joined(this.outputs.flatMap((output) => (output.type === "data" ? [output.bytes] : [])));
  }

  has(type: Output["type"]): boolean {
    return this.outputs.some((output) => output.type === type);
  }

  /** Input that the channel keeps, which only the inside tells. */
  get held(): number {
    return (this.channel as unknown as { readonly queue: { readonly length: number } }).queue.length;
  }
}

/**
 * Two real channels, and between them whatever may happen: any call at any time, bytes delivered in any pieces, lost,
 * changed, doubled or made up, the clock moved, the transport ended or broken. After every step each end is held to
 * what is true of any run.
 */
export class Walk {
  readonly client: WalkingEnd;
  readonly server: WalkingEnd;
  readonly clock: TestClock;
  readonly #random = seededBytes("walk");
  /** A driver that reads where it should not is owed no bound on what is held. */
  #isRude = false;

  constructor(client: ClientChannel, server: ServerChannel, clock: TestClock) {
    this.client = new WalkingEnd("client", client);
    this.server = new WalkingEnd("server", server);
    this.clock = clock;
  }

  get ends(): readonly WalkingEnd[] {
    return [this.client, this.server];
  }

  take({ step, at, n }: Step): void {
    const end = at === "client" ? this.client : this.server;
    steps[step](this, end, n);
    for (const one of this.ends) this.#check(one);
  }

  /** One call. Misuse must change nothing; any other exception is a fault. */
  call(end: WalkingEnd, call: (channel: AnyChannel) => Output[]): boolean {
    const { channel } = end;
    const before = [channel.state, channel.failure, channel.reading, channel.deadline, end.held];
    let outputs: Output[];
    try {
      outputs = call(channel);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const after = [channel.state, channel.failure, channel.reading, channel.deadline, end.held];
      if (after.some((value, i) => value !== before[i]))
        throw new Error(`misuse that changes: ${error.message}`);
      return false;
    }
    end.outputs.push(...outputs);
    end.visited.add(channel.state);
    const peer = end === this.client ? this.server : this.client;
    for (const output of outputs) {
      if (output.type === "transmit") peer.inFlight = joined([peer.inFlight, output.bytes]);
      if (output.type === "dh") end.asked = output;
    }
    return true;
  }

  deliver(end: WalkingEnd, n: number): void {
    if (end.hasEnded || n === 0 || !end.channel.reading) return;
    this.#handIn(end, n);
  }

  /** Whatever the channel says about reading. */
  deliverRudely(end: WalkingEnd, n: number): void {
    if (end.hasEnded || n === 0) return;
    this.#isRude ||= !end.channel.reading;
    this.#handIn(end, n);
  }

  #handIn(end: WalkingEnd, n: number): void {
    const piece = end.inFlight.slice(0, Math.min(n, largestRead));
    end.inFlight = end.inFlight.slice(piece.length);
    this.call(end, (channel) => channel.receive(piece));
    piece.fill(0xee); // its memory is the driver's again
  }

  write(end: WalkingEnd, n: number): void {
    const bytes = this.#random(1 + (n % 64));
    const data = n % 7 === 0 ? joined(Array.from({ length: 1_500 }, () => bytes)) : bytes;
    const state = end.channel.state;
    const accepted = this.call(end, (channel) => channel.write(data));
    // What a client queued before it failed is lost, as all is that comes after a failure.
    if (accepted && state !== "Failed") end.written.push(data.slice());
  }

  /** What two peers of good will, and their applications, do next. */
  advance(): void {
    for (const end of this.ends) {
      const { channel, asked } = end;
      if (channel.state === "Start") this.call(end, () => (channel as ClientChannel).start());
      else if (asked !== undefined) this.answer(end, true);
      else if (channel.state === "Judging") this.call(end, () => (channel as ClientChannel).trust());
      else if (channel.state === "Deciding") this.call(end, () => (channel as ServerChannel).accept());
      else if (channel.state === "Routing") this.call(end, () => (channel as ServerChannel).forward());
      else if (end.inFlight.length > 0) this.deliver(end, end.inFlight.length);
      else continue;
      return;
    }
  }

  answer(end: WalkingEnd, well: boolean): void {
    const { asked } = end;
    if (asked === undefined) return;
    end.asked = undefined;
    this.call(end, (channel) => {
      if (!well) return channel.dhFailed(asked.keyHolder, new Error("no key"));
      const output = asked.keyHolder.dh(asked.publicKey);
      if (output instanceof Promise) throw new Error("tests' keys answer at once");
      return channel.dhDone(asked.keyHolder, output);
    });
  }

  /** All that an environment does in the end: nothing more comes, all is handed over, the time passes. */
  settle(): void {
    for (const end of this.ends) {
      if (!end.hasEnded) this.endTransport(end);
      this.answer(end, true);
      for (let round = 0; round < 4; round++) {
        this.call(end, (channel) => channel.flushed());
        this.clock.now += 100_000;
        this.call(end, (channel) => channel.tick());
        // ST-019: after the peer's end of file the own direction goes on for as long as the application likes.
        if (end.channel.state === "HalfClosedRemote") this.call(end, (channel) => channel.close());
      }
      this.#check(end);
    }
  }

  endTransport(end: WalkingEnd): void {
    end.hasEnded = true;
    this.call(end, (channel) => channel.transportEnded());
  }

  #check(end: WalkingEnd): void {
    const { role, channel, outputs, held } = end;
    checkTrace(role, channel, outputs);
    this.#checkPrefix(end);
    if (!this.#isRude && held > mostHeld(channel.state))
      throw new Error(`${role} ${channel.state} holds ${held} bytes`);
    if (end.has("failed") !== (channel.failure !== undefined))
      throw new Error("failure and its output differ");
    const binding = channel.channelBinding;
    if (end.has("open") !== (binding !== undefined)) throw new Error("a channel binding before open");
  }

  /** SC-005, SC-006: what comes out is a prefix of what the peer put in, and all of it where it has an end. */
  #checkPrefix(end: WalkingEnd): void {
    const peer = end === this.client ? this.server : this.client;
    const [delivered, written] = [end.delivered, joined(peer.written)];
    const isPrefix = delivered.length <= written.length && delivered.every((byte, i) => byte === written[i]);
    if (!isPrefix) throw new Error(`${end.role} delivers what its peer has not written`);
    if (end.has("end") && delivered.length < written.length)
      throw new Error(`${end.role} is told an end before it`);
  }
}

/** What a driver reads at once. */
const largestRead = 65_536;

/** LM-003, ST-009: what was read while the end waits, to the bound and one read more; else a message that is not whole. */
function mostHeld(state: State): number {
  const isIn = (list: readonly string[]) => list.includes(state);
  if (isIn(waiting)) return maxHeldInput - 1 + largestRead;
  return isIn(over) ? 0 : maxHeldInput - 1;
}

const asClient = (walk: Walk, call: (client: ClientChannel) => Output[]) =>
  walk.call(walk.client, (channel) => call(channel as ClientChannel));
const asServer = (walk: Walk, call: (server: ServerChannel) => Output[]) =>
  walk.call(walk.server, (channel) => call(channel as ServerChannel));

/** What can happen; the names are what a failing walk prints. */
const steps = {
  advance: (walk) => walk.advance(),
  deliver: (walk, end, n) => walk.deliver(end, n),
  deliverAll: (walk, end) => walk.deliver(end, end.inFlight.length),
  deliverRudely: (walk, end, n) => walk.deliverRudely(end, n),
  write: (walk, end, n) => walk.write(end, n),
  close: (walk, end) => walk.call(end, (channel) => channel.close()),
  alert: (walk, end, n) => walk.call(end, (channel) => channel.alert(0x8000 + (n % 9), "because")),
  ping: (walk, end) => walk.call(end, (channel) => channel.ping()),
  flushed: (walk, end) => walk.call(end, (channel) => channel.flushed()),
  answer: (walk, end) => walk.answer(end, true),
  answerBadly: (walk, end) => walk.answer(end, false),
  answerLate: (walk, end) =>
    walk.call(end, (channel) =>
      channel.dhDone(end.role === "client" ? serverKey : clientKey, new Uint8Array(32)),
    ),
  start: (walk) => asClient(walk, (client) => client.start()),
  trust: (walk) => asClient(walk, (client) => client.trust()),
  reject: (walk) => asClient(walk, (client) => client.reject()),
  accept: (walk) => asServer(walk, (server) => server.accept()),
  refuse: (walk, _end, n) =>
    asServer(walk, (server) => server.refuse(n % 2 === 0 ? "busy" : "not_authorized", "no")),
  forward: (walk) => asServer(walk, (server) => server.forward()),
  moment: (walk, end, n) => {
    walk.clock.now += n % 1_000;
    walk.call(end, (channel) => channel.tick());
  },
  deadline: (walk, end) => {
    walk.clock.now = Math.max(walk.clock.now, end.channel.deadline ?? 0);
    walk.call(end, (channel) => channel.tick());
  },
  endOfFile: (walk, end) => walk.endTransport(end),
  reset: (walk, end) => walk.call(end, (channel) => channel.transportFailed(new Error("reset"))),
  flip: (_walk, end, n) => {
    const at = n % Math.max(1, end.inFlight.length);
    end.inFlight = end.inFlight.map((byte, i) => (i === at ? byte ^ (1 << (n % 8)) : byte));
  },
  lose: (_walk, end, n) => {
    end.inFlight = end.inFlight.slice(n);
  },
  double: (_walk, end, n) => {
    end.inFlight = joined([end.inFlight, end.inFlight.slice(0, n)]);
  },
  makeUp: (_walk, end, n) => {
    end.inFlight = joined([end.inFlight, seededBytes(`made up ${n}`)(1 + (n % 60))]);
  },
  flood: (_walk, end, n) => {
    end.inFlight = joined([end.inFlight, new Uint8Array(n)]);
  },
} as const satisfies Record<string, (walk: Walk, end: WalkingEnd, n: number) => unknown>;

export type StepName = keyof typeof steps;
