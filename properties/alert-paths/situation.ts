import type { AlertName, ClientChannel, ServerChannel, State, Table } from "../../src/protocol/index.ts";
import { UsageError } from "../../src/protocol/index.ts";
import { Actor, type AnyChannel, converse, type Reactions, type Sides } from "../model/actor.ts";
import { testClient, testServer } from "../model/pair.ts";
import { pattern } from "../model/scenarios.ts";
import { quickKey, type SealedRecord, spying } from "./spy.ts";

export type Side = keyof Sides;

const clientKey = quickKey("client");
const serverKey = quickKey("server");
const otherKey = quickKey("another server");

/** The bounds that the end which gives up has, in milliseconds. */
export const liveness = { pingAfter: 1_000, timeout: 2_000 };

/** The alert of an end that had given up already. */
export const earlier = 0x8abc;

/** Both ends in the middle of something, and everything that was seen of them. */
export class Situation {
  readonly clock = { now: 100 };
  readonly sides: Sides;
  /** By end: all that its application wrote, of which the channel took it. */
  readonly written: Record<Side, Uint8Array[]> = { client: [], server: [] };
  readonly records: Record<Side, SealedRecord[]>;
  /** By end: it was told that there is no more input. */
  readonly ended = { client: false, server: false };

  constructor(setup: {
    readonly client?: Reactions<ClientChannel>;
    readonly server?: Reactions<ServerChannel>;
    readonly firstUse?: boolean;
    readonly names?: "other";
    readonly hides?: boolean;
    readonly routes?: boolean;
    readonly timed: Side;
    readonly table?: Table;
  }) {
    const spies = { client: spying(), server: spying() };
    this.records = { client: spies.client.records, server: spies.server.records };
    const common = (side: Side) => ({
      clock: this.clock,
      primitives: spies[side].primitives,
      ...(setup.table === undefined ? {} : { table: setup.table }),
      ...(setup.timed === side ? { liveness } : {}),
    });
    const named = setup.names === "other" ? otherKey : serverKey;
    const expects = setup.firstUse === true ? { firstUse: true } : { serverKey: named.publicKey };
    const via = setup.routes === true ? { via: serverKey.publicKey } : {};
    this.sides = {
      client: new Actor(
        testClient({ ...common("client"), keyHolder: clientKey, ...expects, ...via }),
        setup.client,
      ),
      server: new Actor(
        testServer({
          ...common("server"),
          keyHolders: [serverKey],
          ...(setup.hides === true ? { stealth: true } : {}),
          ...(setup.routes === true ? { routes: true } : {}),
        }),
        setup.server,
      ),
    };
  }

  end(side: Side): Actor<AnyChannel> {
    return this.sides[side] as Actor<AnyChannel>;
  }

  start(): this {
    this.sides.client.do(this.sides.client.channel.start());
    return this.carry();
  }

  carry(): this {
    converse(this.sides);
    return this;
  }

  write(side: Side, length: number): this {
    const bytes = pattern(length, 11 * this.written[side].length + (side === "client" ? 1 : 2));
    const { channel } = this.end(side);
    this.end(side).do(channel.write(bytes));
    this.written[side].push(bytes);
    return this;
  }

  close(side: Side): this {
    const end = this.end(side);
    end.do(end.channel.close());
    return this;
  }

  /** Input, where the end still takes any. */
  give(side: Side, bytes: Uint8Array): void {
    if (!this.ended[side] && bytes.length > 0) this.end(side).receive(bytes);
  }

  giveEnd(side: Side): void {
    if (this.ended[side]) return;
    this.ended[side] = true;
    const end = this.end(side);
    end.do(end.channel.transportEnded());
  }

  giveReset(side: Side): void {
    this.ended[side] = true;
    const end = this.end(side);
    end.do(end.channel.transportFailed(new Error("ECONNRESET")));
  }

  /** Answers the DH that is waited for, if one is. */
  answerDh(side: Side): void {
    const end = this.end(side);
    const dh = end.outputs.findLast((output) => output.type === "dh");
    if (dh?.type !== "dh") return;
    const result = dh.keyHolder.dh(dh.publicKey);
    if (result instanceof Promise) throw new Error("tests' keys answer at once");
    end.do(end.channel.dhDone(dh.keyHolder, result));
  }

