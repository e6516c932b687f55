import type { ClientChannel, ServerChannel } from "../../src/protocol/index.ts";
import { Actor, type Reactions } from "./actor.ts";
import { serverKey, testClient, testServer } from "./pair.ts";
import { type ClientSetup, otherKey, pattern, type Scenario, type ServerSetup } from "./scenarios.ts";

interface Plan {
  readonly client: ClientSetup;
  readonly server: ServerSetup;
  readonly atClient?: Reactions<ClientChannel>;
  readonly atServer?: Reactions<ServerChannel>;
}

function scenario(name: string, plan: Plan): Scenario {
  const made: Scenario = {
    name,
    client({ client = {}, passive = false } = {}) {
      const actor = new Actor(testClient({ ...plan.client, ...client }), passive ? {} : plan.atClient);
      return actor.do(actor.channel.start());
    },
    server: ({ server = {}, passive = false } = {}) =>
      new Actor(testServer({ ...plan.server, ...server }), passive ? {} : plan.atServer),
    start: (overrides) => ({ client: made.client(overrides), server: made.server(overrides) }),
  };
  return made;
}

const throughMiddlebox: ClientSetup = { serverKey: otherKey.publicKey, via: serverKey.publicKey };

export const overRekeys = scenario("a rekey in each direction on the way", {
  client: { firstNonces: { client: 65_534n, server: 65_535n } },
  server: { firstNonces: { client: 65_534n, server: 65_535n } },
  atClient: {
    open: (channel) => [
      ...[4, 5, 6].flatMap((length) => channel.write(pattern(length, length))),
      ...channel.ping(),
      ...channel.close(),
    ],
  },
  atServer: {
    open: (channel) => [...channel.write(pattern(7, 1)), ...channel.write(pattern(8, 2))],
    end: (channel) => channel.close(),
  },
});

export const middleboxRefuses = scenario("a middlebox that can't reach the server", {
  client: throughMiddlebox,
  server: { routes: true },
  atServer: { route: (channel) => channel.refuse("unreachable") },
});

export const middleboxSearches = scenario("a middlebox that looks for the server", {
  client: throughMiddlebox,
  server: { routes: true },
});

export const noRoute = scenario("a server that is not the one, and does not route", {
  client: throughMiddlebox,
  server: {},
});

export const middleboxForwards = scenario("a middlebox that passes the connection on", {
  client: throughMiddlebox,
  server: { routes: true },
  atServer: { route: (channel) => channel.forward() },
});

export const clientEndsFirst = scenario("the client closes and the server stays", {
  client: {},
  server: {},
  atClient: { open: (channel) => [...channel.write(pattern(11, 4)), ...channel.close()] },
  atServer: { end: (channel) => channel.write(pattern(5, 2)) },
});

/** Ways of a connection with a middlebox in it, one that outlives its first keys, and the other half-close. */
export const furtherScenarios: readonly Scenario[] = [
  overRekeys,
  middleboxRefuses,
  middleboxSearches,
  noRoute,
  clientEndsFirst,
];
