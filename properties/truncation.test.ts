/**
 * Why: whoever can cut a wire can end a connection at any byte, and must not be able to make that look like an end
 * that the peer meant. So every stream of every scenario is cut at every byte, by an end of file and by a reset.
 */
import { describe, expect, it } from "vitest";
import type { FailureCode, Output, State } from "../src/protocol/index.ts";
import { byteByByte } from "./arbitraries/cuts.ts";
import type { Actor, AnyChannel } from "./model/actor.ts";
import { delivered, outputTypes, type TestClock } from "./model/pair.ts";
import {
  clientAlerts,
  conversation,
  firstUseRejected,
  pings,
  refused,
  type Scenario,
  scenarios,
  serverAlerts,
  serverEndsFirst,
  transcript,
} from "./model/scenarios.ts";

const roles = ["client", "server"] as const;
type Role = (typeof roles)[number];

const inHandshake: readonly State[] = [
  "AwaitChallenge",
  "Judging",
  "Responding",
  "AwaitVerdict",
  "AwaitVerdictClosed",
  "AwaitHello",
  "OpeningRoute",
  "Routing",
  "Hiding",
  "AwaitResponse",
  "Deciding",
];

/** An end of the scenario, on a clock of its own. */
function end(scenario: Scenario, role: Role, clock: TestClock = { now: 0 }): Actor<AnyChannel> {
  const options = { now: () => clock.now };
  const actor =
    role === "client" ? scenario.client({ client: options }) : scenario.server({ server: options });
  return actor as Actor<AnyChannel>;
}

interface Course {
  readonly stream: Uint8Array;
  /** The peer's messages and records, which the stream is made of. */
  readonly parts: readonly Uint8Array[];
  /** After how many bytes the end told how it was over, if it did. */
  readonly over: number;
  /** After how many bytes the peer's data was ended. */
  readonly ended: number;
  /** What was delivered after so many bytes. */
  readonly delivered: readonly Uint8Array[];
}

/** What the undisturbed stream does, byte by byte. */
function courseOf(scenario: Scenario, role: Role): Course {
  const { client, server, clientParts, serverParts } = transcript(scenario);
  const [stream, parts] = role === "client" ? [server, serverParts] : [client, clientParts];
  const actor = end(scenario, role);
  const course = { over: Number.POSITIVE_INFINITY, ended: Number.POSITIVE_INFINITY };
  const deliveredBy = [delivered(actor)];
  byteByByte(stream).forEach((byte, i) => {
    actor.receive(byte);
    actor.flush();
    deliveredBy.push(delivered(actor));
    if (actor.has("closed") || actor.has("failed")) course.over = Math.min(course.over, i + 1);
    if (actor.has("end")) course.ended = Math.min(course.ended, i + 1);
  });
  return { stream, parts, ...course, delivered: deliveredBy };
}

/** The first bytes of the stream come in, part by part, as they were sent. */
function feed(actor: Actor<AnyChannel>, { parts }: Course, length: number): void {
  let left = length;
  for (const part of parts) {
    if (left <= 0) return;
    actor.receive(part.slice(0, left));
    actor.flush();
    left -= part.length;
  }
}

/** What an end must say when its input ends after so many bytes, and it was not over before. */
function expected(role: Role, at: number, course: Course, kind: "eof" | "reset"): FailureCode | "clean" {
  if (at >= course.ended) return kind === "eof" ? "clean" : "truncated";
  if (role === "client") return at === 0 && kind === "eof" ? "no_answer" : "truncated";
  if (at === 0 && kind === "eof") return "clean";
  return at >= 88 && at < 88 + 96 ? "abandoned" : "truncated";
}

const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });

function cut(actor: Actor<AnyChannel>, kind: "eof" | "reset"): void {
  actor.do(kind === "eof" ? actor.channel.transportEnded() : actor.channel.transportFailed(cause));
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}

function ends(outputs: readonly Output[]): string[] {
  return outputs.flatMap(({ type }) => (type === "closed" || type === "failed" ? [type] : []));
}

