/**
 * Why: a long-term key may live in another process or in a token, so its DH takes time, fails, or comes too late. What
 * both ends agree on must not depend on when it comes, and what goes wrong with it must not show who it is about.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { type KeyHolder, type ServerOptions, UsageError } from "../src/protocol/index.ts";
import { Actor, type AnyChannel, converse, type Reactions, type Sides } from "./model/actor.ts";
import { clientKey, joined, outputTypes, serverKey, testClient, testKey, testServer } from "./model/pair.ts";
import {
  conversation,
  otherKey,
  pattern,
  type Scenario,
  scenarios,
  transcript,
  viaKey,
} from "./model/scenarios.ts";
import { runs } from "./seed.ts";

/** A question to a key holder that nobody has answered yet. */
interface Question {
  readonly keyHolder: KeyHolder;
  readonly answer: () => Uint8Array | undefined;
}

/** Keeps the questions instead of answering them. */
function keeping(into: Question[]): Reactions<AnyChannel> {
  return {
    dh: (_channel, { keyHolder, publicKey }) => {
      into.push({ keyHolder, answer: () => keyHolder.dh(publicKey) as Uint8Array | undefined });
      return [];
    },
  };
}

/** Both ends, driven as a driver drives them whose keys answer with promises. */
function driver(scenario: Scenario, scheduler: fc.Scheduler): Sides {
  const sides = scenario.start();
  const later = (actor: Actor<AnyChannel>): Actor<AnyChannel> => {
    const slow = new Actor<AnyChannel>(actor.channel, {
      ...actor.reactions,
      dh: (channel, { keyHolder, publicKey }) => {
        const answer = scheduler.schedule(Promise.resolve(keyHolder.dh(publicKey)));
        void answer.then((output) => {
          slow.do(channel.dhDone(keyHolder, output));
          converse(slowSides);
        });
        return [];
      },
    });
    slow.outputs.push(...actor.outputs);
    slow.sent.push(...actor.sent);
    slow.wire.push(...actor.wire);
    return slow;
  };
  const slowSides = {
    client: later(sides.client as Actor<AnyChannel>) as Sides["client"],
    server: later(sides.server as Actor<AnyChannel>) as Sides["server"],
  };
  return slowSides;
}

describe("a key holder that takes its time", () => {
  test.prop([fc.scheduler(), fc.constantFrom(...scenarios)], { numRuns: runs(80) })(
    "ST-008 ST-011: changes nothing of what both ends say, in any order of its answers",
    async (scheduler, scenario) => {
      const sides = driver(scenario, scheduler);
      converse(sides);
      await scheduler.waitIdle();
      const usual = transcript(scenario);
      expect(joined(sides.client.wire)).toEqual(usual.client);
      expect(joined(sides.server.wire)).toEqual(usual.server);
    },
  );

  test.prop([
    fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
    fc.array(fc.nat({ max: 120 }), { maxLength: 6 }),
  ])(
    "RT-010 NO-023: is asked only for what is needed, once for each key, newest first",
    ([named = 0, via = 0], extras) => {
      const four = ["a", "b", "c", "d"].map((name) => testKey(name));
      const questions: Question[] = [];
      const server = new Actor<AnyChannel>(testServer({ keyHolders: four }), keeping(questions));
      const options = { serverKey: four[named]?.publicKey ?? serverKey.publicKey, via: four[via]?.publicKey };
      const client = new Actor(testClient(options as Parameters<typeof testClient>[0]));
      server.receive(client.do(client.channel.start()).flush());
      const asked: KeyHolder[] = [];
      for (let question = questions.shift(); question !== undefined; question = questions.shift()) {
        asked.push(question.keyHolder);
        expect(server.channel.state).toBe("OpeningRoute");
        for (const extra of extras) expect(server.channel.receive(pattern(extra, 1))).toEqual([]);
        server.do(server.channel.dhDone(question.keyHolder, question.answer()));
      }
      const needed = four.slice(0, via + 1);
      const own = four[named];
      expect(asked).toEqual(named <= via || own === undefined ? needed : [...needed, own]);
      expect(server.sent[0]).toHaveLength(98);
      server.check();
    },
  );

  it("HS-067 HS-063: is asked by the client once, after the Challenge, with the server's ephemeral key", () => {
    const sides = conversation.start();
    converse(sides);
    const asked = sides.client.outputs.filter(({ type }) => type === "dh");
    const challenge = joined(sides.server.wire);
    expect(asked).toEqual([{ type: "dh", keyHolder: clientKey, publicKey: challenge.subarray(0, 32) }]);
  });
});

