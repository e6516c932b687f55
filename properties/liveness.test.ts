/**
 * Why: a peer that has gone silent looks like one that has nothing to say. Liveness tells them apart, and must neither
 * give up a peer that answers nor wait for ever for one that does not.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { alertCodes, type LivenessPolicy, UsageError } from "../src/protocol/index.ts";
import { Actor, type AnyChannel, converse, type Sides } from "./model/actor.ts";
import { joined, outputTypes, testClient, testServer } from "./model/pair.ts";
import { parts, rawClient } from "./model/raw-peer.ts";
import { settle } from "./model/stages.ts";

const policy: LivenessPolicy = { pingAfter: 100, timeout: 300 };

/** Both ends, open at 1,000; the server watches its peer. */
function watched(liveness: LivenessPolicy = policy) {
  const clock = { now: 1_000 };
  const sides = settle(new Actor(testClient({ clock })), new Actor(testServer({ clock, liveness })));
  return { ...sides, clock };
}

/** The server with a peer whose every record is known. */
function watchedRaw() {
  const clock = { now: 1_000 };
  const server = new Actor(testServer({ clock, liveness: policy }));
  const peer = rawClient(server);
  server.flush();
  return { server: server as Actor<AnyChannel>, peer, clock };
}

const types = (outputs: ReturnType<AnyChannel["tick"]>) => outputTypes(outputs);

describe("liveness", () => {
  it("RC-047: is off unless it is configured: nothing is timed in an open channel", () => {
    const { client } = watched();
    expect(client.channel.state).toBe("Open");
    expect(client.channel.deadline).toBeUndefined();
  });

  it("RC-047: pings a silent peer, and fails one that does not answer with the Alert timeout", () => {
    const { server, peer, clock } = watchedRaw();
    expect(server.channel.deadline).toBe(1_100);
    clock.now = 1_099;
    expect(server.channel.tick()).toEqual([]);
    clock.now = 1_100;
    server.do(server.channel.tick());
    expect(peer.open(server.flush()).map((content) => parts(content).type)).toEqual([4]);
    expect(server.channel.deadline).toBe(1_300);
    clock.now = 1_299;
    expect(server.channel.tick()).toEqual([]);
    clock.now = 1_300;
    server.do(server.channel.tick());
    const reason = { code: "timeout", what: "liveness", state: "Open" };
    expect(server.channel.failure?.reason).toEqual(reason);
    expect(server.channel.failure?.alertSent).toBe(alertCodes.timeout);
    const [said] = peer.open(server.flush()).map(parts);
    expect(said).toEqual({ type: 1, size: 2, body: Uint8Array.of(0, alertCodes.timeout) });
    expect(server.channel.state).toBe("Draining");
    server.check();
  });

  it("RC-048: a peer that answers is kept, for as long as it does", () => {
    const { client, server, clock } = watched();
    for (let round = 1; round <= 20; round++) {
      clock.now += 100;
      server.do(server.channel.tick());
      clock.now += 150;
      converse({ client, server });
      expect(server.outputs.filter(({ type }) => type === "pong")).toHaveLength(round);
      expect(server.channel.deadline).toBe(clock.now + 100);
    }
    expect([client.channel.state, server.channel.state]).toEqual(["Open", "Open"]);
  });

  it.each(["data", "ping", "close"] as const)("RC-048: a %s that opens restarts both times", (type) => {
    const { server, peer, clock } = watchedRaw();
    clock.now = 1_090;
    server.receive(peer.record(type, new Uint8Array(type === "close" ? 0 : 8)));
    expect(server.channel.deadline).toBe(1_190);
    clock.now = 1_190;
    expect(types(server.channel.tick())).toEqual(["transmit"]);
    expect(server.channel.deadline).toBe(1_390);
  });

  it("RC-048: bytes that open nothing restart nothing", () => {
    const { server, peer, clock } = watchedRaw();
    const record = peer.record("data", new Uint8Array(200));
    for (let at = 0; at < record.length - 1; at++) {
      clock.now = 1_000 + Math.floor(at / 3);
      server.receive(record.subarray(at, at + 1));
      expect(server.channel.deadline).toBe(1_100);
    }
    server.receive(record.subarray(-1));
    expect(server.channel.deadline).toBe(clock.now + 100);
  });

  it("RC-038 RC-057 RC-058: sends no second Ping before the first is answered, whoever asked for it", () => {
    const { server, peer, clock } = watchedRaw();
    server.do(server.channel.ping(new Uint8Array(8)));
    clock.now = 1_050;
    server.receive(peer.record("data", new Uint8Array(1)));
    clock.now = 1_340;
    // Data came, so the peer lives; but its Pong is still due, so silence now ends at the second time.
    expect(server.channel.deadline).toBe(1_350);
    expect(server.channel.tick()).toEqual([]);
    expect(() => server.channel.ping()).toThrow(UsageError);
    server.receive(peer.record("pong", new Uint8Array(8)));
    expect(server.channel.deadline).toBe(1_440);
    clock.now = 1_440;
    expect(types(server.channel.tick())).toEqual(["transmit"]);
  });

  it("RC-046: goes on after either Close, until both have passed", () => {
    for (const who of ["client", "server"] as const) {
      const { client, server, clock } = watched();
      const sides: Sides = { client, server };
      sides[who].do(sides[who].channel.close());
      converse(sides);
      clock.now += 100;
      server.do(server.channel.tick());
      converse(sides);
      expect(server.has("pong")).toBe(true);
      const other = who === "client" ? server : client;
      other.do(other.channel.close());
      converse(sides);
      expect(server.channel.state).toBe("Closed");
      expect(server.channel.deadline).toBeUndefined();
    }
  });

  it("RC-032 RC-049: neither runs after the peer's end of file, and its Ping is forgotten", () => {
    const { client, server, clock } = watched();
    client.do(client.channel.close());
    server.receive(client.flush());
    server.do(server.channel.ping());
    server.do(server.channel.transportEnded());
    expect(server.channel.state).toBe("HalfClosedRemote");
    expect(server.channel.deadline).toBeUndefined();
    clock.now += 1_000_000;
    expect(server.channel.tick()).toEqual([]);
    expect(() => server.channel.ping()).toThrow(UsageError);
    server.do(server.channel.write(new Uint8Array(3)));
    expect(server.channel.state).toBe("HalfClosedRemote");
  });

  it("RC-047 RC-056: does not run before the channel is open", () => {
    const clock = { now: 0 };
    const client = testClient({ clock, liveness: policy });
    client.start();
    expect(client.deadline).toBe(10_000);
    clock.now = 500;
    expect(client.tick()).toEqual([]);
  });

  it("LM-002: a policy that makes no sense is misuse", () => {
    for (const liveness of [
      { pingAfter: -1, timeout: 10 },
      { pingAfter: 10, timeout: 10 },
      { pingAfter: 10, timeout: 5 },
      { pingAfter: Number.NaN, timeout: 5 },
      { pingAfter: 1, timeout: Number.NaN },
      { pingAfter: "1", timeout: 5 } as unknown as LivenessPolicy,
    ]) {
      expect(() => testServer({ liveness })).toThrow(UsageError);
    }
  });

  test.prop([
    fc.array(fc.record({ wait: fc.integer({ min: 1, max: 250 }), speaks: fc.boolean() }), { maxLength: 30 }),
  ])("RC-047 RC-048: fails a peer exactly when it has been silent for the whole time", (course) => {
    const { server, peer, clock } = watchedRaw();
    let heard = clock.now;
    let ping: Uint8Array | undefined;
    for (const { wait, speaks } of course) {
      // The driver's timer: it ticks whenever the deadline has come.
      const until = clock.now + wait;
      for (
        let due = server.channel.deadline;
        due !== undefined && due <= until;
        due = server.channel.deadline
      ) {
        clock.now = Math.max(clock.now, due);
        server.do(server.channel.tick());
        for (const content of peer.open(server.flush())) {
          if (parts(content).type === 4) ping = parts(content).body;
        }
        if (server.has("failed")) break;
      }
      if (server.has("failed")) {
        expect(clock.now - heard).toBe(policy.timeout);
        return;
      }
      clock.now = until;
      expect(clock.now - heard).toBeLessThan(policy.timeout);
      if (!speaks) continue;
      server.receive(ping === undefined ? peer.record("data", new Uint8Array(1)) : peer.record("pong", ping));
      ping = undefined;
      heard = clock.now;
    }
    expect(server.channel.state).toBe("Open");
  });
});

