import { describe, expect, it } from "vitest";
import { loadPrimitives } from "../../crypto/index.ts";
import { Ephemeral } from "./ephemeral.ts";
import { HandshakeState, type HandshakeStateOptions } from "./handshake-state.ts";
import { N, XX } from "./patterns.ts";
import { SymmetricState } from "./symmetric-state.ts";

const primitives = await loadPrimitives();
const none = new Uint8Array(0);
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);
const secret = filled(32, 3);
const publicKey = primitives.x25519PublicKey(secret);
const zeros = filled(32, 0);

function state(options: Partial<HandshakeStateOptions>): HandshakeState {
  return new HandshakeState({
    primitives,
    pattern: XX,
    initiator: true,
    prologue: none,
    e: new Ephemeral(primitives, filled(32, 5)),
    ...options,
  });
}

function written(result: ReturnType<HandshakeState["writeMessage"]>): Uint8Array {
  if ("fault" in result) throw new Error(result.fault);
  return result.bytes;
}

describe("NO-010: a DH output of zeros", () => {
  const withLowOrder = () => {
    const server = state({ initiator: false, s: publicKey });
    // The first message of XX is the ephemeral key: a point of low order, which hides nothing.
    expect(server.readMessage(zeros)).toEqual({ bytes: none });
    return server;
  };

  it("of the own ephemeral key ends a message that is written", () => {
    expect(withLowOrder().writeMessage(none, filled(32, 1))).toEqual({ fault: "zero" });
  });

  it("of the own ephemeral key ends a message that is read", () => {
    const client = state({});
    client.writeMessage(none);
    expect(client.readMessage(filled(98, 0))).toEqual({ fault: "zero" });
  });

  it.each([undefined, zeros])(
    "of the static key, handed in as %j, ends it too, or is missing",
    (staticDh) => {
      const server = state({ initiator: false, s: publicKey });
      server.readMessage(primitives.x25519PublicKey(filled(32, 6)));
      if (staticDh === undefined) {
        expect(() => server.writeMessage(none)).toThrow("the static key's DH is missing");
      } else {
        expect(server.writeMessage(none, staticDh)).toEqual({ fault: "zero" });
      }
    },
  );
});

describe("a message that does not authenticate", () => {
  function challenge(): { client: HandshakeState; message: Uint8Array } {
    const client = state({});
    const server = state({ initiator: false, s: publicKey, e: new Ephemeral(primitives, filled(32, 6)) });
    server.readMessage(written(client.writeMessage(none)));
    const ephemeral = server.remoteEphemeral;
    const dh = ephemeral && primitives.x25519(secret, ephemeral);
    return { client, message: written(server.writeMessage(Uint8Array.of(7), dh)) };
  }

  it("is read where nothing is altered", () => {
    const { client, message } = challenge();
    expect(client.readMessage(message)).toEqual({ bytes: Uint8Array.of(7) });
    expect(client.remoteStatic).toEqual(publicKey);
    expect(client.remoteEphemeral).toEqual(primitives.x25519PublicKey(filled(32, 6)));
  });

  it.each([
    ["static key", 32, false],
    ["payload", 80, true],
  ])("by its %s is none", (_, at, keyKnown) => {
    const { client, message } = challenge();
    message[at] = (message[at] ?? 0) ^ 1;
    expect(client.readMessage(message)).toEqual({ fault: "unauthentic" });
    expect(client.remoteStatic !== undefined).toBe(keyKnown);
  });
});

it.each([0, 1, 447, 448, 449, 1_000])(
  "the handshake hash takes in data of any length: %i bytes",
  (length) => {
    const symmetric = new SymmetricState(primitives, "Noise_XX_25519_ChaChaPoly_BLAKE2b");
    const before = symmetric.getHandshakeHash();
    symmetric.mixHash(filled(length, 7));
    const both = new Uint8Array(64 + length).fill(7);
    both.set(before);
    expect(symmetric.getHandshakeHash()).toEqual(primitives.blake2b(both));
  },
);

it("what does not authenticate is no part of the handshake hash", () => {
  const symmetric = new SymmetricState(primitives, "Noise_XX_25519_ChaChaPoly_BLAKE2b");
  symmetric.mixKey(filled(32, 1));
  const hash = symmetric.getHandshakeHash();
  expect(symmetric.decryptAndHash(filled(20, 0))).toBeUndefined();
  expect(symmetric.getHandshakeHash()).toEqual(hash);
});

describe("the responder's static key, known beforehand", () => {
  it.each([true, false])("goes into the hash and has to be there: initiator %s", (initiator) => {
    expect(() => state({ pattern: N, initiator })).toThrow("the responder's static key is missing");
    const own = (key: Uint8Array) =>
      state({ pattern: N, initiator, ...(initiator ? { rs: key } : { s: key }) }).getHandshakeHash();
    expect(own(publicKey)).not.toEqual(own(zeros));
  });

  it("is not asked for by XX", () => {
    const hash = state({}).getHandshakeHash();
    expect(state({ s: publicKey, rs: publicKey }).getHandshakeHash()).toEqual(hash);
    expect(state({ prologue: Uint8Array.of(0) }).getHandshakeHash()).not.toEqual(hash);
  });
});
