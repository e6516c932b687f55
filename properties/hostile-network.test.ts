/**
 * Why: the network belongs to the attacker, who drops, repeats, reorders, splices, reflects, inserts, cuts and alters
 * what two honest ends send. Whatever it does, an end is given a prefix of what the other wrote, and is told of a
 * clean end only when it was given all of it.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { FailureCode, Role } from "../src/protocol/index.ts";
import { byteByByte, type Cut, cuts } from "./arbitraries/cuts.ts";
import { type Disturbance, disturbances, HostileDirection, unitsOf } from "./arbitraries/disturbances.ts";
import { startTalk, type Talk, type Talking, talks, wrote } from "./arbitraries/talk.ts";
import { type Actor, type AnyChannel, converse } from "./model/actor.ts";
import { delivered, joined } from "./model/pair.ts";
import { runs } from "./seed.ts";

const cutting = fc.oneof(cuts, fc.constant(byteByByte));

/** What may be told of a connection that somebody has tampered with. */
const documented: Record<Role, readonly (FailureCode | undefined)[]> = {
  client: [undefined, "no_answer", "hint", "bad_challenge", "truncated", "bad_record", "alert_received"],
  server: [
    undefined,
    "not_hawser",
    "unsupported_header",
    "bad_response",
    "abandoned",
    "truncated",
    "bad_record",
    "alert_received",
  ],
};

const opposite = { client: "server", server: "client" } as const;
const roles = ["client", "server"] as const;

/** The first bytes of another session of the same ends: the same talk, other ephemeral keys. */
function otherSession(talk: Talk): Record<Role, Uint8Array[]> {
  const other = startTalk(talk, "another session");
  converse(other);
  return {
    client: unitsOf("client", joined(other.client.wire)),
    server: unitsOf("server", joined(other.server.wire)),
  };
}

interface Attacked {
  readonly talking: Talking;
  readonly directions: Record<Role, HostileDirection>;
  /** How many bytes had arrived at an end when it reported an output of this type, if it came on a byte by itself. */
  readonly arrivedAt: (role: Role, type: "open" | "end") => number | undefined;
}

function attack(talk: Talk, attacks: readonly Disturbance[], cut: Cut): Attacked {
  const talking = startTalk(talk);
  const other = otherSession(talk);
  const own: Record<Role, Uint8Array[]> = { client: [], server: [] };
  const directions = {
    client: new HostileDirection("client", attacks, other, own),
    server: new HostileDirection("server", attacks, other, own),
  };
  own.client = directions.client.sent;
  own.server = directions.server.sent;
  const marks = new Map<string, number | undefined>();
  const received = { client: 0, server: 0 };
  converse(talking, (from, bytes) => {
    const to = opposite[from];
    const actor: Actor<AnyChannel> = talking[to] as Actor<AnyChannel>;
    // Piece by piece, so that it is known at which byte an end came to its conclusion.
    for (const piece of cut(directions[from].pass(bytes))) {
      if (actor.has("closeTransport")) break;
      actor.receive(piece);
      received[to] += piece.length;
      for (const type of ["open", "end"] as const) {
        if (actor.has(type) && !marks.has(`${to} ${type}`)) {
          marks.set(`${to} ${type}`, piece.length === 1 ? received[to] : undefined);
        }
      }
    }
    return new Uint8Array(0);
  });
  // Where nothing moves any more, the attacker cuts the wire.
  for (const actor of [talking.client, talking.server]) {
    if (!["Closed", "Failed"].includes(actor.channel.state)) {
      actor.do(actor.channel.transportFailed(new Error("cut")));
    }
  }
  return { talking, directions, arrivedAt: (role, type) => marks.get(`${role} ${type}`) };
}

function isPrefix(part: Uint8Array, whole: Uint8Array): boolean {
  return Buffer.compare(part, whole.subarray(0, part.length)) === 0;
}

