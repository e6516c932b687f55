/**
 * Why: what Noise derives on its way to the transport keys gives those keys away. The primitives here note every array
 * that passes through them, so that it can be seen which are zeros again, and when.
 */
import { describe, expect, it } from "vitest";
import { loadPrimitives, type Primitives } from "../../crypto/index.ts";
import { CipherState } from "./cipher-state.ts";
import { Ephemeral } from "./ephemeral.ts";
import { HandshakeState } from "./handshake-state.ts";
import { hkdf, hmac } from "./hkdf.ts";
import { XX } from "./patterns.ts";
import { SymmetricState } from "./symmetric-state.ts";

const real = await loadPrimitives();
const none = new Uint8Array(0);
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);
const isForgotten = (bytes: Uint8Array | undefined) => bytes?.every((byte) => byte === 0);

interface Noted {
  readonly primitives: Primitives;
  readonly hashInputs: Uint8Array[];
  readonly hashes: Uint8Array[];
  readonly keys: Uint8Array[];
  readonly sealed: Uint8Array[];
  readonly outputs: Uint8Array[];
}

function noting(): Noted {
  const noted = { hashInputs: [], hashes: [], keys: [], sealed: [], outputs: [] } as Omit<
    Noted,
    "primitives"
  >;
  const primitives: Primitives = {
    ...real,
    blake2b(input, out) {
      const hash = real.blake2b(input, out);
      noted.hashInputs.push(input);
      noted.hashes.push(hash);
      return hash;
    },
    seal(key, nonce, associatedData, plaintext, out) {
      real.seal(key, nonce, associatedData, plaintext, out);
      noted.keys.push(key);
      noted.sealed.push(out);
    },
    x25519(secretKey, publicKey) {
      const output = real.x25519(secretKey, publicKey);
      if (output !== undefined) noted.outputs.push(output);
      return output;
    },
  };
  return { primitives, ...noted };
}

describe("of HMAC and HKDF", () => {
  it("nothing is left but the result", () => {
    const { primitives, hashInputs, hashes } = noting();
    const mac = hmac(primitives, filled(64, 1), filled(10, 2));
    expect(hashInputs.map(isForgotten)).toEqual([true, true]);
    expect(hashes.map(isForgotten)).toEqual([true, false]);
    expect(mac).toBe(hashes[1]);
  });

  it("nothing is left but the two outputs", () => {
    const { primitives, hashInputs, hashes } = noting();
    const [first, second] = [filled(64, 0), filled(64, 0)];
    hkdf(primitives, filled(64, 1), filled(32, 2), first, second);
    expect(hashInputs.every(isForgotten)).toBe(true);
    const left = hashes.filter((hash) => !isForgotten(hash));
    expect(left).toHaveLength(2);
    expect(left[0]).toBe(first);
    expect(left[1]).toBe(second);
  });

  it("a key may be as long as a block", () => {
    expect(hmac(real, filled(128, 1), none)).toHaveLength(64);
  });
});

describe("a CipherState", () => {
  it("wipes its key, and writes the next over the one before it", () => {
    const { primitives, keys } = noting();
    const given = filled(32, 1);
    const cipher = new CipherState(primitives, given);
    cipher.encryptWithAd(none, none);
    expect(keys[0]).toEqual(filled(32, 1));
    cipher.initializeKey(filled(32, 2));
    expect(keys[0]).toEqual(filled(32, 2));
    expect(cipher.nonce).toBe(0n);
    cipher.encryptWithAd(none, none);
    cipher.wipe();
    expect(isForgotten(keys[1])).toBe(true);
    expect(given).toEqual(filled(32, 1));
  });

  it("wipes what REKEY made its key of, which is the old key's memory still", () => {
    const { primitives, keys, sealed } = noting();
    const cipher = new CipherState(primitives, filled(32, 1));
    cipher.rekey();
    expect(sealed.map(isForgotten)).toEqual([true]);
    expect(keys[0]).not.toEqual(filled(32, 1));
  });

  it("can't rekey without a key", () => {
    expect(() => new CipherState(real).rekey()).toThrow("rekey without a key");
  });
});

describe("a SymmetricState", () => {
  const name = "Noise_XX_25519_ChaChaPoly_BLAKE2b";

  it("forgets the chaining key before each, and the half of HKDF's output that is no key", () => {
    const { primitives, hashes } = noting();
    const state = new SymmetricState(primitives, name);
    state.mixKey(filled(32, 1));
    const [ck, tempK] = [hashes[3], hashes[5]];
    expect([isForgotten(ck), isForgotten(tempK)]).toEqual([false, true]);
    const before = ck?.slice();
    state.mixKey(filled(32, 2));
    expect(hashes[9]).toBe(ck); // in its place
    expect(ck).not.toEqual(before);
  });

  it("forgets what the transport keys were cut from, and what a derived secret is not made of", () => {
    const { primitives, hashes } = noting();
    const state = new SymmetricState(primitives, name);
    state.split();
    expect(hashes.every(isForgotten)).toBe(true);
    hashes.length = 0;
    const secret = state.deriveSecret("label");
    expect(hashes.filter((hash) => !isForgotten(hash))).toEqual([secret]);
  });

  it("forgets the chaining key and the cipher's at the end, and says so to whoever goes on", () => {
    const { primitives, hashes, keys } = noting();
    const state = new SymmetricState(primitives, name);
    state.mixKey(filled(32, 1));
    state.encryptAndHash(none);
    state.wipe();
    expect([isForgotten(hashes[3]), isForgotten(keys[0])]).toEqual([true, true]);
    expect(() => state.mixKey(none)).toThrow(/wiped/);
    expect(() => state.split()).toThrow(/wiped/);
    expect(() => state.deriveSecret("label")).toThrow(/wiped/);
    expect(() => state.encryptAndHash(none)).toThrow(/wiped/);
  });

  it("has a name of at most 64 bytes", () => {
    expect(() => new SymmetricState(real, "x".repeat(65))).toThrow("at most 64 bytes");
    expect([...new SymmetricState(real, "x".repeat(64)).getHandshakeHash()]).toEqual(
      new Array(64).fill(0x78),
    );
  });

  it("wipes no hash with the first chaining key, which has the same bytes", () => {
    const state = new SymmetricState(real, name);
    const hash = state.getHandshakeHash();
    state.mixKey(filled(32, 1));
    expect(state.getHandshakeHash()).toEqual(hash);
  });

  it("gives its hash away as a copy", () => {
    const state = new SymmetricState(real, name);
    state.getHandshakeHash().fill(0);
    expect(isForgotten(state.getHandshakeHash())).toBe(false);
  });
});

