import { fc } from "@fast-check/vitest";
import type { Primitives } from "../../src/crypto/primitives.ts";
import { internals } from "../../src/protocol/channel/internals.ts";
import { type ChannelOptions, ClientChannel, type Padding, ServerChannel } from "../../src/protocol/index.ts";
import { clientKey, joined, seededBytes, serverKey } from "../model/pair.ts";
import { pattern } from "../model/scenarios.ts";
import { Owner, type Seen } from "./owners.ts";

export type Side = "client" | "server";

/** One thing that happens. */
export interface Step {
  readonly step: (typeof stepNames)[number];
  readonly at: Side;
  readonly n: number;
}

const stepNames = [
  "write",
  "ping",
  "send",
  "receive",
  "receiveAll",
  "flushed",
  "read",
  "wait",
  "close",
  "alert",
  "endOfFile",
  "reset",
  "flip",
] as const;

/** A session that moves behind a step, to a process with one of the providers. */
export interface Move {
  readonly behind: number;
  readonly at: Side;
  readonly to: number;
}

/** How both ends are set up. */
export interface World {
  readonly firstNonces: { readonly client: bigint; readonly server: bigint };
  readonly liveness: boolean;
  readonly padding: Padding;
  readonly recordSize: number;
  readonly context: string;
}

const some = (...names: readonly Step["step"][]): fc.Arbitrary<Step> =>
  fc.record({
    step: fc.constantFrom(...names),
    at: fc.constantFrom<Side>("client", "server"),
    n: fc.nat(300),
  });

export const scripts: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 24,
      arbitrary: some("write", "send", "send", "receive", "receiveAll", "receiveAll", "flushed", "read"),
    },
    { weight: 6, arbitrary: some("ping", "wait", "flushed") },
    { weight: 4, arbitrary: some("close") },
    { weight: 1, arbitrary: some("alert", "endOfFile", "reset", "flip") },
  ),
  { minLength: 12, maxLength: 60, size: "max" },
);

export const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.record({ behind: fc.nat(60), at: fc.constantFrom<Side>("client", "server"), to: fc.nat(1) }),
  { minLength: 1, maxLength: 12 },
);

const near = (boundary: bigint) => fc.integer({ min: 0, max: 6 }).map((before) => boundary - BigInt(before));
/** Counters at the beginning, around a rekeying, and near the end. */
export const nonces: fc.Arbitrary<bigint> = fc.oneof(
  fc.constant(0n),
  near(65_536n),
  fc.bigInt({ min: 2n, max: 2n ** 40n }).chain((multiple) => near(multiple * 65_536n)),
  near(2n ** 64n - 2n),
);

export const worlds: fc.Arbitrary<World> = fc.record({
  firstNonces: fc.record({ client: nonces, server: nonces }),
  liveness: fc.boolean(),
  padding: fc.constantFrom<Padding>("none", "padme", { block: 64 }, (length) => length + 3),
  recordSize: fc.constantFrom(20, 65_516),
  context: fc.constantFrom("", "echo/1"),
});

/** What a run leaves behind: what both ends have shown, and their channels' last words. */
export interface Run {
  readonly client: Seen & { readonly end: unknown };
  readonly server: Seen & { readonly end: unknown };
  /** How often a session has moved. */
  readonly moved: number;
}

/**
 * Plays a script from an open connection on.
 *
 * @param providers by their number in a move; the first is the one to begin with
 * @param left is shown each channel that was left
 */
export function play(
  world: World,
  script: readonly Step[],
  moving: readonly Move[],
  providers: (side: Side, number: number) => Primitives,
  left: (channel: Owner["channel"]) => void = () => undefined,
): Run {
  const clock = { now: 1_000 };
  const owners = {
    client: owner(world, "client", clock, providers),
    server: owner(world, "server", clock, providers),
  };
  const other = { client: "server", server: "client" } as const;
  /** What is on its way to each end. */
  const way: Record<Side, Uint8Array> = { client: new Uint8Array(0), server: new Uint8Array(0) };
  const send = (at: Side) => {
    way[other[at]] = joined([way[other[at]], owners[at].send()]);
  };
  const receive = (at: Side, length: number) => {
    const bytes = way[at].slice(0, length);
    way[at] = way[at].slice(length);
    owners[at].do((channel) => channel.receive(bytes));
  };
  openBoth(owners, way, send, receive);
  let moved = 0;
  script.forEach((step, i) => {
    take(step, owners, clock, way, send, receive);
    for (const move of moving.filter(({ behind }) => behind === i)) {
      if (!owners[move.at].canMove) continue;
      left(owners[move.at].move(providers(move.at, move.to)));
      moved++;
    }
  });
  for (const at of ["client", "server"] as const) {
    send(at);
    owners[at].read();
  }
  return { client: judged(owners.client), server: judged(owners.server), moved };
}

