/**
 * Why: what past handshakes got wrong about who is who, played against this one. Where the defence is one operation that
 * can be taken out from outside (the comparison of keys, the randomness), the attack is shown to succeed without it; in the
 * others the same moves with the right secret succeed, so that nothing but that secret is missing.
 */
import { describe, expect, it } from "vitest";
import type { Primitives } from "../../src/crypto/primitives.ts";
import { ClientHandshake } from "../../src/protocol/handshake/client.ts";
import { encodeContext } from "../../src/protocol/handshake/context.ts";
import { header } from "../../src/protocol/handshake/header.ts";
import { ServerHandshake } from "../../src/protocol/handshake/server.ts";
import type { ClientChannel, KeyHolder, ServerChannel } from "../../src/protocol/index.ts";
import { CipherState } from "../../src/protocol/noise/cipher-state.ts";
import { Actor, converse } from "../model/actor.ts";
import {
  clientKey,
  delivered,
  joined,
  primitives,
  seededBytes,
  serverKey,
  testClient,
  testKey,
  testServer,
} from "../model/pair.ts";
import { challengeFor, plaintext, rawServer, sealed } from "../model/raw-peer.ts";

const tom = testKey("tom");
const nothing = new Uint8Array(0);

function client(options: Parameters<typeof testClient>[0] = {}): Actor<ClientChannel> {
  const channel = testClient(options);
  return new Actor<ClientChannel>(channel).do(channel.start());
}

const server = (options: Parameters<typeof testServer>[0] = {}) =>
  new Actor<ServerChannel>(testServer(options));

/** The provider with one operation in the place of its own. */
const providerWith = (own: Partial<Primitives>): Primitives => ({ ...primitives, ...own });

/** The same point in other bytes: X25519 ignores the highest bit. */
const twin = (key: Uint8Array): Uint8Array => key.with(31, (key[31] ?? 0) ^ 0x80);

function have(output: Uint8Array | undefined): Uint8Array {
  if (output === undefined) throw new Error("a DH of honest keys is not zero");
  return output;
}

describe("another server than the one that is expected", () => {
  const deaf = providerWith({ equal: () => true });

  it("HS-059 NO-021 SC-040: is told from it by the provider's comparison of keys, and by nothing else", () => {
    const other = server({ keyHolders: [tom] });
    const careful = client();
    converse({ client: careful, server: other });
    expect(careful.channel.failure?.code).toBe("server_key_mismatch");
    expect(joined(careful.wire)).toHaveLength(88);

    const careless = client({ primitives: deaf });
    converse({ client: careless, server: server({ keyHolders: [tom] }) });
    expect(careless.channel.state).toBe("Open");
  });

  it("SC-009: can't share a channel's keys with a client that takes it for a third (unknown key share)", () => {
    // Tom is a server of its own, and passes on to sam what a client of his says to him.
    const attempt = (provider: Primitives) => {
      const [ours, sam] = [client({ serverKey: tom.publicKey, primitives: provider }), server()];
      converse({ client: ours, server: sam });
      return [ours.has("open"), sam.has("peerKey")];
    };
    expect(attempt(primitives)).toEqual([false, false]);
    expect(attempt(deaf)).toEqual([true, true]);
  });

  it("NO-020: is one whose key has another encoding, though it shares every secret", () => {
    const attempt = (provider: Primitives) => {
      const ours = client({ serverKey: twin(serverKey.publicKey), primitives: provider });
      converse({ client: ours, server: server() });
      return ours.channel.failure?.code ?? ours.channel.state;
    };
    const normalising = (a: Uint8Array, b: Uint8Array) =>
      primitives.equal(a, b) || primitives.equal(twin(a), b);
    expect(attempt(primitives)).toBe("server_key_mismatch");
    expect(attempt(providerWith({ equal: normalising }))).toBe("Open");
  });
});

describe("who has stolen a long-term key (key-compromise impersonation)", () => {
  it("SC-025: can't pass for the server towards its owner", () => {
    const attempt = (secretKey: Uint8Array) => {
      const ours = client();
      // It names sam's key, and computes the DH of that key with what it has.
      const dh = (publicKey: Uint8Array) => primitives.x25519(secretKey, publicKey);
      const posing: KeyHolder & { secretKey: Uint8Array } = { publicKey: serverKey.publicKey, secretKey, dh };
      ours.receive(challengeFor(ours.flush(), posing, 0));
      return ours.channel.failure?.code ?? ours.channel.state;
    };
    expect(attempt(clientKey.secretKey)).toBe("bad_challenge");
    expect(attempt(tom.secretKey)).toBe("bad_challenge");
    expect(attempt(serverKey.secretKey)).toBe("AwaitVerdict");
  });

  it("SC-025 SC-026: of the server can't pass for others towards it", () => {
    const attempt = (secretKey: Uint8Array) => {
      const target = server();
      const posing = new ClientHandshake({
        primitives,
        randomBytes: seededBytes("attacker"),
        publicKey: clientKey.publicKey,
        serverKey: serverKey.publicKey,
        via: undefined,
        context: encodeContext(""),
      });
      target.receive(posing.hello);
      posing.readChallenge(target.flush());
      const dh = have(primitives.x25519(secretKey, posing.peerEphemeral));
      target.receive(have(posing.writeResponse(dh)));
      return target.channel.failure?.code ?? target.channel.state;
    };
    expect(attempt(serverKey.secretKey)).toBe("bad_response");
    expect(attempt(clientKey.secretKey)).toBe("Open");
  });
});