/** A server that waits for its key, and a client that waits for its own. */
function waitingServer(options: Partial<ServerOptions> = {}) {
  const questions: Question[] = [];
  const clock = { now: 0 };
  const server = new Actor<AnyChannel>(testServer({ clock, ...options }), keeping(questions));
  const client = new Actor(testClient());
  server.receive(client.do(client.channel.start()).flush());
  const [question] = questions;
  if (question === undefined) throw new Error("a server asks its key");
  return { actor: server, question, clock };
}

function waitingClient() {
  const questions: Question[] = [];
  const clock = { now: 0 };
  const client = new Actor<AnyChannel>(testClient({ clock }), keeping(questions));
  const server = new Actor(testServer());
  const channel = client.channel as ReturnType<typeof testClient>;
  server.receive(client.do(channel.start()).flush());
  client.receive(server.flush());
  const [question] = questions;
  if (question === undefined) throw new Error("a client asks its key");
  return { actor: client, question, clock };
}

const waiting = { client: waitingClient, server: waitingServer };
const roles = ["client", "server"] as const;

describe.each(roles)("at the %s, a key holder", (role) => {
  const start = () => waiting[role]();
  const state = role === "client" ? "Responding" : "OpeningRoute";
  const silent = (actor: Actor<AnyChannel>, act: () => unknown) => {
    const before = actor.wire.length;
    act();
    expect(actor.wire.length).toBe(before);
    expect(actor.channel.state).toBe("Failed");
    expect(outputTypes(actor.outputs).slice(-2)).toEqual(["failed", "closeTransport"]);
    actor.check();
  };

  it("HS-037 HS-068: that fails, fails the connection in silence, with its own error as the cause", () => {
    const { actor, question } = start();
    const cause = new Error("the token was pulled out");
    silent(actor, () => actor.do(actor.channel.dhFailed(question.keyHolder, cause)));
    expect(actor.channel.failure?.reason).toEqual({ code: "key_holder_failed", cause });
    expect(actor.channel.failure?.origin).toBe("local");
  });

  it.each([
    ["undefined", undefined],
    ["zeros", new Uint8Array(32)],
  ])("HS-036 HS-068 NO-010: that answers %s, fails it in silence", (_what, output) => {
    const { actor, question } = start();
    silent(actor, () => actor.do(actor.channel.dhDone(question.keyHolder, output)));
    expect(actor.channel.failure?.code).toBe(role === "client" ? "key_holder_failed" : "zero_dh");
  });

  it("ST-005: that answers something else than 32 bytes is misuse, and may answer again", () => {
    const { actor, question } = start();
    for (const output of [new Uint8Array(31), new Uint8Array(0), "x".repeat(32) as unknown as Uint8Array]) {
      expect(() => actor.channel.dhDone(question.keyHolder, output)).toThrow(UsageError);
      expect(actor.channel.state).toBe(state);
    }
    actor.do(actor.channel.dhDone(question.keyHolder, question.answer()));
    expect(actor.channel.state).toBe(role === "client" ? "AwaitVerdict" : "AwaitResponse");
  });

  it("ST-016: that answers what nobody asked it, or twice, is not listened to", () => {
    const { actor, question } = start();
    for (const other of [otherKey, viaKey]) {
      expect(actor.channel.dhDone(other, question.answer())).toEqual([]);
      expect(actor.channel.dhFailed(other, new Error("not asked"))).toEqual([]);
    }
    expect(actor.channel.state).toBe(state);
    actor.do(actor.channel.dhDone(question.keyHolder, question.answer()));
    const { state: next } = actor.channel;
    expect(actor.channel.dhDone(question.keyHolder, question.answer())).toEqual([]);
    expect(actor.channel.dhFailed(question.keyHolder, new Error("twice"))).toEqual([]);
    expect(actor.channel.state).toBe(next);
    expect(next).not.toBe("Failed");
  });

  it.each(["reset", "end of file", "deadline", "alert"] as const)(
    "ST-012 ST-014 ST-015 ST-016 HS-119: that answers after a %s is too late, and harmless",
    (what) => {
      const { actor, question, clock } = start();
      const { channel } = actor;
      silent(actor, () => {
        if (what === "reset") actor.do(channel.transportFailed(new Error("reset")));
        if (what === "end of file") actor.do(channel.transportEnded());
        if (what === "alert") actor.do(channel.alert("cancelled"));
        if (what !== "deadline") return;
        clock.now = channel.deadline ?? 0;
        expect(clock.now).toBe(10_000);
        actor.do(channel.tick());
      });
      const codes = {
        reset: role === "client" ? "truncated" : "abandoned",
        "end of file": role === "client" ? "truncated" : "abandoned",
        deadline: "timeout",
        alert: "cancelled",
      };
      expect(channel.failure?.code).toBe(codes[what]);
      expect(channel.dhDone(question.keyHolder, question.answer())).toEqual([]);
      expect(channel.dhFailed(question.keyHolder, new Error("late"))).toEqual([]);
      expect(channel.state).toBe("Failed");
    },
  );

  it("ST-008 ST-009: holds what comes meanwhile, and stops reading at 65,537 bytes", () => {
    const { actor } = start();
    expect(actor.channel.receive(pattern(65_536, 1))).toEqual([]);
    expect(actor.channel.reading).toBe(true);
    expect(actor.channel.receive(Uint8Array.of(1))).toEqual([]);
    expect(actor.channel.reading).toBe(false);
    expect(actor.channel.receive(Uint8Array.of(2))).toEqual([]);
    expect(actor.channel.state).toBe(state);
  });
});