/** Comparable: bytes joined, and all that a channel can be asked. */
function judged({ seen, channel }: Owner): Run["client"] {
  const { state, failure, deadline, reading, remotePublicKey, localPublicKey, channelBinding } = channel;
  const isOver = !["Open", "HalfClosedLocal", "HalfClosedRemote"].includes(state);
  const exported = isOver ? undefined : channel.exportKeyingMaterial("label", 48, pattern(7, 3));
  return {
    told: seen.told,
    wire: [joined(seen.wire)],
    read: [joined(seen.read)],
    end: { state, failure, deadline, reading, remotePublicKey, localPublicKey, channelBinding, exported },
  };
}

function owner(
  world: World,
  side: Side,
  clock: { readonly now: number },
  providers: (side: Side, number: number) => Primitives,
): Owner {
  const { padding, recordSize, liveness, context } = world;
  const options: ChannelOptions = {
    primitives: providers(side, 0),
    randomBytes: seededBytes(side),
    now: () => clock.now,
    padding,
    recordSize,
    ...(liveness ? { liveness: { pingAfter: 500, timeout: 1_700 } } : {}),
  };
  const inside = { ...internals, firstNonces: world.firstNonces };
  const channel =
    side === "client"
      ? new ClientChannel(
          { ...options, keyHolder: clientKey, serverKey: serverKey.publicKey, context },
          inside,
        )
      : new ServerChannel({ ...options, keyHolders: [serverKey], contexts: [context] }, inside);
  if (channel instanceof ClientChannel) {
    const started = new Owner(channel, options);
    started.do(() => channel.start());
    return started;
  }
  return new Owner(channel, options);
}

/** The handshake, at once and without a move. */
function openBoth(
  owners: Record<Side, Owner>,
  way: Record<Side, Uint8Array>,
  send: (at: Side) => void,
  receive: (at: Side, length: number) => void,
): void {
  for (const at of ["client", "server", "client", "server"] as const) {
    send(at);
    const to = at === "client" ? "server" : "client";
    receive(to, way[to].length);
  }
  for (const { channel } of Object.values(owners)) {
    channel.flushed();
    if (channel.state !== "Open") throw new Error(`open, not ${channel.state}`);
  }
}

function take(
  { step, at, n }: Step,
  owners: Record<Side, Owner>,
  clock: { now: number },
  way: Record<Side, Uint8Array>,
  send: (at: Side) => void,
  receive: (at: Side, length: number) => void,
): void {
  const { [at]: here } = owners;
  switch (step) {
    case "write":
      here.do((channel) => channel.write(pattern(n, n)));
      return;
    case "ping":
      here.do((channel) => channel.ping());
      return;
    case "send":
      send(at);
      return;
    case "receive":
      receive(at, n % 50);
      return;
    case "receiveAll":
      receive(at, way[at].length);
      return;
    case "flushed":
      send(at);
      here.do((channel) => channel.flushed());
      return;
    case "read":
      here.read();
      return;
    case "wait":
      clock.now += n * 5;
      for (const one of Object.values(owners)) one.do((channel) => channel.tick());
      return;
    case "close":
      here.do((channel) => channel.close());
      return;
    case "alert":
      here.do((channel) => channel.alert(0x8000 + n, "words"));
      return;
    case "endOfFile":
      here.do((channel) => channel.transportEnded());
      return;
    case "reset":
      here.do((channel) => channel.transportFailed("reset"));
      return;
    case "flip":
      if (way[at].length > 0)
        way[at][n % way[at].length] = (way[at][n % way[at].length] ?? 0) ^ (1 << (n % 8));
      return;
  }
}
