/** Why: what both ends of the handshake are handed and make on the way has to be gone when they are done with it. */
import { describe, expect, it } from "vitest";
import { loadPrimitives, type Primitives } from "../../crypto/index.ts";
import type { OwnKey } from "../key-holder.ts";
import { UsageError } from "../usage-error.ts";
import { ClientHandshake, type ClientHandshakeOptions } from "./client.ts";
import { ServerHandshake } from "./server.ts";

const primitives = await loadPrimitives();
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);
const zeros = filled(32, 0);

function keyOf(value: number): OwnKey {
  const secret = filled(32, value);
  const publicKey = primitives.x25519PublicKey(secret);
  return { publicKey, keyHolder: { publicKey, dh: (peer) => primitives.x25519(secret, peer) } };
}

function dh({ keyHolder }: OwnKey, publicKey: Uint8Array): Uint8Array {
  const output = keyHolder.dh(publicKey);
  if (!(output instanceof Uint8Array)) throw new Error("an honest key's DH is there at once");
  return output;
}

const [clientKey, serverKey, newerKey, viaKey, strangersKey] = [1, 2, 3, 4, 5].map(keyOf) as [
  OwnKey,
  OwnKey,
  OwnKey,
  OwnKey,
  OwnKey,
];

function client(more: Partial<ClientHandshakeOptions> = {}) {
  const random: Uint8Array[] = [];
  const make = () =>
    new ClientHandshake({
      primitives,
      randomBytes(length) {
        const bytes = filled(length, 40 + random.length);
        random.push(bytes);
        return bytes;
      },
      publicKey: clientKey.publicKey,
      serverKey: serverKey.publicKey,
      via: undefined,
      context: filled(32, 0),
      ...more,
    });
  return { random, make };
}

function server(hello: Uint8Array, ownKeys: readonly OwnKey[] = [serverKey], own: Primitives = primitives) {
  const random: Uint8Array[] = [];
  const handshake = new ServerHandshake(
    {
      primitives: own,
      ownKeys,
      randomBytes(length) {
        const bytes = filled(length, 70);
        random.push(bytes);
        return bytes;
      },
    },
    hello,
  );
  return { random, handshake };
}

/** The server's answer to a Hello, once it has made all the DHs that it asks for. */
function routed(handshake: ServerHandshake, first: OwnKey) {
  const asked = [first];
  let progress = handshake.openRoute(first, dh(first, handshake.peerEphemeral));
  while ("need" in progress) {
    asked.push(progress.need);
    progress = handshake.openRoute(progress.need, dh(progress.need, handshake.peerEphemeral));
  }
  return { asked, progress };
}

