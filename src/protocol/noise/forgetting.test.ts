/**
 * Why: what Noise derives on its way to the transport keys gives those keys away. The primitives here note every array
 * that passes through them, so that it can be seen which are zeros again, and when.
 */
import { describe, expect, it } from "vitest";
import { loadPrimitives, type Primitives } from "../../crypto/index.ts";
import { CipherState } from "./cipher-state.ts";
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
    blake2b(input) {
      const hash = real.blake2b(input);
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
    const [first, second] = hkdf(primitives, filled(64, 1), filled(32, 2));
    expect(hashInputs.every(isForgotten)).toBe(true);
    expect(hashes.filter((hash) => !isForgotten(hash))).toEqual([first, second]);
  });

  it("a key may be as long as a block", () => {
    expect(hmac(real, filled(128, 1), none)).toHaveLength(64);
  });
});

describe("a CipherState", () => {
  it("wipes its key, and the one before it when it is given another", () => {
    const { primitives, keys } = noting();
    const given = filled(32, 1);
    const cipher = new CipherState(primitives, given);
    cipher.encryptWithAd(none, none);
    expect(isForgotten(keys[0])).toBe(false);
    cipher.initializeKey(filled(32, 2));
    expect(isForgotten(keys[0])).toBe(true);
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
    state.mixKey(filled(32, 2));
    expect(isForgotten(ck)).toBe(true);
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
    const e = filled(32, 5);
    const client = new HandshakeState({
      ...common,
      initiator: true,
      s: real.x25519PublicKey(clientSecret),
      e,
    });
    const server = new HandshakeState({
      ...common,
      initiator: false,
      s: real.x25519PublicKey(serverSecret),
      e: filled(32, 6),
    });
    return { ...noted, client, server, e };
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

  it("keeps a copy of its ephemeral key, and wipes that", () => {
    const { client, e } = ends();
    e.fill(0);
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

  it("HS-074 HS-080: wipes its ephemeral key with the rest", () => {
    const secrets: Uint8Array[] = [];
    const primitives: Primitives = {
      ...real,
      x25519PublicKey(secretKey) {
        secrets.push(secretKey);
        return real.x25519PublicKey(secretKey);
      },
    };
    const state = new HandshakeState({
      primitives,
      pattern: XX,
      initiator: true,
      prologue: none,
      e: filled(32, 5),
    });
    state.writeMessage(none);
    expect(secrets.map(isForgotten)).toEqual([false]);
    state.wipe();
    expect(secrets.map(isForgotten)).toEqual([true]);
  });

  it("can be wiped without an ephemeral key", () => {
    const state = new HandshakeState({ primitives: real, pattern: XX, initiator: false, prologue: none });
    state.wipe();
    expect(() => state.deriveSecret("label")).toThrow(/wiped/);
  });
});
