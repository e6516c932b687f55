/**
 * The reference is what others are held against, so it is itself held against things that nobody here wrote: the
 * RFCs' vectors, OpenSSL's own HMAC, and another implementation of the very same Noise suite.
 */
import { createHmac } from "node:crypto";
import { fc, test } from "@fast-check/vitest";
import NoiseState from "noise-handshake";
import { describe, expect, it } from "vitest";
import { runs } from "../seed.ts";
import * as messages from "./messages.ts";
import type { Symmetric } from "./noise.ts";
import { rekey } from "./noise.ts";
import {
  ascii,
  blake2b,
  concat,
  dh,
  fromHex,
  hkdf,
  hmac,
  open,
  publicOf,
  seal,
  sealWith,
  toHex,
  zeros,
} from "./primitives.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const secret = bytes(32);
const copy = (value: Uint8Array | null) => new Uint8Array(value ?? []);
const pair = (raw: Uint8Array) => ({ secretKey: Buffer.from(raw), publicKey: Buffer.from(publicOf(raw)) });

/** Encodings of points of low order, or above the field's prime: all give an all-zero output. */
const lowOrder = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
  `${"00".repeat(31)}80`,
];

describe("the reference's primitives", () => {
  it("X25519 agrees with RFC 7748 §5.2 and §6.1", () => {
    const scalar1 = fromHex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    const u1 = fromHex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c");
    expect(toHex(copy(dh(scalar1, u1)))).toBe(
      "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    );
    const scalar2 = fromHex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d");
    const u2 = fromHex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493");
    expect(toHex(copy(dh(scalar2, u2)))).toBe(
      "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    );
    const bob = fromHex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    const alice = fromHex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    expect(toHex(publicOf(bob))).toBe("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    expect(toHex(copy(dh(bob, alice)))).toBe(
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    );
  });

  it.each(lowOrder)("X25519 with %s is all zeros, and said so", (point) => {
    expect(dh(new Uint8Array(32).fill(7), fromHex(point))).toBeNull();
  });

  it("ChaCha20-Poly1305 agrees with RFC 8439 §2.8.2", () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
    const sealed = sealWith(
      key,
      fromHex("070000004041424344454647"),
      fromHex("50515253c0c1c2c3c4c5c6c7"),
      ascii(
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " +
          "sunscreen would be it.",
      ),
    );
    expect(toHex(sealed)).toBe(
      "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6" +
        "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36" +
        "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc" +
        "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
    );
  });

  test.prop([
    secret,
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.uint8Array(),
    fc.uint8Array(),
    fc.nat(),
  ])("what was sealed opens, and nothing else does", (key, n, ad, plaintext, where) => {
    const sealed = seal(key, n, ad, plaintext);
    expect(open(key, n, ad, sealed)).toEqual(plaintext);
    const flipped = sealed.slice();
    flipped[where % flipped.length]! ^= 1 << (where % 8);
    expect(open(key, n, ad, flipped)).toBeNull();
    expect(open(key, n ^ 1n, ad, sealed)).toBeNull();
    expect(open(key, n, concat(ad, zeros(1)), sealed)).toBeNull();
  });

  it("Noise's nonce is 4 zero bytes and a little-endian counter (rev 34 §12.3)", () => {
    const key = new Uint8Array(32).fill(9);
    const nonce = fromHex("000000000807060504030201");
    expect(seal(key, 0x0102030405060708n, zeros(0), zeros(5))).toEqual(
      sealWith(key, nonce, zeros(0), zeros(5)),
    );
  });

  it("BLAKE2b agrees with RFC 7693, appendix A", () => {
    expect(toHex(blake2b(ascii("abc")))).toBe(
      "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1" +
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
    );
  });

  test.prop([fc.uint8Array({ maxLength: 200 }), fc.uint8Array()])(
    "HMAC written out agrees with OpenSSL's, for keys on both sides of the block length",
    (key, data) => {
      expect(toHex(hmac(key, data))).toBe(createHmac("blake2b512", key).update(data).digest("hex"));
    },
  );

  test.prop([secret])("REKEY is the key stream's second block at the largest nonce (rev 34 §4.2)", (key) => {
    // 64 zero bytes give the same first half: the plaintext's length changes nothing in a stream cipher.
    expect(rekey(key)).toEqual(seal(key, 2n ** 64n - 1n, zeros(0), zeros(64)).slice(0, 32));
  });
});

describe("the reference's Noise", () => {
  /** One handshake by the reference, both ends; every DH of random keys is other than zero. */
  function reference(keys: readonly Uint8Array[], route: Uint8Array, code: number, context: Uint8Array) {
    const [es, ee, ss, se] = keys as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const first = messages.hello(ee, messages.makeHeader(), { random48: route });
    if (first === "zero") throw new Error("zero");
    const second = messages.challenge(first.bytes, se, ss, code);
    if (second === "zero") throw new Error("zero");
    const read = messages.readChallenge(first.bytes, ee, second.bytes);
    if (read === "bad") throw new Error("bad");
    const third = messages.response(read.state, es, read.serverE, context);
    const end = messages.readResponse(second.state, se, third.bytes);
    if (end === "bad") throw new Error("bad");
    return { first, second, read, third, end };
  }

  const handshake = [
    fc.tuple(secret, secret, secret, secret),
    bytes(48),
    fc.integer({ min: 0, max: 0xffff }),
    bytes(32),
  ] as const;

  test.prop([...handshake], { numRuns: runs(60) })(
    "messages, h, ck, k, n and split keys equal noise-handshake's for Noise_XX_25519_ChaChaPoly_BLAKE2b",
    (keys, route, code, context) => {
      const ours = reference(keys, route, code, context);
      const [clientStatic, clientE, serverStatic, serverE] = keys;
      const header = Buffer.from(messages.makeHeader());
      const client = new NoiseState("XX", true, pair(clientStatic));
      const server = new NoiseState("XX", false, pair(serverStatic));
      client.initialise(header);
      client.e = pair(clientE);
      server.initialise(header);
      server.e = pair(serverE);
      const expectState = (theirs: NoiseState, state: Symmetric) => {
        expect(copy(theirs.digest)).toEqual(state.h);
        expect(copy(theirs.chainingKey)).toEqual(state.ck);
        expect(copy(theirs.key)).toEqual(copy(state.k));
        expect(BigInt(theirs.nonce)).toBe(state.n);
      };

      const hello = copy(client.send(Buffer.from(route)));
      expect(hello).toEqual(ours.first.bytes.slice(8));
      expect(copy(server.recv(Buffer.from(hello)))).toEqual(route);
      expectState(server, ours.first.state);

      const challenge = copy(server.send(Buffer.from(messages.encodeCode(code))));
      expect(challenge).toEqual(ours.second.bytes);
      client.recv(Buffer.from(challenge));
      expectState(client, ours.second.state);
      expectState(server, ours.read.state);
      expect(copy(client.rs)).toEqual(ours.read.serverKey);

      const response = copy(client.send(Buffer.from(context)));
      expect(response).toEqual(ours.third.bytes);
      expect(copy(server.recv(Buffer.from(response)))).toEqual(ours.end.context);
      const split = messages.transportKeys(ours.third.state);
      expect(copy(client.hash)).toEqual(ours.third.state.h);
      expect(copy(server.hash)).toEqual(ours.end.state.h);
      expect([copy(client.tx), copy(client.rx)]).toEqual([split.client, split.server]);
      expect([copy(server.rx), copy(server.tx)]).toEqual([split.client, split.server]);
    },
  );

  // XK's first message is `-> e, es` after the pre-message `<- s`, which is all of N: only the name differs.
  test.prop([secret, secret, bytes(32)], { numRuns: runs(60) })(
    "a route equals the one message of Noise_N_25519_ChaChaPoly_BLAKE2b, made by noise-handshake",
    (clientE, via, serverKey) => {
      // A random server key is used as a point as well: it may be any 32 bytes that are not of low order.
      const named = publicOf(serverKey);
      const ours = messages.hello(clientE, messages.makeHeader(), { serverKey: named, via: publicOf(via) });
      if (ours === "zero") throw new Error("zero");
      const theirs = new NoiseState("XK", true, pair(clientE));
      theirs.protocol = Buffer.from("Noise_N_25519_ChaChaPoly_BLAKE2b");
      theirs.initialise(
        Buffer.concat([Buffer.from("hawser route"), messages.makeHeader()]),
        Buffer.from(publicOf(via)),
      );
      theirs.e = pair(clientE);
      const message = copy(theirs.send(Buffer.from(named)));
      expect(message).toEqual(ours.bytes.slice(8));
      expect(copy(theirs.digest)).toEqual(ours.routeTrace.at(-1)?.h);
      expect(messages.openRoute(ours.bytes, via)).toEqual({ named });
      expect(messages.openRoute(ours.bytes, clientE)).toBe("shut");
    },
  );

  test.prop([...handshake], { numRuns: runs(20) })(
    "both ends of the reference agree",
    (keys, route, code, context) => {
      const { second, read, third, end } = reference(keys, route, code, context);
      expect(read).toMatchObject({ serverKey: publicOf(keys[2]), code, state: second.state });
      expect(end).toEqual({ clientKey: publicOf(keys[0]), context, state: third.state });
      expect(second.trace.at(-1)).toMatchObject(second.state);
      expect(third.trace.map(({ token }) => token)).toEqual(["s", "se", "payload"]);
    },
  );

  test.prop([...handshake], { numRuns: runs(20) })(
    "verdict key and exporter are HKDF outputs of the state they are bound to, cut as the text says",
    (keys, route, code, context) => {
      const { second, third } = reference(keys, route, code, context);
      const prk = (state: Symmetric, label: string) =>
        createHmac("blake2b512", state.ck).update(label).update(state.h).digest();
      const out1 = (key: Uint8Array) => createHmac("blake2b512", key).update(Uint8Array.of(1)).digest("hex");
      expect(toHex(messages.verdictKey(second.state))).toBe(
        out1(prk(second.state, "hawser/1 verdict")).slice(0, 64),
      );
      const x = messages.exporterSecret(third.state);
      expect(toHex(x)).toBe(out1(prk(third.state, "hawser/1 exporter")));
      expect(toHex(messages.exportKey(x, ascii("ab"), ascii("cde"), 33))).toBe(
        createHmac("blake2b512", x).update("\0\x02ab\0\x03cde", "latin1").digest("hex").slice(0, 66),
      );
      for (const length of [0, 65, 1.5]) {
        expect(() => messages.exportKey(x, zeros(0), zeros(0), length)).toThrow(RangeError);
      }
    },
  );

  it.each(lowOrder)("a point of low order (%s) is found wherever a peer may put one", (hex) => {
    const point = fromHex(hex);
    const [clientStatic, clientE, serverStatic, serverE] = [1, 2, 3, 4].map((b) =>
      new Uint8Array(32).fill(b),
    ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const key = publicOf(serverStatic);
    const header = messages.makeHeader();
    expect(messages.hello(clientE, header, { serverKey: point, via: key })).toBe("zero");
    expect(messages.hello(clientE, header, { serverKey: key, via: point })).toBe("zero");
    const hello = messages.hello(clientE, header, { serverKey: key, via: key });
    if (hello === "zero") throw new Error("zero");
    const hostile = concat(header, point, zeros(48));
    expect(messages.openRoute(hostile, serverStatic)).toBe("zero");
    expect(messages.challenge(hostile, serverE, serverStatic, 0)).toBe("zero");
    expect(messages.readChallenge(hello.bytes, clientE, concat(point, zeros(66)))).toBe("bad");
    const second = messages.challenge(hello.bytes, serverE, serverStatic, 0);
    if (second === "zero") throw new Error("zero");
    const hostileResponse = messages.responseWithKey(second.state, point, zeros(32), zeros(32));
    expect(messages.readResponse(second.state, serverE, hostileResponse)).toBe("bad");
    // The same construction with an honest key and its DH is accepted: it is the zero that is refused.
    const se = copy(dh(clientStatic, publicOf(serverE)));
    const honest = messages.responseWithKey(second.state, publicOf(clientStatic), se, zeros(32));
    expect(messages.readResponse(second.state, serverE, honest)).toMatchObject({ context: zeros(32) });
  });

  it("a context is 32 bytes: printable ASCII, zero-padded, and nothing else is one", () => {
    expect(messages.encodeContext("")).toEqual(zeros(32));
    expect(toHex(messages.encodeContext("ssh"))).toBe(`737368${"00".repeat(29)}`);
    expect(messages.encodeContext("~".repeat(32))).toEqual(new Uint8Array(32).fill(0x7e));
    for (const bad of ["a b", "a\0", "ä", "\x7f", "x".repeat(33)]) {
      expect(() => messages.encodeContext(bad)).toThrow(RangeError);
    }
  });

  it("HKDF's outputs are chained (Noise rev 34 §4.3)", () => {
    const [first, second] = hkdf(zeros(64), ascii("input"));
    const temp = createHmac("blake2b512", zeros(64)).update("input").digest();
    expect(toHex(first)).toBe(createHmac("blake2b512", temp).update("\x01").digest("hex"));
    expect(toHex(second)).toBe(createHmac("blake2b512", temp).update(first).update("\x02").digest("hex"));
  });
});
