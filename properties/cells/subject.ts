import {
  ClientChannel,
  type KeyHolder,
  type Output,
  type ServerChannel,
  type ServerOptions,
  UsageError,
} from "../../src/protocol/index.ts";
import { serverKey, type TestClock, testClient, testKey, testServer } from "../model/pair.ts";
import { checkTrace } from "../model/trace.ts";
import { ascii, equal } from "../reference/primitives.ts";
import { alertWords, dataWords, type FirstNonces, have, hex, nameOf, type Puppet } from "./puppet.ts";
import { PuppetClient, usualWish, type Wish } from "./puppet-client.ts";
import { PuppetServer } from "./puppet-server.ts";
import { type Lookup, recordingTable } from "./table.ts";

/** A real channel with a puppet at its other end; what the channel gives out is noted in words. */
export class Subject<C extends ClientChannel | ServerChannel, P extends Puppet> {
  readonly channel: C;
  readonly puppet: P;
  readonly clock: TestClock;
  readonly lookups: Lookup[];
  readonly outputs: Output[] = [];

  constructor(channel: C, puppet: P, clock: TestClock, lookups: Lookup[]) {
    this.channel = channel;
    this.puppet = puppet;
    this.clock = clock;
    this.lookups = lookups;
  }

  /** One call, and what came of it in words: those of {@link describe} or, for misuse, `misuse`. */
  do(call: (channel: C) => Output[]): string[] {
    let outputs: Output[];
    try {
      outputs = call(this.channel);
    } catch (error) {
      if (error instanceof UsageError) return ["misuse"];
      throw error;
    }
    this.outputs.push(...outputs);
    checkTrace(this.channel instanceof ClientChannel ? "client" : "server", this.channel, this.outputs);
    return outputs.flatMap((output) => describe(output, this.puppet));
  }

  receive(bytes: Uint8Array): string[] {
    return this.do((channel) => channel.receive(bytes));
  }

  /** How much a client holds back of what was written. */
  get queuedBytes(): number | undefined {
    return this.channel instanceof ClientChannel ? this.channel.queuedBytes : undefined;
  }

  /** Who was asked for a DH last; somebody else where nobody was. */
  get asked(): KeyHolder {
    return this.outputs.findLast((output) => output.type === "dh")?.keyHolder ?? testKey("nobody");
  }

  /** The answer to the last `dh` output, by the key holder that it names. */
  dhDone(): string[] {
    const asked = have(this.outputs.findLast((output) => output.type === "dh"));
    const result = asked.keyHolder.dh(asked.publicKey);
    if (result instanceof Promise) throw new Error("tests' keys answer at once");
    return this.do((channel) => channel.dhDone(asked.keyHolder, result));
  }

  /** Moves the clock and says so. */
  tick(milliseconds: number): string[] {
    this.clock.now += milliseconds;
    return this.do((channel) => channel.tick());
  }
}

export type ClientSubject = Subject<ClientChannel, PuppetServer>;
export type ServerSubject = Subject<ServerChannel, PuppetClient>;
export type AnySubject = Subject<ClientChannel | ServerChannel, Puppet>;

/** What an output says: a word for its type, and what matters of its content. */
function describe(output: Output, puppet: Puppet): string[] {
  switch (output.type) {
    case "transmit":
      return puppet.read(output.bytes);
    case "dh":
      return [`dh ${nameOf(output.keyHolder.publicKey)}`];
    case "route":
      return [`route ${nameOf(output.serverKey)}`];
    case "forward": {
      const { hello } = puppet as PuppetClient;
      const begins = equal(output.bytes.subarray(0, hello.length), hello);
      const rest = begins ? output.bytes.subarray(hello.length) : output.bytes;
      return [`forward ${begins ? "Hello " : ""}${hex(rest)}`.trim()];
    }
    case "peerKey":
      return [`peerKey ${nameOf(output.publicKey)}`];
    case "data":
      return [`data ${dataWords(output.bytes)}`];
    case "pong":
      return [`pong ${hex(output.bytes)}`];
    case "alert":
      return [`alert ${alertWords(output.code, output.message)}`];
    case "failed":
      return [`failed ${output.failure.code}`];
    default:
      return [output.type];
  }
}

export interface ClientSetup {
  /** First use: no key is expected. */
  readonly firstUse?: boolean;
  /** A middlebox before the server. */
  readonly via?: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  readonly liveness?: { readonly pingAfter: number; readonly timeout: number };
  readonly firstNonces?: FirstNonces;
}

const fromZero: FirstNonces = { client: 0n, server: 0n };

/** A client in Start. Its clock stands at 0, its deadlines are the default ones, its context is `cells`. */
export function newClient(setup: ClientSetup): ClientSubject {
  const clock = { now: 0 };
  const lookups: Lookup[] = [];
  const { firstNonces = fromZero, firstUse = false, via, liveness } = setup;
  const channel = testClient({
    seed: "cells client",
    clock,
    context: "cells",
    firstNonces,
    firstUse,
    table: recordingTable(lookups),
    ...(via === undefined ? {} : { via: via.publicKey }),
    ...(liveness === undefined ? {} : { liveness }),
  });
  const puppet = new PuppetServer((via ?? serverKey).secretKey, firstNonces);
  return new Subject(channel, puppet, clock, lookups);
}

export interface ServerSetup {
  readonly options?: Partial<ServerOptions>;
  readonly wish?: Partial<Wish>;
  readonly liveness?: { readonly pingAfter: number; readonly timeout: number };
  readonly firstNonces?: FirstNonces;
}

/** A server in AwaitHello. Its clock stands at 0, its deadlines are the default ones. */
export function newServer(setup: ServerSetup): ServerSubject {
  const clock = { now: 0 };
  const lookups: Lookup[] = [];
  const { firstNonces = fromZero, wish = {}, options = {}, liveness } = setup;
  const channel = testServer({
    ...options,
    ...(liveness === undefined ? {} : { liveness }),
    clock,
    firstNonces,
    table: recordingTable(lookups),
  });
  return new Subject(channel, new PuppetClient({ ...usualWish, ...wish }, firstNonces), clock, lookups);
}

/** Eight bytes for a Ping. */
export const pingBody = ascii("8 bytes!");
