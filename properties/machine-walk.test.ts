import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { type Role, type State, UsageError } from "../src/protocol/index.ts";
import type { Action, EventName, Table } from "../src/protocol/machine/table.ts";
import { table as specified } from "../src/protocol/machine/table.ts";
import { roles, states } from "./model/invariants-vocabulary.ts";
import { testClient, testKey, testServer } from "./model/pair.ts";
import { type Step, type StepName, Walk } from "./model/walk.ts";
import { runs, runsFactor } from "./seed.ts";

/**
 * SC-008: whatever happens to two channels, in whatever order, ends in a documented state and breaks no rule. The
 * steps are drawn blindly; what each end gives out is judged after every one of them by model/trace.ts and, for the
 * data, against what was written.
 */

const numbers = fc.oneof(fc.nat(20), fc.nat(200), fc.nat(90_000));

const stepsOf = (...names: readonly StepName[]): fc.Arbitrary<Step> =>
  fc.record({ step: fc.constantFrom(...names), at: fc.constantFrom<Role>("client", "server"), n: numbers });

/** What goes on in an ordinary life, what misuse adds to it, and what an enemy, or bad luck, does. */
const ordinary = fc.oneof(
  { weight: 8, arbitrary: stepsOf("advance", "deliverAll") },
  { weight: 6, arbitrary: stepsOf("write", "deliver", "ping", "flushed") },
  { weight: 2, arbitrary: stepsOf("close", "answer", "trust", "accept", "moment", "start") },
);
const odd = stepsOf("answerLate", "start", "trust", "accept", "forward", "deliverRudely", "flood");
const endings = stepsOf("alert", "reject", "refuse", "answerBadly", "deadline", "endOfFile", "reset");
const hostile = stepsOf("flip", "lose", "double", "makeUp", "flood");

const lives: Readonly<Record<string, fc.Arbitrary<Step>>> = {
  "of good will": fc.oneof({ weight: 30, arbitrary: ordinary }, { weight: 1, arbitrary: odd }),
  "that end anyhow": fc.oneof(
    { weight: 20, arbitrary: ordinary },
    { weight: 2, arbitrary: odd },
    { weight: 2, arbitrary: endings },
  ),
  "under attack": fc.oneof(
    { weight: 20, arbitrary: ordinary },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: endings },
    { weight: 3, arbitrary: hostile },
  ),
};

/** How the two ends are made, and how far they have got before the walk. */
const worlds = fc.record({
  firstUse: fc.boolean(),
  asksFor: fc.constantFrom("server", "server", "server", "server", "other"),
  keys: fc.constantFrom<readonly string[]>(["server"], ["newer", "server"]),
  routes: fc.boolean(),
  stealth: fc.constantFrom(false, false, false, true),
  liveness: fc.boolean(),
  recordSize: fc.constantFrom(1_000, 65_516),
  firstNonces: fc.constantFrom(
    { client: 0n, server: 0n },
    { client: 65_530n, server: 65_530n },
    { client: 0n, server: 2n ** 64n - 10n },
  ),
  drainBytes: fc.constantFrom(0, 100, 1_048_576),
  begun: fc.oneof(fc.nat(9), fc.constant(9)),
});
type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never;

function newWalk(
  { firstUse, asksFor, keys, routes, stealth, liveness, ...rest }: World,
  table: Table = specified,
): Walk {
  const clock = { now: 0 };
  const common = {
    clock,
    table,
    recordSize: rest.recordSize,
    firstNonces: rest.firstNonces,
    drain: { bytes: rest.drainBytes },
    ...(liveness ? { liveness: { pingAfter: 1_000, timeout: 3_000 } } : {}),
  };
  const expected = { serverKey: testKey(asksFor).publicKey, via: testKey("server").publicKey };
  const client = testClient({ ...common, firstUse, ...(firstUse ? {} : expected) });
  const server = testServer({ ...common, keyHolders: keys.map(testKey), routes, stealth });
  return new Walk(client, server, clock);
}

/** Takes all steps, then lets the time pass; throws where a rule is broken. */
function live(walk: Walk, begun: number, steps: readonly Step[]): void {
  for (let i = 0; i < begun; i++) walk.take({ step: "advance", at: "client", n: 0 });
  for (const one of steps) walk.take(one);
  walk.settle();
  for (const { channel } of walk.ends) {
    expect(["Closed", "Failed", "Forwarded"]).toContain(channel.state);
    expect(channel.deadline).toBeUndefined();
    expect(() => channel.exportKeyingMaterial("label", 32)).toThrow(UsageError);
  }
  const [client, server] = [walk.client.channel, walk.server.channel];
  if (client.channelBinding !== undefined && server.channelBinding !== undefined)
    expect(client.channelBinding).toEqual(server.channelBinding);
}

const stepsIn = (step: fc.Arbitrary<Step>) => fc.array(step, { maxLength: 60, size: "max" });

/** In how many walks each state was seen. */
const visited: Record<Role, Map<State, number>> = { client: new Map(), server: new Map() };

describe("SC-008: random lives", () => {
  for (const [life, step] of Object.entries(lives)) {
    const input = { world: worlds, steps: stepsIn(step) };
    test.prop(input, { numRuns: runs(250) })(life, ({ world, steps }) => {
      const walk = newWalk(world);
      live(walk, world.begun, steps);
      for (const { role, visited: seen } of walk.ends)
        for (const state of seen) visited[role].set(state, (visited[role].get(state) ?? 0) + 1);
    });
  }

  it("pass through every state", () => {
    for (const role of roles) {
      console.log(`${role}: ${[...visited[role]].map(([state, count]) => `${state} ${count}`).join(", ")}`);
      if (runsFactor >= 1) expect([...visited[role].keys()].sort()).toEqual([...states[role]].sort());
    }
  });
});

/** The specified life cycle with one cell changed at both ends. */
function changed(state: State, event: EventName, to: State, ...outputs: readonly Action[]): Table {
  const change = (role: Role): Table[Role] => {
    const own: Table[Role] = specified[role];
    return { ...own, [state]: { ...own[state], [event]: { to, outputs } } };
  };
  return { client: change("client"), server: change("server") };
}

describe("SC-008: random lives find", () => {
  it.each<[string, Table]>([
    ["a truncation taken for an end", changed("Open", "eof", "Closed", "closed", "closeTransport")],
    ["data before the channel is open", changed("AwaitVerdict", "verdict.accept", "Open", "send.queued")],
    ["a second Close that ends nothing", changed("HalfClosedLocal", "record.close", "Closing", "end")],
    [
      "an Alert that is answered",
      changed("Open", "record.alert", "Draining", "send.alert:cancelled", "failed", "endTransport"),
    ],
    ["a failure that is not told", changed("Open", "record.bad", "Failed", "closeTransport")],
    ["a channel that does not end", changed("Open", "eof", "Open", "remember")],
    ["input that is kept after the end", changed("Draining", "input", "Draining", "hold")],
    ["an event that was thought impossible", changed("Open", "record.ping", "Open", "impossible")],
    ["data delivered twice", changed("Open", "record.data", "Open", "data", "data")],
  ])("%s", (_, table) => {
    const step = Object.values(lives);
    const walks = fc.property(worlds, fc.oneof(...step.map(stepsIn)), (world, steps) =>
      live(newWalk(world, table), world.begun, steps),
    );
    expect(fc.check(walks, { numRuns: runs(250), endOnFailure: true }).failed).toBe(true);
  });
});
