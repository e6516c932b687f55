/**
 * Why: what an end gives away beside what it says: its randomness, its secrets, the reasons of its failures.
 */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { Primitives } from "../../src/crypto/primitives.ts";
import { type ClientChannel, explainFailure, type ServerChannel } from "../../src/protocol/index.ts";
import { Actor, converse } from "../model/actor.ts";
import { clientKey, joined, openPair, primitives, serverKey, testClient, testServer } from "../model/pair.ts";
import { parts, rawClient } from "../model/raw-peer.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A source of randomness that tells how much was asked of it. */
function counting() {
  const drawn: number[] = [];
  let count = 0;
  const randomBytes = (length: number) => {
    drawn.push(length);
    return primitives.blake2b(Uint8Array.of(count++)).slice(0, length);
  };
  return { drawn, randomBytes };
}

describe("randomness", () => {
  it("HS-004 SC-043: is drawn by each connection for itself, and by a server only once a Hello is there", () => {
    const [ours, theirs] = [counting(), counting()];
    for (let connection = 1; connection <= 3; connection++) {
      const server = new Actor<ServerChannel>(testServer({ randomBytes: theirs.randomBytes }));
      expect(theirs.drawn).toHaveLength(connection - 1);
      const channel = testClient({ randomBytes: ours.randomBytes });
      const client = new Actor<ClientChannel>(channel).do(channel.start());
      expect(ours.drawn).toHaveLength(connection);
      converse({ client, server });
      expect(server.channel.state).toBe("Open");
      expect([ours.drawn.at(-1), theirs.drawn.at(-1)]).toEqual([32, 32]);
      expect([ours.drawn.length, theirs.drawn.length]).toEqual([connection, connection]);
    }
  });

  it("NO-008: that gives too little, or nothing random at all to look at, makes no key", () => {
    for (const randomBytes of [() => new Uint8Array(0), (length: number) => new Uint8Array(length - 1)])
      expect(() => testClient({ randomBytes })).toThrow("randomBytes was asked for 32 bytes");
    for (const randomBytes of [undefined, null, "random"])
      expect(() => testClient({ randomBytes: randomBytes as never })).toThrow("randomBytes");
  });
});

describe("secrets", () => {
  it("HS-107 HS-108: the exporter's secret comes out neither of an export nor of a channel that is printed", () => {
    const digests: string[] = [];
    const noting: Primitives = {
      ...primitives,
      blake2b(input) {
        const digest = primitives.blake2b(input);
        digests.push(hex(digest));
        return digest;
      },
    };
    const { client, server } = openPair(testClient({ primitives: noting }));
    const binding = hex(client.channel.channelBinding ?? new Uint8Array(0));
    const secrets = digests.filter((digest) => digest !== binding);
    expect(digests).toContain(binding);
    const given = [1, 32, 64].map((length) => client.channel.exportKeyingMaterial("label", length));
    expect(given[2]).toEqual(server.channel.exportKeyingMaterial("label", 64));
    for (const bytes of given.slice(1))
      expect(secrets.filter((secret) => secret.startsWith(hex(bytes)))).toEqual([]);
    const printed = inspect(client.channel, { depth: 12, showHidden: true, maxArrayLength: null });
    const bytes = printed.replaceAll(/\s/g, "");
    for (const secret of secrets)
      expect(bytes).not.toContain([...Buffer.from(secret, "hex").subarray(0, 32)].join());
  });
});

describe("the reason of a failure", () => {
  /** What the server's Alerts say, code and words, whoever the client is. */
  function verdictOf(server: Actor<ServerChannel>, context = ""): { code: number; words: string } {
    const peer = rawClient(server, context);
    const wire = joined(server.wire).slice(98 + 2);
    const plain = peer.verdict.decryptWithAd(new Uint8Array(0), wire);
    const { body } = parts(plain ?? new Uint8Array(3));
    return { code: (body[0] ?? 0) * 256 + (body[1] ?? 0), words: new TextDecoder().decode(body.slice(2)) };
  }

  it("SC-044: is told to a peer by its code alone", () => {
    expect(verdictOf(new Actor<ServerChannel>(testServer()), "other")).toEqual({ code: 10, words: "" });
    const clock = { now: 0 };
    const waiting = new Actor<ServerChannel>(testServer({ clock }), { peerKey: () => [] });
    const peer = rawClient(waiting);
    clock.now = 1e9;
    waiting.do(waiting.channel.tick());
    const plain = peer.verdict.decryptWithAd(new Uint8Array(0), joined(waiting.wire).slice(98 + 2));
    expect(parts(plain ?? new Uint8Array(3)).body).toEqual(Uint8Array.of(0, 7));
  });

  it("SC-044 HS-037: is told to nobody where a key holder fails, and to the own application in full", () => {
    const cause = new Error("token 4711: wrong PIN");
    const actor = new Actor<ServerChannel>(testServer(), {
      dh: (channel, { keyHolder }) => channel.dhFailed(keyHolder, cause),
    });
    const channel = testClient();
    actor.receive(new Actor<ClientChannel>(channel).do(channel.start()).flush());
    expect(joined(actor.wire)).toHaveLength(0);
    expect(actor.channel.failure?.reason).toEqual({ code: "key_holder_failed", cause });
  });

  it("AL-029 SC-037: is shown without what drives a terminal or turns text around, whoever said it", () => {
    const hostile = "\u001b]0;owned\u0007\u001b[2J\r\nroot logged in\u202e gpj.exe\u2028";
    const server = new Actor<ServerChannel>(testServer());
    const peer = rawClient(server);
    server.receive(peer.record("alert", joined([Uint8Array.of(0x80, 1), new TextEncoder().encode(hostile)])));
    const { failure } = server.channel;
    if (failure === undefined) throw new Error("an Alert fails the channel");
    expect(failure.reason).toMatchObject({ message: hostile });
    const shown = Object.values(explainFailure(failure)).join(" ");
    expect(shown).toContain("root logged in");
    expect(shown).not.toMatch(/[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
  });
});

describe("a key holder", () => {
  it("HS-063 NO-022: is no oracle: a peer gets one DH of it, with its own key, and only in a handshake", () => {
    const asked: string[] = [];
    const watched = (key: typeof clientKey) => ({
      publicKey: key.publicKey,
      dh: (publicKey: Uint8Array) => {
        asked.push(hex(publicKey));
        return key.dh(publicKey) as Uint8Array;
      },
    });
    const channel = testClient({ keyHolder: watched(clientKey) });
    const client = new Actor<ClientChannel>(channel).do(channel.start());
    const server = new Actor<ServerChannel>(testServer({ keyHolders: [watched(serverKey)] }));
    client.do(client.channel.write(new Uint8Array(100)));
    converse({ client, server });
    const [hello, challenge] = [joined(client.wire), joined(server.wire)];
    expect(asked).toEqual([hex(hello.slice(8, 40)), hex(challenge.slice(0, 32))]);
  });
});
