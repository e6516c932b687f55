import { loadPrimitives } from "../../src/crypto/index.ts";
import type { Primitives } from "../../src/crypto/primitives.ts";
import { type Internals, internals } from "../../src/protocol/channel/internals.ts";
import {
  type Channel,
  ClientChannel,
  type ClientOptions,
  type KeyHolder,
  type Output,
  ServerChannel,
  type ServerOptions,
} from "../../src/protocol/index.ts";

export const primitives: Primitives = await loadPrimitives();

/** Deterministic bytes: BLAKE2b of a seed and a counter. For tests alone. */
export function seededBytes(seed: string): (length: number) => Uint8Array {
  let count = 0;
  return (length) => {
    const bytes = primitives.blake2b(new TextEncoder().encode(`${seed} ${count++}`));
    return bytes.slice(0, length);
  };
}

/** A long-term TEST KEY from a name, in this process. */
export function testKey(name: string): KeyHolder & { readonly secretKey: Uint8Array } {
  const secretKey = seededBytes(`TEST KEY ${name}`)(32);
  return {
    secretKey,
    publicKey: primitives.x25519PublicKey(secretKey),
    dh: (publicKey) => primitives.x25519(secretKey, publicKey),
  };
}

export const clientKey = testKey("client");
export const serverKey = testKey("server");

/** A clock that a test moves. */
export interface TestClock {
  now: number;
}

export function testClient(
  options: Partial<ClientOptions> &
    Partial<Internals> & { clock?: TestClock; seed?: string; firstUse?: boolean } = {},
): ClientChannel {
  const { clock = { now: 0 }, seed = "client", firstUse = false, table, firstNonces, ...rest } = options;
  const common = { primitives, randomBytes: seededBytes(seed), now: () => clock.now, keyHolder: clientKey };
  const expected = firstUse ? {} : { serverKey: serverKey.publicKey };
  return new ClientChannel({ ...common, ...expected, ...rest }, withInternals({ table, firstNonces }));
}

export function testServer(
  options: Partial<ServerOptions> & Partial<Internals> & { clock?: TestClock; seed?: string } = {},
): ServerChannel {
  const { clock = { now: 0 }, seed = "server", table, firstNonces, ...rest } = options;
  const common = { primitives, randomBytes: seededBytes(seed), now: () => clock.now };
  return new ServerChannel(
    { ...common, keyHolders: [serverKey], ...rest },
    withInternals({ table, firstNonces }),
  );
}

/** What the channel has inside, with what a test puts in its place. */
function withInternals(own: { [K in keyof Internals]: Internals[K] | undefined }): Internals {
  return { table: own.table ?? internals.table, firstNonces: own.firstNonces ?? internals.firstNonces };
}

/** What an end has to say for itself, besides bytes: all outputs in order, transmitted bytes joined and data joined. */
export interface End<C extends Channel> {
  readonly channel: C;
  readonly outputs: Output[];
  /** Bytes transmitted and not yet taken by {@link pass}. */
  sent: Uint8Array[];
}

/** How an end decides, where its channel asks. `undefined` leaves the question open. */
export interface Decisions {
  readonly dh?: boolean;
  readonly peerKey?: (end: End<ClientChannel | ServerChannel>) => Output[] | undefined;
}

/** Collects what a call gave, answers DH requests at once and lets everybody in, unless told otherwise. */
export function absorb<C extends ClientChannel | ServerChannel>(
  end: End<C>,
  outputs: Output[],
  decisions: Decisions = {},
): void {
  for (const output of outputs) {
    end.outputs.push(output);
    if (output.type === "transmit") end.sent.push(output.bytes);
    if (output.type === "dh" && decisions.dh !== false) {
      const result = output.keyHolder.dh(output.publicKey);
      if (result instanceof Promise) throw new Error("tests' keys answer at once");
      absorb(end, end.channel.dhDone(output.keyHolder, result), decisions);
    }
    if (output.type === "peerKey") {
      const answer = decisions.peerKey ?? letIn;
      absorb(end, answer(end) ?? [], decisions);
    }
  }
}

function letIn({ channel }: End<ClientChannel | ServerChannel>): Output[] {
  return channel instanceof ClientChannel ? channel.trust() : channel.accept();
}

export function newEnd<C extends Channel>(channel: C): End<C> {
  return { channel, outputs: [], sent: [] };
}

export interface Pair {
  readonly client: End<ClientChannel>;
  readonly server: End<ServerChannel>;
}

/** Both ends, the Hello sent and nothing delivered. */
export function newPair(client: ClientChannel = testClient(), server: ServerChannel = testServer()): Pair {
  const pair = { client: newEnd(client), server: newEnd(server) };
  absorb(pair.client, client.start());
  return pair;
}

/** Takes what an end has transmitted. */
export function takeSent(end: End<Channel>): Uint8Array {
  const bytes = joined(end.sent);
  end.sent = [];
  return bytes;
}

/** Delivers everything to and fro until both are silent. */
export function exchange(
  { client, server }: Pair,
  decisions: { client?: Decisions; server?: Decisions } = {},
): void {
  while (client.sent.length + server.sent.length > 0) {
    const toServer = takeSent(client);
    if (toServer.length > 0) absorb(server, server.channel.receive(toServer), decisions.server);
    const toClient = takeSent(server);
    if (toClient.length > 0) absorb(client, client.channel.receive(toClient), decisions.client);
  }
}

/** Both ends, open. */
export function openPair(client?: ClientChannel, server?: ServerChannel): Pair {
  const pair = newPair(client, server);
  exchange(pair);
  return pair;
}

/** All the data that was delivered. */
export function delivered(end: End<Channel>): Uint8Array {
  return joined(end.outputs.flatMap((output) => (output.type === "data" ? [output.bytes] : [])));
}

/** The types of an end's outputs, in order. */
export function outputTypes(outputs: readonly Output[]): string[] {
  return outputs.map(({ type }) => type);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