describe("a client", () => {
  it("SC-041: wipes its ephemeral key's bytes once the Hello is made, and where none could be", () => {
    const good = client();
    expect(good.make().hello).toHaveLength(88);
    expect(good.random).toEqual([zeros]);
    const refused = client({ serverKey: zeros });
    expect(refused.make).toThrow(UsageError);
    expect(refused.random).toEqual([zeros]);
  });

  it("HS-019: says which of its keys is of low order", () => {
    expect(client({ serverKey: zeros }).make).toThrow(/^serverKey is no key/);
    expect(client({ via: zeros }).make).toThrow(/^via is no key/);
    expect(client({ serverKey: zeros, via: viaKey.publicKey }).make).toThrow(/^serverKey is no key/);
  });

  it("wipes the DH that it makes to judge a server's key behind a middlebox, once it needs it no more", () => {
    const outputs: Uint8Array[] = [];
    const noting: Primitives = {
      ...primitives,
      x25519(secretKey, publicKey) {
        const output = primitives.x25519(secretKey, publicKey);
        if (output !== undefined) outputs.push(output);
        return output;
      },
    };
    const made = client({ primitives: noting, via: viaKey.publicKey }).make();
    expect(outputs).toHaveLength(2);
    expect(outputs[0]).not.toEqual(zeros); // It is `es` as well.
    expect(outputs[1]).toEqual(zeros);
    made.wipe();
    expect(outputs[0]).toEqual(zeros);
  });

  it("RT-007: has a random route for a server whose key it does not know", () => {
    const { make, random } = client({ serverKey: undefined });
    expect(make().hello.subarray(40)).toEqual(filled(48, 41));
    expect(random.map((bytes) => bytes.length)).toEqual([32, 48]);
  });

  it("knows the peer's ephemeral key when it has read the Challenge", () => {
    expect(() => client().make().peerEphemeral).toThrow("the Challenge has not been read");
  });

  it.each<[string, OwnKey, Partial<ClientHandshakeOptions>, number, object]>([
    ["the server's, code 0", serverKey, {}, 0, { verdict: "accepted" }],
    ["the server's, with a code", serverKey, {}, 9, { verdict: "refused", code: 9 }],
    ["another's", strangersKey, {}, 0, { verdict: "mismatch" }],
    ["another's, with a code", strangersKey, {}, 9, { verdict: "mismatch" }],
    ["the middlebox's, code 0", viaKey, { via: viaKey.publicKey }, 0, { verdict: "mismatch" }],
    ["the middlebox's, with a code", viaKey, { via: viaKey.publicKey }, 9, { verdict: "middlebox", code: 9 }],
    ["another's, via", strangersKey, { via: viaKey.publicKey }, 9, { verdict: "mismatch" }],
    ["first use, code 0", serverKey, { serverKey: undefined }, 0, { verdict: "firstUse" }],
    [
      "first use, with a code",
      serverKey,
      { serverKey: undefined },
      9,
      { verdict: "refusedFirstUse", code: 9 },
    ],
  ])("judges a Challenge by its key and its code: %s", (_, key, more, code, judgement) => {
    const end = client(more).make();
    const { handshake } = server(end.hello, [key]);
    routed(handshake, key);
    const challenge = handshake.writeChallenge(key, code);
    expect(challenge && end.readChallenge(challenge)).toEqual({ ...judgement, serverKey: key.publicKey });
  });

  it("HS-055: a Challenge that is altered says nothing", () => {
    const end = client().make();
    const { handshake } = server(end.hello);
    routed(handshake, serverKey);
    const challenge = handshake.writeChallenge(serverKey, 0);
    expect(challenge).toHaveLength(98);
    expect(challenge && end.readChallenge(challenge.with(97, (challenge[97] ?? 0) ^ 1))).toEqual({
      verdict: "bad",
      fault: "unauthentic",
    });
    expect(client().make().readChallenge(filled(98, 0))).toEqual({ verdict: "bad", fault: "zero" });
  });

  it("is over when it is wiped", () => {
    const end = client().make();
    end.wipe();
    expect(() => end.verdictCipher()).toThrow(/wiped/);
  });
});