describe("a HandshakeState", () => {
  const clientSecret = filled(32, 3);
  const serverSecret = filled(32, 4);

  function ends() {
    const noted = noting();
    const common = { primitives: noted.primitives, pattern: XX, prologue: none };
    const secret = filled(32, 5);
    const client = new HandshakeState({
      ...common,
      initiator: true,
      s: real.x25519PublicKey(clientSecret),
      e: new Ephemeral(noted.primitives, secret),
    });
    const server = new HandshakeState({
      ...common,
      initiator: false,
      s: real.x25519PublicKey(serverSecret),
      e: new Ephemeral(noted.primitives, filled(32, 6)),
    });
    return { ...noted, client, server, secret };
  }

  function dhOf(secret: Uint8Array, publicKey: Uint8Array | undefined): Uint8Array {
    const output = publicKey && real.x25519(secret, publicKey);
    if (output === undefined) throw new Error("an honest key");
    return output;
  }

  function bytesOf(result: ReturnType<HandshakeState["writeMessage"]>): Uint8Array {
    if ("fault" in result) throw new Error(result.fault);
    return result.bytes;
  }

  it("has an ephemeral key of its own, not the array that it was given", () => {
    const { client, secret } = ends();
    secret.fill(0);
    const [first] = [bytesOf(client.writeMessage(none))];
    expect(first).toEqual(real.x25519PublicKey(filled(32, 5)));
  });

  it("wipes the outputs of its own DHs, and leaves those handed in to their owner", () => {
    const { client, server, outputs } = ends();
    server.readMessage(bytesOf(client.writeMessage(none)));
    const dh = dhOf(serverSecret, server.remoteEphemeral);
    const kept = dh.slice();
    client.readMessage(bytesOf(server.writeMessage(none, dh)));
    expect(outputs.length).toBeGreaterThan(0);
    expect(outputs.every(isForgotten)).toBe(true);
    expect(dh).toEqual(kept);
  });

  it("has three messages, and no transport keys before the last nor a message after it", () => {
    const { client, server } = ends();
    server.readMessage(bytesOf(client.writeMessage(none)));
    const serverDh = dhOf(serverSecret, server.remoteEphemeral);
    client.readMessage(bytesOf(server.writeMessage(none, serverDh)));
    expect(() => client.split()).toThrow("the handshake is not over");
    expect(server.remoteStatic).toBeUndefined();
    server.readMessage(bytesOf(client.writeMessage(none, dhOf(clientSecret, client.remoteEphemeral))));
    expect(server.remoteStatic).toEqual(real.x25519PublicKey(clientSecret));
    expect(() => client.writeMessage(none)).toThrow("the handshake is over");
    expect(() => server.readMessage(none)).toThrow("the handshake is over");
    const [toServer] = client.split();
    const [fromClient] = server.split();
    expect(fromClient.decryptWithAd(none, toServer.encryptWithAd(none, filled(3, 7)))).toEqual(filled(3, 7));
    client.wipe();
    expect(() => client.split()).toThrow(/wiped/);
  });

  it("can be wiped without an ephemeral key", () => {
    const state = new HandshakeState({ primitives: real, pattern: XX, initiator: false, prologue: none });
    state.wipe();
    expect(() => state.deriveSecret("label")).toThrow(/wiped/);
  });
});

describe("HS-074 HS-080: an ephemeral key", () => {
  it("is wiped with the DH that it keeps, and computed that once", () => {
    const { primitives, outputs } = noting();
    const secrets: Uint8Array[] = [];
    const serverKey = real.x25519PublicKey(filled(32, 4));
    const e = new Ephemeral(
      {
        ...primitives,
        x25519PublicKey(secretKey) {
          secrets.push(secretKey);
          return real.x25519PublicKey(secretKey);
        },
      },
      filled(32, 5),
    );
    expect(e.keep(serverKey)).toBe(true);
    const expected = real.x25519(filled(32, 5), serverKey);
    expect([e.dh(serverKey), e.dh(serverKey)]).toEqual([expected, expected]);
    expect(outputs).toHaveLength(1);
    expect(e.dh(real.x25519PublicKey(filled(32, 6)))).not.toEqual(expected);
    expect([isForgotten(secrets[0]), isForgotten(outputs[0])]).toEqual([false, false]);
    e.wipe();
    expect([isForgotten(secrets[0]), isForgotten(outputs[0])]).toEqual([true, true]);
  });

  it("keeps nothing of a key of low order", () => {
    expect(new Ephemeral(real, filled(32, 5)).keep(filled(32, 0))).toBe(false);
  });
});