  /**
   * What an end says next by itself, if there is anything that it can say: bytes that have not been delivered. A byte
   * of nothing where it can say nothing.
   */
  says(side: Side): Uint8Array {
    const { channel } = this.end(side);
    const says: Partial<Record<State, () => unknown>> = {
      Start: () => this.sides.client.do(this.sides.client.channel.start()),
      OpeningRoute: () => this.answerDh(side),
      Responding: () => this.answerDh(side),
      Deciding: () => {
        this.sides.server.do(this.sides.server.channel.accept());
        this.write("server", 40);
      },
      AwaitVerdict: () => this.write(side, 40),
      Open: () => this.write(side, 40),
      HalfClosedRemote: () => this.write(side, 40),
      HalfClosedLocal: () => this.end(side).do(channel.ping()),
    };
    says[channel.state]?.();
    const bytes = this.end(side).flush();
    return bytes.length === 0 ? Uint8Array.of(0) : bytes;
  }

  /** Makes a call that may be misuse where the connection is. */
  attempt(side: Side, call: (channel: AnyChannel) => ReturnType<AnyChannel["close"]>): void {
    const end = this.end(side);
    try {
      end.do(call(end.channel));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
}

type Reach = (table?: Table) => Situation;

const silent = { dh: () => [] };
const undecided = { peerKey: () => [] };
type Setup = Omit<ConstructorParameters<typeof Situation>[0], "timed" | "table">;

/** How much the end that gives up has written before it did. */
export const writtenBefore = 300;

/** The states that both ends have once they are open, reached by one of them. */
function common(side: Side): Partial<Record<State, Reach>> {
  const peer = side === "client" ? "server" : "client";
  const make = (table?: Table) => new Situation({ timed: side, ...(table && { table }) });
  const open = (table?: Table) => make(table).start();
  return {
    Open: open,
    HalfClosedLocal: (table) => open(table).write(side, writtenBefore).close(side).carry(),
    HalfClosedRemote: (table) => open(table).close(peer).carry(),
    Closing: (table) => open(table).close(peer).carry().write(side, writtenBefore).close(side),
    Closed: (table) => {
      const situation = open(table).close(peer).close(side).carry();
      Object.assign(situation.ended, { client: true, server: true });
      return situation;
    },
    Draining: (table) => {
      const situation = open(table).write(side, writtenBefore);
      const end = situation.end(side);
      end.do(end.channel.alert(earlier, "before"));
      return situation;
    },
    Failed: (table) => {
      const situation = open(table);
      situation.giveReset(side);
      return situation;
    },
  };
}

function from(side: Side, setup: Setup, then: (situation: Situation) => unknown = () => undefined): Reach {
  return (table) => {
    const situation = new Situation({ ...setup, timed: side, ...(table && { table }) });
    situation.start();
    then(situation);
    return situation;
  };
}

/** Every state of either side, and how it is reached. */
export const reach: Record<Side, Partial<Record<State, Reach>>> = {
  client: {
    Start: (table) => new Situation({ timed: "client", ...(table && { table }) }),
    AwaitChallenge: from("client", { server: silent }),
    Judging: from("client", { firstUse: true, client: undecided }),
    Responding: from("client", { client: silent }),
    AwaitVerdict: from("client", { server: undecided }),
    AwaitVerdictClosed: from("client", { server: undecided }, (situation) =>
      situation.write("client", writtenBefore).close("client").carry(),
    ),
    ...common("client"),
  },
  server: {
    AwaitHello: (table) => new Situation({ timed: "server", ...(table && { table }) }),
    OpeningRoute: from("server", { server: silent }),
    Routing: from("server", { names: "other", routes: true }),
    Forwarded: from("server", { names: "other", routes: true }, ({ sides: { server } }) =>
      server.do(server.channel.forward()),
    ),
    Hiding: from("server", { names: "other", hides: true }),
    AwaitResponse: from("server", { client: silent }),
    Deciding: from("server", { server: undecided }),
    ...common("server"),
  },
};

export type Cause = AlertName | number | "garbage" | "deadline";
