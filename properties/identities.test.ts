/**
 * Why: whoever watches a wire must not learn who talks to whom. So everything that is transmitted in every kind of run
 * is searched for the long-term public keys, whole and in pieces of eight bytes. And because a search that finds
 * nothing proves nothing, the same search is shown to find keys that are there.
 */
import { describe, expect, it } from "vitest";
import type { Output } from "../src/protocol/index.ts";
import { Actor, type AnyChannel, converse, type Sides } from "./model/actor.ts";
import { clientKey, joined, seededBytes, serverKey, testClient, testServer } from "./model/pair.ts";
import {
  type ClientSetup,
  conversation,
  otherKey,
  type Scenario,
  scenarios,
  viaKey,
} from "./model/scenarios.ts";

const window = 8;
const keys = { client: clientKey, server: serverKey, other: otherKey, via: viaKey };

/** Where eight or more successive bytes of a key are, by the key's name. */
function traces(bytes: Uint8Array): string[] {
  const wire = Buffer.from(bytes);
  return Object.entries(keys).flatMap(([name, { publicKey, secretKey }]) =>
    [publicKey, secretKey].flatMap((key) =>
      Array.from({ length: key.length - window + 1 }, (_, at) => key.subarray(at, at + window))
        .filter((piece) => wire.includes(Buffer.from(piece)))
        .map(() => name),
    ),
  );
}

function wireOf(sides: Sides): Uint8Array {
  return joined([...sides.client.wire, ...sides.server.wire]);
}

function run(scenario: Scenario, overrides?: Parameters<Scenario["start"]>[0]): Sides {
  const sides = scenario.start(overrides);
  converse(sides);
  return sides;
}

describe("the search", () => {
  it("finds a key on the wire, whole or eight bytes of it, wherever they are", () => {
    const wire = wireOf(run(conversation));
    for (const [name, { publicKey }] of Object.entries(keys)) {
      expect(traces(joined([wire, publicKey]))).toEqual(new Array(25).fill(name));
      for (const at of [0, 7, 24]) {
        const piece = publicKey.subarray(at, at + window);
        expect(traces(joined([wire.subarray(0, 100), piece, wire.subarray(100)]))).toEqual([name]);
      }
      expect(traces(joined([wire, publicKey.subarray(0, 7)]))).toEqual([]);
    }
  });

  it("finds the key of an end that uses its long-term key as its ephemeral one", () => {
    const leaky = seededBytes("leaky");
    const sides = run(conversation, {
      client: { randomBytes: (length) => (length === 32 ? clientKey.secretKey.slice() : leaky(length)) },
    });
    expect(new Set(traces(wireOf(sides)))).toEqual(new Set(["client"]));
    const server = run(conversation, { server: { randomBytes: () => serverKey.secretKey.slice() } });
    expect(new Set(traces(wireOf(server)))).toEqual(new Set(["server"]));
  });
});

describe("no long-term key is in the clear", () => {
  it.each(scenarios)("SC-003: in $name", (scenario) => {
    const wire = wireOf(run(scenario));
    expect(wire.length).toBeGreaterThanOrEqual(88);
    expect(traces(wire)).toEqual([]);
  });

  it.each(scenarios)(
    "SC-003: in $name, in what either end says to an attacker who changes things",
    (scenario) => {
      for (let bit = 0; bit < 8 * 184; bit += 61) {
        const sides = scenario.start();
        let passed = 0;
        converse(sides, (from, bytes) => {
          if (from !== "client") return bytes;
          const at = (bit >> 3) - passed;
          passed += bytes.length;
          return at < 0 || at >= bytes.length ? bytes : bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)));
        });
        expect(traces(wireOf(sides))).toEqual([]);
      }
    },
  );

  it("SC-003 RT-006: in a route to a middlebox, and in its refusal", () => {
    const client = new Actor(testClient({ serverKey: otherKey.publicKey, via: serverKey.publicKey }));
    const middlebox = new Actor(testServer({ routes: true, application: false }), {
      route: (channel) => channel.refuse("unreachable"),
    });
    const sides = { client: client.do(client.channel.start()), server: middlebox };
    converse(sides);
    expect(client.channel.failure?.code).toBe("refused");
    expect(traces(wireOf(sides))).toEqual([]);
  });
});