describe("Pings of the application", () => {
  const body = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);

  it("RC-037: are answered by a Pong with the same bytes", () => {
    const { client, server } = settle();
    client.do(client.channel.ping(body));
    converse({ client, server });
    expect(client.outputs.at(-1)).toEqual({ type: "pong", bytes: body });
  });

  it("RC-039: have bytes of their own that differ, unless told", () => {
    const { client, server } = settle();
    const seen = new Set<string>();
    for (let i = 0; i < 50; i++) {
      client.do(client.channel.ping());
      converse({ client, server });
      const last = client.outputs.at(-1);
      if (last?.type === "pong") seen.add(last.bytes.toString());
    }
    expect(seen.size).toBe(50);
  });

  it("RC-038 ST-020: are one at a time, of eight bytes, and only in an open channel", () => {
    const { client, server } = settle();
    expect(() => client.channel.ping(new Uint8Array(7))).toThrow(UsageError);
    expect(() => client.channel.ping(new Uint8Array(9))).toThrow(UsageError);
    client.do(client.channel.ping(body));
    expect(() => client.channel.ping(body)).toThrow(UsageError);
    expect(client.channel.state).toBe("Open");
    converse({ client, server });
    expect(client.has("pong")).toBe(true);
    for (const channel of [testClient(), testServer()]) expect(() => channel.ping()).toThrow(UsageError);
  });

  it("HS-116: are not sent before Accept", () => {
    const { client } = settle(undefined, new Actor(testServer(), { peerKey: () => [] }));
    expect(client.channel.state).toBe("AwaitVerdict");
    expect(() => client.channel.ping()).toThrow(UsageError);
  });

  it.each([
    ["other bytes", (ping: Uint8Array) => ping.map((byte) => byte ^ 1)],
    ["the same bytes twice", (ping: Uint8Array) => ping],
  ])("RC-044: with %s are no answer", (what, change) => {
    const server = new Actor(testServer());
    const peer = rawClient(server);
    server.flush();
    server.do(server.channel.ping(body));
    const pong = () => peer.record("pong", change(body));
    server.receive(what.includes("twice") ? joined([pong(), pong()]) : pong());
    expect(server.channel.failure?.reason).toEqual({
      code: "unexpected_record",
      type: "pong",
      state: "Open",
    });
    server.check();
  });
});
