import type { ClientChannel, ServerChannel, State } from "../../src/protocol/index.ts";
import { Actor, converse, type Sides } from "./actor.ts";
import { serverKey, testClient, testServer } from "./pair.ts";
import { otherKey } from "./scenarios.ts";

/** Two ends, one of which is in the state named, with nothing on its way. */
export interface Stage {
  readonly state: State;
  readonly sides: () => Sides;
}

const unanswered = { dh: () => [] };
const undecided = { peerKey: () => [] };

/** Both ends, as far as they get by themselves. */
export function settle(
  client: Actor<ClientChannel> = new Actor(testClient()),
  server: Actor<ServerChannel> = new Actor(testServer()),
): Sides {
  const sides = { client: client.do(client.channel.start()), server };
  converse(sides);
  return sides;
}

/** Both ends open, then what `then` does, carried over. */
export function opened(then: (sides: Sides) => unknown = () => undefined): Sides {
  const sides = settle();
  then(sides);
  converse(sides);
  return sides;
}

const deciding = () => settle(undefined, new Actor(testServer(), undecided));

const halfClosed = (side: "client" | "server") => () =>
  opened((sides) => sides[side].do(sides[side].channel.close()));

/** Client states before the Response: whatever happens, it says nothing. */
export const silentClient: readonly Stage[] = [
  { state: "Start", sides: () => ({ client: new Actor(testClient()), server: new Actor(testServer()) }) },
  {
    state: "AwaitChallenge",
    sides: () => settle(undefined, new Actor(testServer(), unanswered)),
  },
  { state: "Judging", sides: () => settle(new Actor(testClient({ firstUse: true }), undecided)) },
  { state: "Responding", sides: () => settle(new Actor(testClient(), unanswered)) },
];

/** Client states in which it has transport keys. */
export const speakingClient: readonly Stage[] = [
  { state: "AwaitVerdict", sides: deciding },
  {
    state: "AwaitVerdictClosed",
    sides: () => {
      const sides = deciding();
      sides.client.do(sides.client.channel.close());
      converse(sides);
      return sides;
    },
  },
  { state: "Open", sides: () => opened() },
  { state: "HalfClosedLocal", sides: halfClosed("client") },
  { state: "HalfClosedRemote", sides: halfClosed("server") },
];

/** Server states before the Challenge: given up in them, it says nothing. */
export const silentServer: readonly Stage[] = [
  {
    state: "AwaitHello",
    sides: () => ({ client: new Actor(testClient()), server: new Actor(testServer()) }),
  },
  { state: "OpeningRoute", sides: () => settle(undefined, new Actor(testServer(), unanswered)) },
  {
    state: "Routing",
    sides: () =>
      settle(
        new Actor(testClient({ serverKey: otherKey.publicKey, via: serverKey.publicKey })),
        new Actor(testServer({ routes: true })),
      ),
  },
  {
    state: "Hiding",
    sides: () =>
      settle(
        new Actor(testClient({ serverKey: otherKey.publicKey })),
        new Actor(testServer({ stealth: true })),
      ),
  },
];

/** Server states in which it has the Verdict to say something with. */
export const verdictServer: readonly Stage[] = [
  { state: "AwaitResponse", sides: () => settle(new Actor(testClient(), unanswered)) },
  { state: "Deciding", sides: deciding },
];

/** Server states in which it has transport keys. */
export const speakingServer: readonly Stage[] = [
  { state: "Open", sides: () => opened() },
  { state: "HalfClosedLocal", sides: halfClosed("server") },
  { state: "HalfClosedRemote", sides: halfClosed("client") },
];
