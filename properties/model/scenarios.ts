import type { ClientChannel, ServerChannel } from "../../src/protocol/index.ts";
import { Actor, converse, type Reactions, type Sides } from "./actor.ts";
import { joined, serverKey, testClient, testKey, testServer } from "./pair.ts";

/** Bytes that tell where they belong. */
export function pattern(length: number, tag: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + tag) & 0xff);
}

export const otherKey = testKey("another server");
export const viaKey = testKey("via");

/** What a test's client and server may be made with. */
export type ClientSetup = NonNullable<Parameters<typeof testClient>[0]>;
export type ServerSetup = NonNullable<Parameters<typeof testServer>[0]>;

interface Overrides {
  readonly client?: ClientSetup;
  readonly server?: ServerSetup;
  /** Only what a handshake needs is answered; nothing is said that was not said from the start. */
  readonly passive?: boolean;
}

/** What becomes of a connection, undisturbed. */
export interface Scenario {
  readonly name: string;
  /** The client, started, with what it writes at once. The same seed every time, so the same bytes. */
  client(overrides?: Overrides): Actor<ClientChannel>;
  server(overrides?: Overrides): Actor<ServerChannel>;
  /** Both ends; nothing has passed yet. */
  start(overrides?: Overrides): Sides;
}

interface Plan {
  readonly client?: ClientSetup;
  readonly server?: ServerSetup;
  readonly atClient?: Reactions<ClientChannel>;
  readonly atServer?: Reactions<ServerChannel>;
  /** What the client writes at once. */
  readonly early?: Uint8Array;
  /** What the server is told before anything comes. */
  readonly prepare?: (server: Actor<ServerChannel>) => void;
}

function scenario(name: string, plan: Plan): Scenario {
  const result: Scenario = {
    name,
    client({ client = {}, passive = false } = {}) {
      const channel = testClient({ ...plan.client, ...client });
      const actor = new Actor(channel, passive ? {} : plan.atClient);
      actor.do(channel.start());
      return plan.early === undefined ? actor : actor.do(channel.write(plan.early));
    },
    server({ server = {}, passive = false } = {}) {
      const actor = new Actor(testServer({ ...plan.server, ...server }), passive ? {} : plan.atServer);
      plan.prepare?.(actor);
      return actor;
    },
    start: (overrides) => ({ client: result.client(overrides), server: result.server(overrides) }),
  };
  return result;
}

const clientTalks: Reactions<ClientChannel> = {
  open: (channel) => [...channel.write(pattern(12, 2)), ...channel.write(pattern(7, 3)), ...channel.close()],
};
const serverAnswers: Reactions<ServerChannel> = {
  open: (channel) => channel.write(pattern(9, 4)),
  end: (channel) => [...channel.write(pattern(6, 5)), ...channel.close()],
};

export const conversation = scenario("a conversation that both close", {
  early: pattern(5, 1),
  atClient: clientTalks,
  atServer: serverAnswers,
});

export const serverEndsFirst = scenario("the server closes and the client stays", {
  early: pattern(5, 1),
  atServer: { open: (channel) => [...channel.write(pattern(11, 4)), ...channel.close()] },
});

export const refused = scenario("the application refuses", {
  early: pattern(5, 1),
  atClient: clientTalks,
  atServer: { peerKey: (channel) => channel.refuse("not_authorized", "not here") },
});

export const wrongContext = scenario("a context that is not served", {
  client: { context: "chat/2" },
  server: { contexts: ["chat/1", ""] },
});

export const busy = scenario("busy, said in the Challenge", {
  prepare: (server) => server.do(server.channel.refuse("busy")),
});

export const firstUseTrusted = scenario("first use, trusted", {
  client: { firstUse: true },
  atClient: clientTalks,
  atServer: serverAnswers,
});

export const firstUseRejected = scenario("first use, rejected", {
  client: { firstUse: true },
  atClient: { peerKey: (channel) => channel.reject() },
});

export const otherServer = scenario("another server than expected", {
  client: { serverKey: otherKey.publicKey },
});

export const serverAlerts = scenario("the server alerts in the middle", {
  atClient: { open: (channel) => channel.write(pattern(17, 2)) },
  atServer: {
    data: (channel) => [...channel.write(pattern(3, 4)), ...channel.alert(0x8001, "enough “of” it")],
  },
});

export const clientAlerts = scenario("the client alerts in the middle", {
  atClient: { data: (channel) => [...channel.write(pattern(3, 2)), ...channel.alert("cancelled", "bye")] },
  atServer: { open: (channel) => channel.write(pattern(17, 4)) },
});

export const pings = scenario("both ping, then close", {
  atClient: { open: (channel) => channel.ping(), pong: (channel) => channel.close() },
  atServer: { open: (channel) => channel.ping(), end: (channel) => channel.close() },
});

export const throughVia = scenario("a route to another via key", {
  client: { via: viaKey.publicKey, context: "chat/1" },
  server: { contexts: ["chat/1"] },
  atClient: clientTalks,
  atServer: serverAnswers,
});

export const hidden = scenario("a stealthy server and who knows it", {
  server: { stealth: true },
  early: pattern(5, 1),
  atClient: clientTalks,
  atServer: serverAnswers,
});

export const unasked = scenario("a stealthy server and who does not know it", {
  client: { serverKey: otherKey.publicKey },
  server: { stealth: true },
});

export const rotated = scenario("the route names the older of two keys", {
  server: { keyHolders: [otherKey, serverKey] },
  atClient: clientTalks,
  atServer: serverAnswers,
});

/** Every way in which an undisturbed connection can go. */
export const scenarios: readonly Scenario[] = [
  conversation,
  serverEndsFirst,
  refused,
  wrongContext,
  busy,
  firstUseTrusted,
  firstUseRejected,
  otherServer,
  serverAlerts,
  clientAlerts,
  pings,
  throughVia,
  hidden,
  unasked,
  rotated,
];

/** What both ends transmit when nothing disturbs them, message by message and record by record. */
export interface Transcript {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  readonly clientParts: readonly Uint8Array[];
  readonly serverParts: readonly Uint8Array[];
}

export function transcript(scenario: Scenario): Transcript {
  const { client, server } = scenario.start();
  converse({ client, server });
  return {
    client: joined(client.wire),
    server: joined(server.wire),
    clientParts: client.wire,
    serverParts: server.wire,
  };
}