describe("a stealthy server's key holder", () => {
  it("RT-021 HS-037: that fails or answers zero shows nothing", () => {
    for (const how of ["fails", "zero"] as const) {
      const { actor, question } = waitingServer({ stealth: true });
      const { channel } = actor;
      const { keyHolder } = question;
      actor.do(
        how === "fails"
          ? channel.dhFailed(keyHolder, new Error("out"))
          : channel.dhDone(keyHolder, undefined),
      );
      expect(actor.wire).toEqual([]);
      expect(channel.state).toBe("Hiding");
      expect(actor.has("closeTransport")).toBe(false);
      expect(channel.failure?.code).toBe(how === "fails" ? "key_holder_failed" : "zero_dh");
      actor.check();
    }
  });

  it("RT-025: is waited for by a server that reads on, as one that hides does, and holds no more than its bound", () => {
    const { actor } = waitingServer({ stealth: true });
    for (let i = 0; i < 4; i++) {
      expect(actor.channel.receive(pattern(40_000, i))).toEqual([]);
      expect(actor.channel.reading).toBe(true);
    }
    const { queue } = actor.channel as unknown as { readonly queue: { readonly length: number } };
    expect(queue.length).toBe(65_537);
    expect(actor.channel.state).toBe("OpeningRoute");
  });

  it("ST-017: a refusal meanwhile is kept for the Challenge, and the first counts", () => {
    const { actor, question } = waitingServer();
    const channel = actor.channel as ReturnType<typeof testServer>;
    expect(channel.refuse("busy", "first")).toEqual([]);
    expect(channel.refuse("going_away", "second")).toEqual([]);
    actor.do(channel.dhDone(question.keyHolder, question.answer()));
    expect(actor.wire.map(({ length }) => length)).toEqual([98]);
    expect(channel.failure?.reason).toEqual({ code: "hello_refused", alert: 9, message: "first" });
    actor.check();
  });
});

describe("what a key holder answered", () => {
  it("ST-033: is wiped once it is used", () => {
    for (const role of roles) {
      const { actor, question } = waiting[role]();
      const output = question.answer();
      if (output === undefined) throw new Error("a DH of honest keys is not zero");
      expect(output).not.toEqual(new Uint8Array(32));
      actor.do(actor.channel.dhDone(question.keyHolder, output));
      expect(output, role).toEqual(new Uint8Array(32));
    }
  });

  it("ST-033 ST-016: is wiped as well when it comes twice, or from somebody who was not asked", () => {
    for (const role of roles) {
      const { actor, question } = waiting[role]();
      const foreign = pattern(32, 1);
      expect(actor.channel.dhDone(testKey("nobody"), foreign)).toEqual([]);
      actor.do(actor.channel.dhDone(question.keyHolder, question.answer()));
      const second = pattern(32, 2);
      expect(actor.channel.dhDone(question.keyHolder, second)).toEqual([]);
      expect([foreign, second], role).toEqual([new Uint8Array(32), new Uint8Array(32)]);
    }
  });
});