describe("a server", () => {
  const hello = (more?: Partial<ClientHandshakeOptions>) => client(more).make().hello;

  it("opens the route with the newest key that does, and asks for no DH beyond it", () => {
    const keys = [newerKey, serverKey, strangersKey];
    const { asked, progress } = routed(server(hello(), keys).handshake, newerKey);
    expect(asked).toEqual([newerKey, serverKey]);
    expect(progress).toEqual({ route: "own", answerWith: serverKey });
  });

  it("RT-016: serves an own key that another own key's route names, once it has its DH", () => {
    const named = hello({ via: newerKey.publicKey });
    const { asked, progress } = routed(
      server(named, [newerKey, strangersKey, serverKey]).handshake,
      newerKey,
    );
    expect(asked).toEqual([newerKey, serverKey]);
    expect(progress).toEqual({ route: "own", answerWith: serverKey });
  });

  it("passes on what another key is named in, and answers with the one that opened it", () => {
    const named = hello({ via: newerKey.publicKey });
    const { progress } = routed(server(named, [strangersKey, newerKey]).handshake, strangersKey);
    expect(progress).toEqual({ route: "other", answerWith: newerKey, serverKey: serverKey.publicKey });
  });

  it("answers a route that no key opens with the newest", () => {
    const { asked, progress } = routed(server(hello(), [newerKey, strangersKey]).handshake, newerKey);
    expect(asked).toEqual([newerKey, strangersKey]);
    expect(progress).toEqual({ route: "unopened", answerWith: newerKey });
    expect(server(hello(), [newerKey, serverKey]).handshake.newestKey).toBe(newerKey);
    expect(() => server(hello(), []).handshake.newestKey).toThrow("a server has a key");
  });

  it.each([undefined, zeros])("HS-036: a DH of zeros, handed in as %j, ends it", (output) => {
    expect(server(hello()).handshake.openRoute(serverKey, output)).toEqual({ fault: "zero" });
  });

  it("has copies of the DHs that it was handed, and wipes those with the Challenge and at the end", () => {
    const wiped: Uint8Array[] = [];
    const noting: Primitives = { ...primitives, wipe: (bytes) => void wiped.push(bytes.slice()) };
    const has = (output: Uint8Array) => wiped.some((bytes) => Buffer.compare(bytes, output) === 0);
    for (const finish of [
      (handshake: ServerHandshake) => void handshake.writeChallenge(serverKey, 0),
      (handshake: ServerHandshake) => handshake.wipe(),
    ]) {
      const { handshake } = server(hello(), [serverKey], noting);
      const output = dh(serverKey, handshake.peerEphemeral);
      const kept = output.slice();
      handshake.openRoute(serverKey, output);
      wiped.length = 0;
      finish(handshake);
      expect(has(kept)).toBe(true);
      expect(output).toEqual(kept);
      wiped.length = 0;
      handshake.wipe();
      expect(has(kept)).toBe(false);
    }
  });

  it("wipes its ephemeral key's bytes once the Challenge is made", () => {
    const { handshake, random } = server(hello());
    routed(handshake, serverKey);
    handshake.writeChallenge(serverKey, 0);
    expect(random).toEqual([zeros]);
  });

  it("has no Challenge for an ephemeral key of low order", () => {
    const altered = hello();
    altered.fill(0, 8, 40);
    const { handshake } = server(altered);
    expect(handshake.writeChallenge(serverKey, 0)).toBeUndefined();
  });

  it("has nothing to say of a Response before its Challenge, nor once it is wiped", () => {
    const { handshake } = server(hello());
    expect(() => handshake.readResponse(filled(96, 0))).toThrow("no Challenge has been made");
    expect(() => handshake.verdictCipher()).toThrow("no Challenge has been made");
    expect(() => handshake.finish()).toThrow("no Challenge has been made");
    handshake.wipe();
    routed(handshake, serverKey);
    handshake.writeChallenge(serverKey, 0);
    handshake.wipe();
    expect(() => handshake.verdictCipher()).toThrow(/wiped/);
  });
});

describe("both", () => {
  function challenged() {
    const end = client({ context: filled(32, 9) }).make();
    const { handshake } = server(end.hello);
    routed(handshake, serverKey);
    const challenge = handshake.writeChallenge(serverKey, 0);
    if (challenge !== undefined) end.readChallenge(challenge);
    return { end, handshake };
  }

  it("HS-085: the server learns the client's key and context, whole or not at all", () => {
    const { end, handshake } = challenged();
    const response = end.writeResponse(dh(clientKey, end.peerEphemeral));
    expect(response).toHaveLength(96);
    expect(response && handshake.readResponse(response)).toEqual({
      clientKey: clientKey.publicKey,
      context: filled(32, 9),
    });
  });

  it("HS-079: the server learns nothing of a Response that is altered", () => {
    for (const at of [0, 95]) {
      const { end, handshake } = challenged();
      const response = end.writeResponse(dh(clientKey, end.peerEphemeral));
      expect(response && handshake.readResponse(response.with(at, (response[at] ?? 0) ^ 1))).toEqual({
        fault: "unauthentic",
      });
    }
  });

  it("the client has no Response where its long-term key's DH is zeros", () => {
    expect(challenged().end.writeResponse(zeros)).toBeUndefined();
  });

  it("HS-090: have one key for the Verdict, and after it one session", () => {
    const { end, handshake } = challenged();
    const [own, peers] = [end.verdictCipher(), handshake.verdictCipher()];
    const none = new Uint8Array(0);
    expect(own.decryptWithAd(none, peers.encryptWithAd(none, filled(3, 1)))).toEqual(filled(3, 1));
    const response = end.writeResponse(dh(clientKey, end.peerEphemeral));
    if (response !== undefined) handshake.readResponse(response);
    expect(end.finish().channelBinding).toEqual(handshake.finish().channelBinding);
  });
});
