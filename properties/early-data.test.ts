/**
 * Why: a client may speak before it has been let in. What the server holds for it until it has decided is bounded by
 * this, byte for byte, so the client must stop there, and what it had to say must come all the same once it is let in.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { Output, Padding } from "../src/protocol/index.ts";
import { UsageError } from "../src/protocol/index.ts";
import { Actor, converse, type Sides } from "./model/actor.ts";
import { delivered, joined, outputTypes, testClient, testServer } from "./model/pair.ts";
import { rawServer } from "./model/raw-peer.ts";
import { type ClientSetup, pattern } from "./model/scenarios.ts";
import { settle } from "./model/stages.ts";
import { runs } from "./seed.ts";

const limit = 65_537;

/** A client in AwaitVerdict, its server in Deciding. */
function waiting(options: ClientSetup = {}): Sides {
  return settle(new Actor(testClient(options)), new Actor(testServer(), { peerKey: () => [] }));
}

/** How many bytes a client has sent past its Hello and Response. */
function early({ client }: Sides): number {
  return joined(client.wire).length - 88 - 96;
}

function letIn(sides: Sides): void {
  sides.server.do(sides.server.channel.accept());
  converse(sides);
}

describe("what a client sends before the Verdict", () => {
  const writes = fc.array(
    fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 40_000 }), fc.constant(65_516), fc.constant(80_000)),
    { maxLength: 5 },
  );
  const policies = fc.oneof(
    fc.record({
      recordSize: fc.integer({ min: 300, max: 65_516 }),
      padding: fc.oneof(
        fc.constantFrom<Padding>("none", "padme"),
        fc.integer({ min: 1, max: 1_000 }).map((block) => ({ block })),
      ),
    }),
    fc.record({
      recordSize: fc.constant(65_516),
      padding: fc.oneof(
        fc.constant<Padding>(() => Number.POSITIVE_INFINITY),
        fc.integer({ min: 1, max: 65_519 }).map((block) => ({ block })),
      ),
    }),
  );

  test.prop([writes, writes, policies], { numRuns: runs(60) })(
    "HS-113 HS-114 HS-117: is at most 65,537 bytes of records, and all of it arrives once it is let in",
    (before, after, policy) => {
      const client = new Actor(testClient(policy));
      const server = new Actor(testServer(), { peerKey: () => [] });
      const sides = { client: client.do(client.channel.start()), server };
      const written: Uint8Array[] = [];
      const write = (size: number) => {
        written.push(pattern(size, written.length));
        client.do(client.channel.write(pattern(size, written.length - 1)));
      };
      for (const size of before) write(size);
      expect(joined(client.wire)).toHaveLength(88);
      converse(sides);
      for (const size of after) write(size);
      converse(sides);
      expect(early(sides)).toBeLessThanOrEqual(limit);
      expect(delivered(server)).toHaveLength(0);
      expect(client.has("open")).toBe(false);
      letIn(sides);
      expect(Buffer.compare(delivered(server), joined(written))).toBe(0);
      expect(client.channel.queuedBytes).toBe(0);
      client.check();
      server.check();
    },
  );

  it("HS-113: may be 65,537 bytes to the byte: one record of the largest size", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(65_516, 1)));
    expect(early(sides)).toBe(limit);
    expect(sides.client.channel.queuedBytes).toBe(0);
    sides.client.do(sides.client.channel.write(Uint8Array.of(1)));
    expect(early(sides)).toBe(limit);
    expect(sides.client.channel.queuedBytes).toBe(1);
    letIn(sides);
    expect(delivered(sides.server)).toEqual(joined([pattern(65_516, 1), Uint8Array.of(1)]));
  });

  it("HS-114: is cut to what fits, to the byte", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(100, 1)));
    expect(early(sides)).toBe(121);
    sides.client.do(sides.client.channel.write(pattern(65_400, 2)));
    expect(early(sides)).toBe(limit);
    expect(sides.client.channel.queuedBytes).toBe(65_400 - (limit - 121 - 21));
    letIn(sides);
    expect(delivered(sides.server)).toEqual(joined([pattern(100, 1), pattern(65_400, 2)]));
  });

  it("HS-114: leaves room unused where not a byte would fit", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(limit - 21 - 21, 1)));
    expect(early(sides)).toBe(limit - 21);
    sides.client.do(sides.client.channel.write(pattern(10, 2)));
    expect(early(sides)).toBe(limit - 21);
    expect(sides.client.channel.queuedBytes).toBe(10);
  });

  it("HS-115 RC-029: a Close behind data that waits, waits with it", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(70_000, 1)));
    sides.client.do(sides.client.channel.close());
    expect(early(sides)).toBe(limit);
    expect(sides.client.channel.state).toBe("AwaitVerdictClosed");
    expect(() => sides.client.channel.write(Uint8Array.of(1))).toThrow(UsageError);
    converse(sides);
    letIn(sides);
    expect(delivered(sides.server)).toEqual(pattern(70_000, 1));
    expect(outputTypes(sides.server.outputs).at(-1)).toBe("end");
    expect(sides.client.channel.state).toBe("HalfClosedLocal");
  });

  it("HS-115: a Close with nothing to wait for goes at once, and does not count", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(65_516, 1)));
    sides.client.do(sides.client.channel.close());
    expect(early(sides)).toBe(limit + 21);
    converse(sides);
    letIn(sides);
    expect(delivered(sides.server)).toEqual(pattern(65_516, 1));
    expect(sides.server.has("end")).toBe(true);
  });

  it("HS-115 AL-008: an Alert does not wait, nor count", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(70_000, 1)));
    sides.client.do(sides.client.channel.alert("cancelled"));
    expect(early(sides)).toBe(limit + 2 + 3 + 2 + 16);
    converse(sides);
    letIn(sides);
    expect(delivered(sides.server)).toEqual(pattern(70_000, 1).subarray(0, 65_516));
    expect(sides.server.channel.failure?.code).toBe("alert_received");
  });

  it("HS-103 HS-101: is not reported as open, and ends with a refusal", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(70_000, 1)));
    converse(sides);
    sides.server.do(sides.server.channel.refuse("not_authorized"));
    converse(sides);
    expect(sides.client.has("open")).toBe(false);
    expect(sides.client.channel.queuedBytes).toBe(0);
    expect(early(sides)).toBe(limit);
  });

  it("HS-119 HS-120: ends with the Alert timeout where no Verdict comes", () => {
    const clock = { now: 0 };
    const sides = waiting({ clock });
    expect(sides.client.channel.deadline).toBe(10_000);
    clock.now = 10_000;
    sides.client.do(sides.client.channel.tick());
    expect(outputTypes(sides.client.outputs).slice(-3)).toEqual(["transmit", "failed", "endTransport"]);
    const reason = { code: "timeout", what: "handshake", state: "AwaitVerdict" };
    expect(sides.client.channel.failure?.reason).toEqual(reason);
    converse(sides);
    letIn(sides);
    expect(sides.server.outputs).toContainEqual({ type: "alert", code: 7, message: "" });
  });
});