/** What a client has done by the time it has judged, or not yet judged, a Challenge. */
function untilChallenge(options: ClientSetup, challenge?: (bytes: Uint8Array) => Uint8Array) {
  const client = new Actor(testClient(options), { peerKey: () => [] });
  const server = new Actor(testServer({ keyHolders: [serverKey] }));
  client.do(client.channel.start());
  client.do(client.channel.write(new Uint8Array(100)));
  server.receive(client.flush());
  const bytes = server.flush();
  const judged = challenge?.(bytes) ?? bytes;
  return { client: client as Actor<AnyChannel>, challenge: judged };
}

const asked = (outputs: readonly Output[]) => outputs.some(({ type }) => type === "dh");

describe("the client shows who it is only to the server that it expects", () => {
  it("HS-031 HS-063 SC-001: nothing beyond the Hello is said, nor the key used, before the whole Challenge is there", () => {
    const { client, challenge } = untilChallenge({});
    for (let at = 0; at < challenge.length; at++) {
      expect(joined(client.wire)).toHaveLength(88);
      expect(asked(client.outputs)).toBe(false);
      client.receive(challenge.subarray(at, at + 1));
    }
    expect(joined(client.wire)).toHaveLength(88 + 96 + 2 + 3 + 100 + 16);
    expect(asked(client.outputs)).toBe(true);
  });

  it.each<[string, ClientSetup, ((bytes: Uint8Array) => Uint8Array)?]>([
    ["of another server", { serverKey: otherKey.publicKey }],
    ["of another server, with a via key", { serverKey: otherKey.publicKey, via: viaKey.publicKey }],
    ["of the via key's holder, code 0", { serverKey: otherKey.publicKey, via: serverKey.publicKey }],
    ["that nobody made", {}, (bytes) => bytes.map((byte) => byte ^ 0xff)],
    ["with an ephemeral key of low order", {}, (bytes) => joined([new Uint8Array(32), bytes.subarray(32)])],
    ["that is the client's own Hello", {}, () => new Uint8Array(98).fill(0x48)],
  ])("HS-055 HS-059 HS-064 SC-001: not after a Challenge %s", (_what, options, change) => {
    const { client, challenge } = untilChallenge(options, change);
    client.receive(challenge);
    client.receive(new Uint8Array(500));
    expect(client.channel.state).toBe("Failed");
    expect(joined(client.wire)).toHaveLength(88);
    expect(asked(client.outputs)).toBe(false);
    client.check();
  });

  it("HS-061 HS-063 SC-001: on first use, not before the application trusts", () => {
    const { client, challenge } = untilChallenge({ firstUse: true });
    client.receive(challenge);
    expect(client.channel.state).toBe("Judging");
    client.receive(new Uint8Array(300));
    expect(joined(client.wire)).toHaveLength(88);
    expect(asked(client.outputs)).toBe(false);
  });

  it("HS-085 SC-002: the server shows nobody its client before the whole Response is there", () => {
    const sides = conversation.start({ passive: true });
    sides.server.receive(sides.client.flush());
    sides.client.receive(sides.server.flush());
    const response = sides.client.flush().subarray(0, 96);
    for (let at = 0; at < response.length; at++) {
      expect(sides.server.has("peerKey")).toBe(false);
      expect(sides.server.channel.remotePublicKey).toBeUndefined();
      sides.server.receive(response.subarray(at, at + 1));
    }
    expect(sides.server.channel.remotePublicKey).toEqual(clientKey.publicKey);
  });

  it("HS-004 RT-005: two Hellos to the same server have no more in common than two to different ones", () => {
    const said = (seed: string, key: Uint8Array) => {
      const client = new Actor(testClient({ seed, serverKey: key }));
      return joined(client.do(client.channel.start()).wire).subarray(8);
    };
    const [one, same, other] = [
      said("a", serverKey.publicKey),
      said("b", serverKey.publicKey),
      said("c", otherKey.publicKey),
    ];
    const shared = (a: Uint8Array, b: Uint8Array) =>
      Array.from({ length: a.length - 3 }, (_, at) => a.subarray(at, at + 4)).filter((piece) =>
        Buffer.from(b).includes(Buffer.from(piece)),
      );
    expect(shared(one, same)).toEqual([]);
    expect(shared(one, other)).toEqual([]);
  });
});
