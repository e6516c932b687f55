/**
 * Why: whoever can cut a wire can end a connection at any byte, and must not be able to make that look like an end
 * that the peer meant. So every stream of every scenario is cut at every byte, by an end of file and by a reset;
 * truncation-stall.test.ts lets it fall silent instead.
 */
import { describe, expect, it } from "vitest";
import type { FailureCode, Output } from "../src/protocol/index.ts";
import type { Actor, AnyChannel } from "./model/actor.ts";
import { type Course, courseOf, endOf, feed } from "./model/courses.ts";
import { delivered, outputTypes } from "./model/pair.ts";
import {
  clientAlerts,
  conversation,
  firstUseRejected,
  pings,
  refused,
  scenarios,
  serverAlerts,
  serverEndsFirst,
  transcript,
} from "./model/scenarios.ts";
import { furtherScenarios } from "./model/scenarios-further.ts";

const roles = ["client", "server"] as const;
type Role = (typeof roles)[number];

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

describe.each([...scenarios, ...furtherScenarios])("$name", (scenario) => {
  describe.each(roles)("at the %s", (role) => {
    const course = courseOf(scenario, role);
    const positions = Array.from({ length: course.stream.length + 1 }, (_, at) => at);

    it.each(["eof", "reset"] as const)(
      "SC-005 SC-006 RC-033 ST-023 ST-024 ST-025 ST-026 HS-104: %s at every byte is told as what it is",
      (kind) => {
        for (const at of positions) {
          const actor = endOf(scenario, role);
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
    const server = endOf(conversation, "server");
    cut(server, "eof");
    expect(server.channel.failure).toBeUndefined();
    expect(outputTypes(server.outputs)).toEqual(["closed", "closeTransport"]);
  });

  it("RC-032: an end of file leaves the own direction as it was, until it closes too", () => {
    const client = endOf(serverEndsFirst, "client");
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
    const client = endOf(serverEndsFirst, "client");
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
    const client = endOf(serverEndsFirst, "client");
    client.receive(stream);
    client.receive(Uint8Array.of(0));
    cut(client, "eof");
    expect(client.has("end")).toBe(true);
    expect(client.channel.failure?.code).toBe("truncated");
  });
});