describe("a server that decides", () => {
  it("ST-009 ST-010 HS-088: stops reading at 65,537 bytes, opens nothing, and loses nothing", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(65_516, 1)));
    const bytes = sides.client.flush();
    sides.server.receive(bytes.subarray(0, limit - 1));
    expect(sides.server.channel.reading).toBe(true);
    sides.server.receive(bytes.subarray(limit - 1));
    expect(sides.server.channel.reading).toBe(false);
    expect(sides.server.has("data")).toBe(false);
    // One read may bring more than that.
    sides.client.do(sides.client.channel.close());
    sides.server.receive(sides.client.flush());
    expect(sides.server.channel.reading).toBe(false);
    letIn(sides);
    expect(sides.server.channel.reading).toBe(true);
    expect(delivered(sides.server)).toEqual(pattern(65_516, 1));
    expect(sides.server.has("end")).toBe(true);
  });

  it("ST-009: does not count the Response among them", () => {
    const client = new Actor(testClient());
    const server = new Actor(testServer(), { peerKey: () => [] });
    client.do(client.channel.start());
    client.do(client.channel.write(pattern(65_515, 1)));
    server.receive(client.flush());
    client.receive(server.flush());
    const all = client.flush();
    expect(all).toHaveLength(96 + limit - 1);
    server.receive(all);
    expect(server.channel.reading).toBe(true);
    server.receive(Uint8Array.of(0));
    expect(server.channel.reading).toBe(false);
  });

  it("HS-088 HS-089: drops what was sent early, unopened, when it refuses", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(500, 1)));
    converse(sides);
    // A record that would be an error: nobody looks at it.
    sides.server.receive(new Uint8Array(40));
    sides.server.do(sides.server.channel.refuse(0x8005, "not today"));
    const reason = { code: "denied", alert: 0x8005, message: "not today" };
    expect(sides.server.channel.failure?.reason).toEqual(reason);
    expect(sides.server.channel.receive(new Uint8Array(40))).toEqual([]);
    expect(delivered(sides.server)).toHaveLength(0);
    converse(sides);
    expect(sides.client.channel.failure?.reason).toEqual({
      code: "alert_received",
      alert: 0x8005,
      message: "not today",
    });
    sides.server.check();
  });

  it("ST-011 RC-019: judges what it held in its place, an error among it too", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(500, 1)));
    converse(sides);
    sides.server.receive(Uint8Array.of(0, 1));
    expect(sides.server.channel.state).toBe("Deciding");
    sides.server.do(sides.server.channel.accept());
    expect(outputTypes(sides.server.outputs).slice(-6)).toEqual([
      "transmit",
      "open",
      "data",
      "transmit",
      "failed",
      "endTransport",
    ]);
    expect(sides.server.channel.failure?.code).toBe("bad_record");
  });

  it("ST-013: an end of file is judged in its place, after Accept", () => {
    for (const closes of [true, false]) {
      const sides = waiting();
      sides.client.do(sides.client.channel.write(pattern(50, 1)));
      if (closes) sides.client.do(sides.client.channel.close());
      converse(sides);
      expect(sides.server.channel.transportEnded()).toEqual([]);
      expect(sides.server.channel.state).toBe("Deciding");
      sides.server.do(sides.server.channel.accept());
      expect(delivered(sides.server)).toEqual(pattern(50, 1));
      expect(sides.server.channel.state).toBe(closes ? "HalfClosedRemote" : "Failed");
      expect(sides.server.channel.failure?.code).toBe(closes ? undefined : "truncated");
      sides.server.check();
    }
  });

  it("ST-013: an end of file inside a record as well", () => {
    const sides = waiting();
    sides.client.do(sides.client.channel.write(pattern(50, 1)));
    sides.server.receive(sides.client.flush().subarray(0, 30));
    sides.server.do(sides.server.channel.transportEnded());
    sides.server.do(sides.server.channel.accept());
    expect(sides.server.channel.failure?.reason).toEqual({ code: "truncated", state: "Open" });
  });

  it("ST-015 ST-016: a reset fails it at once, and a decision is too late then", () => {
    const sides = waiting();
    const cause = new Error("reset");
    sides.server.do(sides.server.channel.transportFailed(cause));
    expect(sides.server.channel.failure?.reason).toEqual({ code: "truncated", state: "Deciding", cause });
    expect(() => sides.server.channel.accept()).toThrow(UsageError);
    expect(() => sides.server.channel.refuse("busy")).toThrow(UsageError);
    expect(sides.server.channel.state).toBe("Failed");
  });

  it("HS-121 HS-095: has until the handshake's deadline, then the Verdict is the Alert timeout", () => {
    const clock = { now: 0 };
    const client = new Actor(testClient());
    const server = new Actor(testServer({ clock }), { peerKey: () => [] });
    clock.now = 4_000;
    const sides = settle(client, server);
    expect(server.channel.deadline).toBe(10_000);
    clock.now = 10_000;
    server.do(server.channel.tick());
    converse(sides);
    expect(client.channel.failure?.reason).toEqual({ code: "alert_received", alert: 7, message: "" });
    expect(server.channel.failure?.code).toBe("timeout");
  });

  it("ST-005: is asked once, and answers once", () => {
    const sides = waiting();
    const write = () => sides.server.channel.write(Uint8Array.of(1));
    expect(write).toThrow(UsageError);
    expect(() => sides.server.channel.close()).toThrow(UsageError);
    letIn(sides);
    expect(() => sides.server.channel.accept()).toThrow(UsageError);
    expect(() => sides.server.channel.refuse("busy")).toThrow(UsageError);
    expect(sides.server.channel.state).toBe("Open");
    sides.server.do(write());
  });
});

