/** The goals of the model (spec/model/handshake/goals.maude), asked of real bytes. */
import { equal } from "../reference/primitives.ts";
import { splitHello } from "./ablated.ts";
import type { Attacker } from "./attacker.ts";
import { type End, ephemeralOf } from "./ends.ts";
import { keyPair, pointOf } from "./keys.ts";

export interface World {
  readonly clients: readonly End[];
  readonly servers: readonly End[];
  readonly attacker: Attacker;
  /** Transport records that ends had sent before keys leaked, by the ends' names. */
  readonly past: ReadonlyMap<string, Uint8Array>;
}

const text = "kept between the two of them";
/** What an end says under its transport keys, for the attacker to read. */
export const sayIn = (end: End): Uint8Array => end.write(text);
const isRead = (attacker: Attacker, end: End, record: Uint8Array): boolean =>
  new TextDecoder().decode(attacker.read(end.name, record)) === text;

const answered = ({ phase }: End) =>
  phase === "awaitVerdict" || phase === "open" || phase.startsWith("refused");
const convinced = ({ phase }: End) => phase === "deciding" || phase === "open";
const keyOf = (owner: string | undefined) => keyPair(owner ?? "nobody").public;

/** Each used the other's ephemeral key, in whatever encoding. */
function met(client: End, server: End): boolean {
  const challenge = client.wire.get("Challenge");
  const hello = server.wire.get("Hello");
  if (challenge === undefined || hello === undefined) return false;
  return (
    pointOf(challenge.slice(0, 32)) === pointOf(ephemeralOf(server.name).public) &&
    pointOf(splitHello(hello).e) === pointOf(ephemeralOf(client.name).public)
  );
}

const pairsThatMet = ({ clients, servers }: World) =>
  clients.flatMap((client) =>
    servers.filter((server) => met(client, server)).map((server) => ({ client, server })),
  );

/** Whether both had the same bytes of a message; `from`: without those before. */
const sameBytes = (client: End, server: End, message: "Hello" | "Challenge", from = 0) =>
  equal(
    (client.wire.get(message) ?? new Uint8Array(0)).slice(from),
    (server.wire.get(message) ?? new Uint8Array(0)).slice(from),
  );

/** Whether the attacker reads what an end says in its transport keys from now on. */
function readsNow({ attacker }: World, end: End): boolean {
  if (end.phase === "deciding") end.accept();
  return isRead(attacker, end, sayIn(end));
}

export const goals: Readonly<Record<string, (world: World) => boolean>> = {
  serverImpersonated: ({ clients, servers }) =>
    clients.some(
      (client) =>
        answered(client) && !servers.some((server) => server.owner === client.wants && met(client, server)),
    ),

  clientImpersonated: ({ clients, servers, attacker }) =>
    servers.some((server) => {
      const { peerKey } = server;
      if (!convinced(server) || peerKey === undefined || attacker.holdsSecretOf(peerKey)) return false;
      return !clients.some(
        (client) => equal(keyOf(client.owner), peerKey) && answered(client) && met(client, server),
      );
    }),

  transportKeysKnown: (world) =>
    world.clients.some((client) => answered(client) && readsNow(world, client)) ||
    world.servers.some(
      (server) =>
        convinced(server) &&
        !world.attacker.holdsSecretOf(server.peerKey ?? new Uint8Array(32)) &&
        readsNow(world, server),
    ),

  verdictForged: (world) =>
    world.clients.some((client) => {
      const others = world.servers.filter((server) => met(client, server));
      if (client.phase === "open") return !others.some(({ phase }) => phase === "open");
      // What a server says in its Challenge's code, or in an Alert, it says in its phase.
      const said = /^(?:turned|refused)\((.*)\)$/.exec(client.phase)?.[1];
      return said !== undefined && !others.some(({ phase }) => phase === `draining(${said})`);
    }),

  disagreement: (world) =>
    pairsThatMet(world).some(
      ({ client, server }) =>
        answered(client) &&
        !(sameBytes(client, server, "Hello", 8) && sameBytes(client, server, "Challenge")),
    ),

  clientShown: ({ clients, attacker }) => clients.some(({ owner }) => attacker.knows(keyOf(owner))),
  serverShown: ({ servers, attacker }) => servers.some(({ owner }) => attacker.knows(keyOf(owner))),

  headerChanged: (world) =>
    pairsThatMet(world).some(
      ({ client, server }) =>
        (answered(client) || convinced(server)) &&
        !equal(
          (client.wire.get("Hello") as Uint8Array).slice(0, 8),
          (server.wire.get("Hello") as Uint8Array).slice(0, 8),
        ),
    ),

  pastKeysKnown: ({ clients, servers, attacker, past }) =>
    [...clients, ...servers].some((end) => {
      const record = past.get(end.name);
      return record !== undefined && isRead(attacker, end, record);
    }),

  routeReused: ({ clients, servers }) =>
    servers.some((server) => {
      const hello = server.wire.get("Hello");
      if (hello === undefined || !server.routeOpened()) return false;
      const { e, route } = splitHello(hello);
      return clients.some((client) => {
        const own = splitHello(client.wire.get("Hello") ?? new Uint8Array(88));
        return equal(own.route, route) && !equal(own.e, e);
      });
    }),

  stealthBroken: ({ clients, servers, attacker }) =>
    servers.some((server) => {
      const hello = server.wire.get("Hello");
      if (!server.stealth || hello === undefined || !server.wire.has("Challenge")) return false;
      if (attacker.knows(keyOf(server.owner))) return false;
      const { e, route } = splitHello(hello);
      return !clients.some((client) => {
        const own = splitHello(client.wire.get("Hello") ?? new Uint8Array(88));
        return pointOf(own.e) === pointOf(e) && equal(own.route, route);
      });
    }),
};