/** What must be true of every run, whatever the network did. */
function expectSafety({ talking, directions, arrivedAt }: Attacked): void {
  for (const role of roles) {
    const peer = opposite[role];
    const actor = talking[role];
    const got = delivered(actor);
    const written = wrote(talking, peer);
    expect(isPrefix(got, written), `what the ${role} was given is a prefix`).toBe(true);
    if (actor.has("end")) expect(got).toEqual(written);
    expect(documented[role]).toContain(actor.channel.failure?.code);
    expect(["Closed", "Failed"]).toContain(actor.channel.state);
    if (actor.channel.failure === undefined) expect(actor.has("closed")).toBe(true);
    // Up to its conclusion an end has seen nothing but what the other said.
    const [arrived, sent] = [joined(directions[peer].arrived), joined(directions[peer].sent)];
    for (const type of ["open", "end"] as const) {
      const seen = arrivedAt(role, type);
      if (seen === undefined) continue;
      expect(isPrefix(arrived.subarray(0, seen), sent), `the ${role} believed what it was told`).toBe(true);
    }
    actor.check();
  }
}

describe("an undisturbed network", () => {
  test.prop([talks, cuts], { numRuns: runs(100) })(
    "SC-005 RC-024 RC-035: delivers everything both ways and closes cleanly",
    (talk, cut) => {
      const attacked = attack(talk, [], cut);
      const { talking } = attacked;
      expectSafety(attacked);
      for (const role of roles) {
        expect(talking[role].channel.failure).toBeUndefined();
        expect(talking[role].has("closed")).toBe(true);
        expect(delivered(talking[role])).toEqual(wrote(talking, opposite[role]));
      }
      expect(talking.client.outputs.filter(({ type }) => type === "pong")).toHaveLength(talk.pings ? 1 : 0);
      expect(wrote(talking, "server")).toHaveLength(talk.answers.reduce((sum, size) => sum + size, 0));
    },
  );
});

describe("a hostile network", () => {
  test.prop([talks, fc.array(disturbances, { minLength: 1, maxLength: 3 }), cutting], { numRuns: runs(300) })(
    "SC-005 SC-006 SC-008 RC-019 RC-023 RC-033: whatever it does, prefixes are delivered and ends are true",
    (talk, attacks, cut) => {
      expectSafety(attack(talk, attacks, cut));
    },
  );

  test.prop([talks, disturbances, cutting], { numRuns: runs(250) })(
    "SC-005 RC-013: one disturbance before the end fails the end that it reaches",
    (talk, disturbance, cut) => {
      const attacked = attack(talk, [disturbance], cut);
      const { talking, directions } = attacked;
      expectSafety(attacked);
      const { from } = disturbance;
      const [arrived, sent] = [joined(directions[from].arrived), joined(directions[from].sent)];
      // Something else than what was sent, before its last unit: not only at or after the Close.
      const last = directions[from].sent.at(-1)?.length ?? 0;
      const disturbed = !isPrefix(sent.subarray(0, sent.length - last), arrived);
      fc.pre(disturbed);
      const victim = talking[opposite[from]];
      expect(victim.has("end")).toBe(false);
      expect(victim.channel.failure?.origin).not.toBe("local");
    },
  );

  it("SC-005: is one: every kind of disturbance here does break something", () => {
    const talk: Talk = {
      early: [10],
      later: [20, 30],
      answers: [15, 25],
      pings: false,
      padding: "none",
      recordSize: 65_516,
    };
    const kinds: Disturbance["how"][] = [
      { kind: "drop" },
      { kind: "repeat" },
      { kind: "swap" },
      { kind: "splice" },
      { kind: "splice before" },
      { kind: "reflect" },
      { kind: "go on from" },
      { kind: "flip", bit: 100 },
      { kind: "insert", bytes: Uint8Array.of(0, 20, 1, 2, 3) },
      { kind: "cut", at: 5 },
      { kind: "take out", at: 5, length: 3 },
    ];
    for (const how of kinds) {
      for (const from of roles) {
        for (const unit of [0, 1, 2, 3]) {
          const attacked = attack(talk, [{ from, unit, how }], (bytes) => [bytes]);
          expectSafety(attacked);
          const victim = attacked.talking[opposite[from]];
          expect(victim.channel.failure, `${how.kind} of ${from}'s ${unit}`).toBeDefined();
        }
      }
    }
  });
});
