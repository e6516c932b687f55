/**
 * Why: a route is the one thing in a Hello that a stranger reads. It opens for who holds the via key and in that Hello
 * only, and leads to the key that it names, whichever of a server's keys it was sealed to.
 */
import { describe, expect, it } from "vitest";
import { alertCodes, UsageError } from "../src/protocol/index.ts";
import { Actor, converse } from "./model/actor.ts";
import { joined, serverKey, testClient, testKey, testServer } from "./model/pair.ts";
import { type ClientSetup, otherKey, type ServerSetup, viaKey } from "./model/scenarios.ts";

function hello(options: ClientSetup): Uint8Array {
  const client = new Actor(testClient(options));
  return client.do(client.channel.start()).flush();
}

function newClient(options: ClientSetup = {}) {
  const client = new Actor(testClient({ via: viaKey.publicKey, ...options }), {
    open: (channel) => channel.close(),
  });
  return client.do(client.channel.start());
}

/** Passes on whatever it can. */
function newMiddlebox(options: ServerSetup = {}) {
  return new Actor(testServer({ keyHolders: [viaKey], routes: true, application: false, ...options }), {
    route: (channel) => channel.forward(),
  });
}

function newServer(options: ServerSetup = {}) {
  return new Actor(testServer(options), { end: (channel) => channel.close() });
}

describe("a route", () => {
  it("SC-019: of one Hello does not open in another", () => {
    const [one, other] = [newClient().flush(), newClient({ seed: "another client" }).flush()];
    const spliced = joined([other.subarray(0, 40), one.subarray(40)]);
    for (const [hello, state] of [
      [one, "Forwarded"],
      [other, "Forwarded"],
      [spliced, "Draining"],
    ] as const) {
      expect(newMiddlebox().receive(hello).channel.state).toBe(state);
    }
    expect(newMiddlebox({ stealth: true }).receive(spliced).channel.state).toBe("Hiding");
  });

  it("SC-018: of a recorded Hello opens again, and the handshake does not go on", () => {
    const hello = newClient().flush();
    for (const seed of ["once", "again"]) {
      const server = newServer({ stealth: true, keyHolders: [viaKey, serverKey], seed });
      server.receive(hello);
      expect(server.channel.state).toBe("AwaitResponse");
      server.receive(new Uint8Array(96));
      expect(server.channel.failure?.reason).toEqual({ code: "bad_response", fault: "unauthentic" });
    }
  });

  it("RT-007: of a client without a server's key opens for nobody", () => {
    const unasked = hello({ firstUse: true });
    expect(newMiddlebox({ stealth: true }).receive(unasked).channel.state).toBe("Hiding");
    expect(newServer({ stealth: true }).receive(unasked).channel.state).toBe("Hiding");
  });

  const four = ["first", "second", "third", "fourth"].map((name) => testKey(name));
  const pairs = four.flatMap((named, i) => four.map((via, j) => ({ named, via, i, j })));

  it.each(pairs)(
    "RT-010 RT-011 HS-020: that names key $i of four, to key $j of them, leads there",
    ({ named, via }) => {
      const options = { serverKey: named.publicKey, via: via.publicKey };
      for (const stealth of [true, false]) {
        const [client, server] = [newClient(options), newServer({ keyHolders: four, stealth })];
        converse({ client, server });
        expect(client.channel.remotePublicKey).toEqual(named.publicKey);
        expect([client.channel.state, server.channel.state]).toEqual(["Closed", "Closed"]);
      }
    },
  );

  it("RT-016: to a middlebox that names another of its own keys is not passed on", () => {
    for (const [application, outcome] of [
      [true, "HalfClosedLocal"],
      [false, "Failed"],
    ] as const) {
      const client = newClient({ serverKey: otherKey.publicKey, via: viaKey.publicKey });
      const middlebox = newMiddlebox({ keyHolders: [viaKey, otherKey], application });
      converse({ client, server: middlebox });
      expect(middlebox.has("route")).toBe(false);
      expect(client.channel.state).toBe(outcome);
      expect(client.channel.failure?.reason).toEqual(
        application
          ? undefined
          : { code: "refused", by: "server", alert: alertCodes.no_route, publicKey: otherKey.publicKey },
      );
    }
  });

  it("HS-020: a fifth key, the same key twice, and none at all are misuse", () => {
    expect(() => testServer({ keyHolders: [...four, serverKey] })).toThrow(UsageError);
    expect(() => testServer({ keyHolders: [serverKey, otherKey, serverKey] })).toThrow(UsageError);
    expect(() => testServer({ keyHolders: [] })).toThrow(UsageError);
  });

  it("HS-018 HS-019: a via key without the server's, or one of low order, is misuse before anything is sent", () => {
    const via = viaKey.publicKey;
    expect(() => testClient({ firstUse: true, via })).toThrow(UsageError);
    for (const low of [new Uint8Array(32), new Uint8Array(32).with(0, 1), new Uint8Array(32).with(31, 128)]) {
      expect(() => testClient({ serverKey: low })).toThrow(UsageError);
      expect(() => testClient({ via: low })).toThrow(UsageError);
      expect(() => testClient({ serverKey: low, via })).toThrow(UsageError);
    }
    expect(() => testClient({ via: via.subarray(1) })).toThrow(UsageError);
  });
});
