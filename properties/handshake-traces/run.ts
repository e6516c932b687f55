/** Walks through a trace on real bytes: honest ends do what they do, the attacker what it can. */

import type { Switches } from "./ablated.ts";
import { Attacker } from "./attacker.ts";
import type { Cast, End } from "./ends.ts";
import { goals, sayIn, type World } from "./goals.ts";
import { keyPair } from "./keys.ts";
import type { Step, Trace } from "./trace.ts";

interface Scenario {
  readonly clients: readonly (Cast & { readonly wants: string })[];
  readonly servers: readonly Cast[];
  /** Whose public keys the attacker knows, and which secrets it holds. */
  readonly knows: readonly string[];
  readonly holds: readonly string[];
}

const alice = { name: "client 1", owner: "alice", wants: "sam" };
const bob = { name: "client 2", owner: "bob", wants: "sam" };
const own = ["m", "mallory"];
const pair: Scenario = {
  clients: [alice],
  servers: [{ name: "server 3", owner: "sam" }],
  knows: ["sam", "bob"],
  holds: own,
};
const two = ["server 3", "server 4"].map((name) => ({ name, owner: "sam" }));

/** The initial states of scenarios.maude that the traces begin in. */
const scenarios: Readonly<Record<string, Scenario>> = {
  pair,
  encodings: pair,
  headerPair: pair,
  leak: pair,
  onlooker: { clients: [alice, bob], servers: two, knows: [], holds: [] },
  stealth: {
    clients: [alice],
    servers: two.map((cast) => ({ ...cast, stealth: true })),
    knows: ["bob"],
    holds: own,
  },
};

/** Which implementation takes part, and which version of the handshake the attacker has before it. */
export interface Version {
  readonly on: Switches;
  readonly client: (cast: Cast & { readonly wants: string }) => End;
  readonly server: (cast: Cast) => End;
}

export interface Outcome {
  /** The first step, counted from 1, at which an honest end did not do what the trace says; none: all was done. */
  readonly stoppedAt: number | undefined;
  /** Where all ends are, in the model's words. */
  readonly ends: Readonly<Record<string, string>>;
  /** Whether the trace's goal is violated. */
  readonly breached: boolean;
  /** See {@link Attacker.guesses}. */
  readonly guesses: number;
}

export function attackerOf(on: Switches, { knows, holds }: Pick<Scenario, "knows" | "holds">): Attacker {
  const named = new Map([...knows, ...holds].map((name) => [name, keyPair(name).public]));
  return new Attacker(on, named, holds.map(keyPair));
}

export function run(trace: Trace, version: Version): Outcome {
  const scenario = scenarios[trace.scenario];
  const violated = goals[trace.goal];
  if (scenario === undefined) throw new Error(`no scenario is named ${trace.scenario}`);
  if (violated === undefined) throw new Error(`no goal is named ${trace.goal}`);
  const past = new Map<string, Uint8Array>();
  const world = {
    clients: scenario.clients.map(version.client),
    servers: scenario.servers.map(version.server),
    attacker: attackerOf(version.on, scenario),
    past,
  };
  const failed = trace.steps.findIndex((step) => !take(step, world));
  const all = [...world.clients, ...world.servers];
  const ends = all.map(({ name, phase }) => [name, past.has(name) ? "past" : phase] as const);
  return {
    stoppedAt: failed === -1 ? undefined : failed + 1,
    ends: Object.fromEntries(ends),
    breached: violated(world),
    guesses: world.attacker.guesses,
  };
}

/** Takes a step; says whether it went as the trace has it. */
function take(step: Step, world: World & { past: Map<string, Uint8Array> }): boolean {
  const { clients, servers, attacker, past } = world;
  const end = (name: string) => {
    const found = [...clients, ...servers].find((other) => other.name === name);
    if (found === undefined) throw new Error(`nobody is named ${name}`);
    return found;
  };
  switch (step.action) {
    case "deliver": {
      const bytes = attacker.make(step.to, step.message, step.fields);
      attacker.see(step.to, step.message, bytes);
      end(step.to).receive(step.message, bytes);
      return true;
    }
    case "send": {
      const sender = end(step.actor);
      if (step.message === "Hello") sender.start();
      const bytes = sender.wire.get(step.message);
      if (bytes !== undefined) attacker.see(step.actor, step.message, bytes);
      return bytes !== undefined;
    }
    case "accept": {
      const server = end(step.actor);
      if (server.phase !== "deciding") return false;
      server.accept();
      return true;
    }
    case "fail":
      return end(step.actor).phase === `turned(${step.code})`;
    case "steal":
      for (const other of [...clients, ...servers]) {
        if (other.phase === "open") past.set(other.name, sayIn(other));
      }
      for (const owner of step.keys) attacker.learn(keyPair(owner));
      return true;
  }
}