describe("the client's own deadline", () => {
  it.each([
    ["AwaitChallenge", (client: Actor<ReturnType<typeof testClient>>) => client, 0],
    [
      "Responding",
      (client: Actor<ReturnType<typeof testClient>>) => {
        rawServerChallenge(client);
        return client;
      },
      0,
    ],
  ] as const)("HS-119 HS-120: in %s ends in silence", (state, prepare, said) => {
    const clock = { now: 7 };
    const client = new Actor(testClient({ clock, handshakeTimeout: 100 }), { dh: () => [] });
    client.do(client.channel.start());
    prepare(client);
    const before = client.wire.length;
    expect([client.channel.state, client.channel.deadline]).toEqual([state, 107]);
    clock.now = 107;
    client.do(client.channel.tick());
    expect(client.wire.length - before).toBe(said);
    expect(client.channel.failure?.reason).toEqual({ code: "timeout", what: "handshake", state });
    client.check();
  });

  it("HS-119: is over with the Verdict", () => {
    const client = new Actor(testClient());
    client.do(client.channel.start());
    rawServer(client);
    expect(client.channel.deadline).toBe(10_000);
    const { client: open, server } = settle();
    const none: (number | undefined)[] = [open.channel.deadline, server.channel.deadline];
    expect(none).toEqual([undefined, undefined]);
    const outputs: Output[] = open.channel.tick();
    expect(outputs).toEqual([]);
  });

  it("LM-002 LM-006: may be none at all, and is a number from 0 up", () => {
    const endless = testClient({ handshakeTimeout: Number.POSITIVE_INFINITY });
    endless.start();
    expect(endless.deadline).toBeUndefined();
    expect(outputTypes(testServer({ handshakeTimeout: 0 }).tick())).toEqual(["failed", "closeTransport"]);
    for (const handshakeTimeout of [-1, Number.NaN, "5" as unknown as number]) {
      expect(() => testClient({ handshakeTimeout })).toThrow(UsageError);
      expect(() => testServer({ handshakeTimeout })).toThrow(UsageError);
    }
  });
});

/** A Challenge for a client that will not answer it. */
function rawServerChallenge(client: Actor<ReturnType<typeof testClient>>): void {
  const server = new Actor(testServer());
  server.receive(client.flush());
  client.receive(server.flush());
}
