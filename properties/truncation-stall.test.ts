/**
 * Why: a peer that falls silent, or whoever cuts a wire without a word, must not be waited for without a bound, and
 * must not make silence look like an end. So every stream of every scenario stops at every byte, and the clock goes on.
 */
import { describe, expect, it } from "vitest";
import type { State } from "../src/protocol/index.ts";
import { Actor, type AnyChannel } from "./model/actor.ts";
import { type Course, courseOf, endOf, feed } from "./model/courses.ts";
import { outputTypes, type TestClock, testClient, testServer } from "./model/pair.ts";
import { type Scenario, scenarios } from "./model/scenarios.ts";
import { furtherScenarios, middleboxForwards, overRekeys } from "./model/scenarios-further.ts";
import { makeHeader } from "./reference/messages.ts";

const roles = ["client", "server"] as const;
const all: readonly Scenario[] = [...scenarios, ...furtherScenarios];

/** States in which the peer may be silent for as long as it likes, unless liveness is on (RC-047). */
const open: readonly State[] = ["Open", "HalfClosedLocal", "HalfClosedRemote"];
const handshakeTimeout = 10_000;
const drainTimeout = 5_000;
const liveness = { pingAfter: 1_000, timeout: 3_000 };
const begun = 1_000;

/** Lets the time pass, as a driver does: to each deadline and no further; all is handed over at once. */
function passTime(actor: Actor<AnyChannel>, clock: TestClock): void {
  for (let ticks = 0; actor.channel.deadline !== undefined; ticks++) {
    if (ticks > 4) throw new Error(`${actor.channel.state} has no last deadline`);
    const { deadline } = actor.channel;
    clock.now = Math.max(clock.now, deadline - 1);
    if (deadline > clock.now) expect(actor.channel.tick()).toEqual([]);
    clock.now = Math.max(clock.now, deadline);
    actor.do(actor.channel.tick());
    actor.flush();
  }
}

interface Stall {
  readonly actor: Actor<AnyChannel>;
  /** The state in which the peer fell silent, and whether the end had been told by then. */
  readonly state: State;
  readonly wasOver: boolean;
  /** When the peer's silence ends there, counted from the beginning; nothing has taken any time until then. */
  readonly deadline: number;
  readonly took: number;
}

function stallAt(at: number, course: Course, make: (clock: TestClock) => Actor<AnyChannel>): Stall {
  const clock = { now: begun };
  const actor = make(clock);
  feed(actor, course, at);
  actor.flush();
  const { state, deadline = Number.NaN } = actor.channel;
  const wasOver = at >= course.over;
  passTime(actor, clock);
  actor.check();
  return { actor, state, wasOver, deadline: deadline - begun, took: clock.now - begun };
}

/** What is wrong with how a stall went; nothing is the right answer. */
function faults({ actor, state, wasOver, deadline, took }: Stall, isWatched: boolean): string[] {
  const { channel } = actor;
  const found: string[] = [];
  const isOpen = open.includes(state);
  const waitsForGood = isOpen && !isWatched;
  if (actor.has("closed") && !wasOver) found.push("a silence is told as an end");
  if (waitsForGood) {
    if (channel.state !== state || took !== 0) found.push(`leaves ${state} for ${channel.state}`);
    return found;
  }
  if (channel.state !== "Failed" && channel.state !== "Closed") found.push(`waits in ${channel.state}`);
  // RT-022: a server that hides does so until the handshake's deadline.
  const handshake = wasOver && state !== "Hiding" ? 0 : handshakeTimeout;
  const most = (isOpen ? liveness.timeout : handshake) + drainTimeout;
  if (took > most) found.push(`takes ${took} ms`);
  const isDraining = state === "Draining" || state === "Closing";
  if (isDraining && deadline !== drainTimeout) found.push(`drains until ${deadline}`);
  if (wasOver) return found;
  if (!isOpen && deadline !== handshakeTimeout) found.push(`waits until ${deadline}`);
  const reason = channel.failure?.reason;
  const what = isOpen ? "liveness" : "handshake";
  if (reason?.code !== "timeout" || reason.what !== what || reason.state !== state)
    found.push(`fails with ${JSON.stringify(reason)}`);
  return found;
}

function stallEverywhere(
  course: Course,
  isWatched: boolean,
  make: (clock: TestClock) => Actor<AnyChannel>,
): Map<State, number> {
  const states = new Map<State, number>();
  for (let at = 0; at <= course.stream.length; at++) {
    const stall = stallAt(at, course, make);
    const found = faults(stall, isWatched);
    if (found.length > 0) expect(found, `after ${at} of ${course.stream.length} bytes`).toEqual([]);
    states.set(stall.state, (states.get(stall.state) ?? 0) + 1);
  }
  return states;
}

const seen = new Map<string, number>();

describe.each(all)("$name", (scenario) => {
  it.each(roles)(
    "HS-119 HS-120 HS-121 ST-028 ST-035 ST-036 RC-047: is waited for no longer than the deadline allows, silent at any byte, at the %s",
    (role) => {
      const course = courseOf(scenario, role);
      for (const isWatched of [false, true]) {
        const states = stallEverywhere(course, isWatched, (clock) =>
          endOf(scenario, role, clock, isWatched ? { liveness } : {}),
        );
        for (const [state, count] of states)
          seen.set(`${role} ${state}`, (seen.get(`${role} ${state}`) ?? 0) + count);
      }
    },
  );
});