describe("what was said once", () => {
  /** What a client said in a connection whose server used these random bytes. */
  function recorded(seed: string): Uint8Array {
    const sides = { client: client(), server: server({ seed }) };
    sides.client.do(sides.client.channel.write(Uint8Array.of(7)));
    converse(sides);
    return joined(sides.client.wire);
  }

  it("HS-038 HS-085: is nothing to a server that has a new ephemeral key (replay)", () => {
    const replay = recorded("server");
    const [fresh, repeating] = [server({ seed: "another" }), server({ seed: "server" })];
    fresh.receive(replay);
    expect(fresh.channel.failure?.code).toBe("bad_response");
    expect(fresh.has("peerKey")).toBe(false);
    // HS-004, SC-043: all that stands against it is that the key is new.
    repeating.receive(replay);
    expect(delivered(repeating)).toEqual(Uint8Array.of(7));
  });

  it("SC-005 HS-055: is nothing to the end that said it (reflection of a Hello)", () => {
    const ours = client();
    const hello = ours.flush();
    ours.receive(joined([hello, hello]).slice(0, 98));
    expect(ours.channel.failure?.reason).toEqual({ code: "bad_challenge", fault: "unauthentic" });
    const target = server();
    target.receive(hello);
    target.receive(target.flush().slice(0, 96));
    expect(target.channel.failure?.reason).toEqual({ code: "bad_response", fault: "unauthentic" });
    expect(target.has("peerKey")).toBe(false);
  });
});

describe("who stands in the middle with a key of its own", () => {
  it("HS-111 SC-047: has two channels, which have other bindings and exports", () => {
    const legs = [
      { client: client({ firstUse: true }), server: server({ keyHolders: [tom], seed: "middle" }) },
      { client: client({ keyHolder: tom, seed: "middle" }), server: server() },
    ] as const;
    for (const leg of legs) converse(leg);
    const [ours, theirs] = [legs[0].client.channel, legs[1].server.channel];
    expect([ours.state, theirs.state]).toEqual(["Open", "Open"]);
    expect(ours.channelBinding).not.toEqual(theirs.channelBinding);
    expect(ours.exportKeyingMaterial("x", 32)).not.toEqual(theirs.exportKeyingMaterial("x", 32));
    // An application that compares them learns of it; between two honest ends there is nothing to learn.
    expect(ours.channelBinding).toEqual(legs[0].server.channel.channelBinding);
  });

  it("SC-001 HS-009: can't make a server out of parts of its Hello and of another's Challenge", () => {
    const [ours, other] = [client(), client({ seed: "another" })];
    const target = server();
    target.receive(other.flush());
    ours.receive(target.flush());
    expect(ours.channel.failure?.code).toBe("bad_challenge");
    expect(ours.has("peerKey")).toBe(false);
  });
});

describe("a forged hint", () => {
  it("HS-012 HS-014: makes no client speak another version: it fails, and the next begins alike", () => {
    for (const [version, suite] of [
      [0, 1],
      [2, 1],
      [1, 2],
    ] as const) {
      const ours = client();
      ours.flush();
      ours.receive(header.with(4, version).with(5, suite)).do(ours.channel.transportEnded());
      expect(ours.channel.failure?.reason).toMatchObject({ code: "hint", same: false });
      expect(joined(ours.wire)).toHaveLength(88);
      expect(() => ours.channel.start()).toThrow();
      expect(client({ seed: "the next" }).flush().slice(0, 8)).toEqual(header);
    }
  });
});

describe("words before the keys", () => {
  it("HS-098 HS-099: a Verdict under a key that anybody has is none", () => {
    const keys = { zeros: new Uint8Array(32), public: serverKey.publicKey };
    for (const key of Object.values(keys)) {
      const target = client();
      rawServer(target);
      target.receive(sealed(new CipherState(primitives, key), plaintext(2, 0, nothing, 253)));
      expect(target.channel.failure?.reason).toEqual({ code: "bad_record", check: "cipher" });
      expect(target.has("open")).toBe(false);
    }
    const honest = client();
    honest.receive(sealed(rawServer(honest).verdict, plaintext(2, 0, nothing, 253)));
    expect(honest.channel.state).toBe("Open");
  });

  it("HS-065 HS-103: what is put behind a Challenge is no Verdict, and no data", () => {
    const ours = client();
    const own = { keyHolder: serverKey, publicKey: serverKey.publicKey };
    const handshake = new ServerHandshake(
      { primitives, randomBytes: seededBytes("raw server"), ownKeys: [own] },
      ours.flush(),
    );
    handshake.openRoute(own, serverKey.dh(handshake.peerEphemeral) as Uint8Array);
    const challenge = have(handshake.writeChallenge(own, 0));
    const injected = joined([Uint8Array.of(0, 19, 0, 0, 1), new Uint8Array(16).fill(0x41)]);
    ours.receive(joined([challenge, injected]));
    expect(ours.channel.failure?.reason).toEqual({ code: "bad_record", check: "cipher" });
    expect(delivered(ours)).toHaveLength(0);
  });

  it("HS-066: what is put behind a refusing Challenge changes nothing about it", () => {
    const reasons = [nothing, Uint8Array.of(0, 1), new Uint8Array(500)].map((suffix) => {
      const ours = client();
      ours.receive(joined([challengeFor(ours.flush(), serverKey, 9), suffix]));
      expect(joined(ours.wire)).toHaveLength(88);
      return ours.channel.failure?.reason;
    });
    expect(reasons[0]).toMatchObject({ code: "refused", by: "server", alert: 9 });
    expect(reasons).toEqual([reasons[0], reasons[0], reasons[0]]);
  });
});