describe.each(scenarios)("$name", (scenario) => {
  describe.each(roles)("at the %s", (role) => {
    const course = courseOf(scenario, role);
    const positions = Array.from({ length: course.stream.length + 1 }, (_, at) => at);

    it.each(["eof", "reset"] as const)(
      "SC-005 SC-006 RC-033 ST-023 ST-024 ST-025 ST-026 HS-104: %s at every byte is told as what it is",
      (kind) => {
        for (const at of positions) {
          const actor = end(scenario, role);
          feed(actor, course, at);
          const before = ends(actor.outputs);
          cut(actor, kind);
          actor.flush();
          actor.check();
          const { failure, state } = actor.channel;
          // RC-021, RC-026: the whole records before the cut, and no more.
          const got = delivered(actor);
          if (!same(got, course.delivered[at])) expect(got).toEqual(course.delivered[at]);
          if (actor.has("end") !== at >= course.ended) throw new Error(`an end after ${at} bytes`);
          const where = `${kind} after ${at} of ${course.stream.length} bytes`;
          if (at >= course.over) {
            expect(ends(actor.outputs), where).toEqual(before);
            expect(before, where).toHaveLength(1);
            expect(["Closed", "Failed"], where).toContain(state);
            continue;
          }
          const outcome = expected(role, at, course, kind);
          if (outcome === "clean") {
            expect(failure, where).toBeUndefined();
            expect(state, where).toBe(at === 0 ? "Closed" : "HalfClosedRemote");
            expect(actor.has("closed"), where).toBe(at === 0);
            continue;
          }
          expect(failure?.code, where).toBe(outcome);
          expect(ends(actor.outputs), where).toEqual(["failed"]);
          expect(actor.outputs.at(-1)?.type, where).toBe("closeTransport");
          expect(state, where).toBe("Failed");
          const reason = failure?.reason;
          expect(reason && "cause" in reason && reason.cause, where).toEqual(kind === "reset" && cause);
        }
      },
    );

    it("HS-119 HS-120 HS-121 ST-035: waits at no byte without a deadline, of the handshake or of draining", () => {
      const clock = { now: 1_000 };
      const actor = end(scenario, role, clock);
      for (const byte of byteByByte(course.stream)) {
        const { deadline, state } = actor.channel;
        if (inHandshake.includes(state)) expect(deadline).toBe(11_000);
        actor.receive(byte);
        actor.flush();
        if (actor.channel.state === "Draining" || actor.channel.state === "Closing") {
          expect(actor.channel.deadline).toBe(6_000);
        }
      }
    });

    it("HS-120 HS-121 ST-028 ST-036: waits no longer than that, wherever a part of the stream is missing", () => {
      for (const at of [
        0,
        1,
        8,
        87,
        88,
        89,
        97,
        98,
        99,
        100,
        183,
        184,
        185,
        371,
        372,
        course.stream.length,
      ]) {
        const clock = { now: 1_000 };
        const actor = end(scenario, role, clock);
        feed(actor, course, at);
        const { deadline, state } = actor.channel;
        const told = actor.has("failed");
        if (deadline === undefined) continue;
        clock.now = deadline - 1;
        expect(actor.channel.tick()).toEqual([]);
        clock.now = deadline;
        actor.do(actor.channel.tick());
        if (inHandshake.includes(state)) {
          expect(["Failed", "Draining"]).toContain(actor.channel.state);
          const what = { code: "timeout", what: "handshake", state };
          if (!told) expect(actor.channel.failure?.reason).toEqual(what);
        } else {
          expect(actor.channel.state).toBe(state === "Draining" ? "Failed" : "Closed");
          expect(actor.outputs.at(-1)?.type).toBe("closeTransport");
        }
      }
    });
  });
});

describe("these scenarios", () => {
  it("RC-024: deliver something, so that the prefixes above are not all empty", () => {
    for (const scenario of [conversation, serverAlerts, clientAlerts, serverEndsFirst]) {
      const course = courseOf(scenario, scenario === serverAlerts ? "server" : "client");
      expect(course.delivered.at(-1)?.length, scenario.name).toBeGreaterThan(10);
    }
  });

  it("SC-005: deliver at every byte what they deliver in the end, as far as it goes", () => {
    for (const scenario of scenarios) {
      for (const role of roles) {
        const course = courseOf(scenario, role);
        const all = course.delivered.at(-1) ?? new Uint8Array(0);
        for (const got of course.delivered) expect(same(got, all.slice(0, got.length))).toBe(true);
      }
    }
  });

  it("RC-028: end with the Close as the very last byte of the stream", () => {
    for (const [scenario, role] of [
      [conversation, "client"],
      [conversation, "server"],
      [serverEndsFirst, "client"],
      [pings, "server"],
    ] as const) {
      const course = courseOf(scenario, role);
      expect(course.ended, scenario.name).toBe(course.stream.length);
    }
  });

  it("HS-084 HS-064: are over where the Verdict refuses, and where the client says nothing more", () => {
    const course = courseOf(refused, "client");
    expect(course.over).toBe(98 + 2 + 256 + 16);
    expect(course.over).toBe(course.stream.length);
    expect(courseOf(firstUseRejected, "client").over).toBe(98);
  });
});

describe("after the peer's Close", () => {
  const { server: stream } = transcript(serverEndsFirst);

  it("ST-023: nothing at all is an end without an error, and without a word", () => {
    const server = end(conversation, "server");
    cut(server, "eof");
    expect(server.channel.failure).toBeUndefined();
    expect(outputTypes(server.outputs)).toEqual(["closed", "closeTransport"]);
  });

  it("RC-032: an end of file leaves the own direction as it was, until it closes too", () => {
    const client = end(serverEndsFirst, "client");
    client.receive(stream);
    client.flush();
    cut(client, "eof");
    expect(client.channel.state).toBe("HalfClosedRemote");
    client.do(client.channel.write(Uint8Array.of(1)));
    expect(client.flush()).toHaveLength(2 + 3 + 1 + 16);
    client.do(client.channel.close());
    client.flush();
    expect(client.channel.state).toBe("Closed");
    expect(ends(client.outputs)).toEqual(["closed"]);
  });

  it("RC-034: a reset fails the own direction only: the peer's end stays a clean one", () => {
    const client = end(serverEndsFirst, "client");
    client.receive(stream);
    client.flush();
    cut(client, "eof");
    cut(client, "reset");
    expect(client.has("end")).toBe(true);
    const reason = { code: "truncated", state: "HalfClosedRemote", cause };
    expect(client.channel.failure?.reason).toEqual(reason);
    expect(client.channel.state).toBe("Failed");
  });

  it("RC-033: an end of file inside a record is a truncation even then", () => {
    const client = end(serverEndsFirst, "client");
    client.receive(stream);
    client.receive(Uint8Array.of(0));
    cut(client, "eof");
    expect(client.has("end")).toBe(true);
    expect(client.channel.failure?.code).toBe("truncated");
  });
});