describe("the stalls", () => {
  it("come in every state that a peer's bytes lead to", () => {
    const count = [...seen.values()].reduce((sum, stalls) => sum + stalls, 0);
    console.log(`${count} stalls: ${[...seen].map(([state, stalls]) => `${state} ${stalls}`).join(", ")}`);
    const reached = {
      client: ["AwaitChallenge", "AwaitVerdict", "Open", "HalfClosedLocal", "HalfClosedRemote", "Closing"],
      server: ["AwaitHello", "Routing", "Hiding", "AwaitResponse", "Open", "HalfClosedRemote", "Draining"],
    };
    for (const role of roles)
      for (const state of reached[role]) expect(seen.has(`${role} ${state}`), `${role} ${state}`).toBe(true);
    expect(count).toBeGreaterThan(19_000);
  });

  it("are found out where a deadline is missing, or a silence is an end", () => {
    const course = courseOf(overRekeys, "client");
    const asEnd = (clock: TestClock) => {
      const actor = endOf(overRekeys, "client", clock);
      const tick = () => [{ type: "closed" }, { type: "closeTransport" }] as const;
      return Object.assign(actor, { channel: withOwn(actor.channel, { tick }) });
    };
    const forGood = (clock: TestClock) => {
      const actor = endOf(overRekeys, "client", clock);
      return Object.assign(actor, { channel: withOwn(actor.channel, { deadline: undefined }) });
    };
    expect(faults(stallAt(98, course, forGood), false)).toEqual([
      "waits in AwaitVerdict",
      "waits until NaN",
      "fails with undefined",
    ]);
    expect(() => stallAt(98, course, asEnd)).toThrow();
  });
});

type Ending = "end of file" | "reset" | "silence";
const cause = new Error("read ECONNRESET");

/** A few bytes come, then no more of them; what the end says of it, and in which state it is when its time has passed. */
function cutAfter(
  bytes: Uint8Array,
  ending: Ending,
  make: (clock: TestClock) => Actor<AnyChannel>,
): readonly [reason: string | undefined, said: string, state: State] {
  const clock = { now: begun };
  const actor = make(clock);
  actor.flush();
  const before = actor.outputs.length;
  if (bytes.length > 0) actor.receive(bytes);
  actor.flush();
  if (ending === "end of file") actor.do(actor.channel.transportEnded());
  if (ending === "reset") actor.do(actor.channel.transportFailed(cause));
  passTime(actor, clock);
  actor.check();
  const said = outputTypes(actor.outputs.slice(before)).join(" ");
  return [actor.channel.failure?.code, said, actor.channel.state];
}

describe("a header alone", () => {
  const header = makeHeader(2);
  const client = (clock: TestClock) => {
    const actor = new Actor(testClient({ clock }));
    return actor.do(actor.channel.start()) as Actor<AnyChannel>;
  };
  const server = (clock: TestClock) => new Actor(testServer({ clock })) as Actor<AnyChannel>;
  const silently = "failed closeTransport";

  it("HS-011 HS-012 ST-026: is a hint to a client when it is whole and the end of file follows, and only then", () => {
    for (let at = 0; at <= header.length; at++) {
      const bytes = header.slice(0, at);
      const isWhole = at === header.length;
      const eof = isWhole ? "hint" : at === 0 ? "no_answer" : "truncated";
      expect(cutAfter(bytes, "end of file", client), `${at}`).toEqual([eof, silently, "Failed"]);
      expect(cutAfter(bytes, "reset", client), `${at}`).toEqual(["truncated", silently, "Failed"]);
      expect(cutAfter(bytes, "silence", client), `${at}`).toEqual(["timeout", silently, "Failed"]);
    }
  });

  it("HS-009 ST-023 ST-024 HS-121: of another version is answered by a server when it is whole, and not before", () => {
    for (let at = 0; at < header.length; at++) {
      const bytes = header.slice(0, at);
      const eof =
        at === 0 ? [undefined, "closed closeTransport", "Closed"] : ["truncated", silently, "Failed"];
      expect(cutAfter(bytes, "end of file", server), `${at}`).toEqual(eof);
      expect(cutAfter(bytes, "reset", server), `${at}`).toEqual(["truncated", silently, "Failed"]);
      expect(cutAfter(bytes, "silence", server), `${at}`).toEqual(["timeout", silently, "Failed"]);
    }
    for (const ending of ["end of file", "reset", "silence"] as const) {
      const said = "transmit failed endTransport closeTransport";
      expect(cutAfter(header, ending, server)).toEqual(["unsupported_header", said, "Failed"]);
    }
  });
});

describe("a connection that was passed on", () => {
  it("RT-027 ST-006: is nobody's here any more, however its transport ends", () => {
    const course = courseOf(middleboxForwards, "server");
    for (const ending of ["end of file", "reset", "silence"] as const) {
      const [reason, said, state] = cutAfter(course.stream, ending, (clock) =>
        endOf(middleboxForwards, "server", clock),
      );
      expect([reason, said, state]).toEqual([undefined, "dh route forward", "Forwarded"]);
    }
  });
});

/** The channel with a few members put in the place of its own. */
function withOwn(channel: AnyChannel, members: Readonly<Record<string, unknown>>): AnyChannel {
  return new Proxy(channel, {
    get: (target, name) => {
      if (name in members) return members[name as string];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
