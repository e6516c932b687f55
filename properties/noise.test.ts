/**
 * The core's Noise against one that nobody here wrote: `noise-handshake`, which speaks the very same suite. Keys and
 * payloads are random; every message, the handshake hash and the transport keys have to be the same.
 */
import { fc, test } from "@fast-check/vitest";
import NoiseState from "noise-handshake";
import { describe, expect, it } from "vitest";
import { Ephemeral } from "../src/protocol/noise/ephemeral.ts";
import { HandshakeState } from "../src/protocol/noise/handshake-state.ts";
import { XX } from "../src/protocol/noise/patterns.ts";
import { primitives } from "./model/pair.ts";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const payload = fc.uint8Array({ maxLength: 100 });
const pairOf = (secretKey: Uint8Array) => ({
  secretKey: Buffer.from(secretKey),
  publicKey: Buffer.from(primitives.x25519PublicKey(secretKey)),
});
const copy = (bytes: Uint8Array | null) => Uint8Array.from(bytes ?? []);
const dh = (secretKey: Uint8Array, publicKey: Uint8Array | undefined) =>
  primitives.x25519(secretKey, publicKey ?? new Uint8Array(32)) ?? new Uint8Array(32);
const bytesOf = (result: ReturnType<HandshakeState["writeMessage"]>) =>
  "bytes" in result ? result.bytes : result.fault;

function state(
  initiator: boolean,
  secretKey: Uint8Array,
  e: Uint8Array,
  prologue: Uint8Array,
): HandshakeState {
  const s = primitives.x25519PublicKey(secretKey);
  return new HandshakeState({
    primitives,
    pattern: XX,
    initiator,
    prologue,
    s,
    e: new Ephemeral(primitives, e),
  });
}

// The steps of the Hello, the Challenge and the Response, of either end: a step left out or changed is another message.
describe("Noise XX: HS-027 HS-028 HS-033 HS-034 HS-039 HS-040 HS-041 HS-042 HS-043 HS-050 HS-051 HS-052 HS-053 HS-054 HS-070 HS-071 HS-072 HS-076 HS-077 HS-078", () => {
  test.prop([fc.tuple(key, key, key, key), fc.tuple(payload, payload, payload), payload])(
    "HS-024 HS-032 HS-105 NO-013 NO-016 NO-017 NO-018 NO-024: either side of it agrees with noise-handshake",
    ([clientS, clientE, serverS, serverE], [first, second, third], prologue) => {
      const peer = new NoiseState("XX", false, pairOf(serverS));
      peer.initialise(Buffer.from(prologue));
      peer.e = pairOf(serverE);
      const client = state(true, clientS, clientE, prologue);
      expect(copy(peer.recv(Buffer.from(copy(bytesOf(client.writeMessage(first)) as Uint8Array))))).toEqual(
        first,
      );
      const challenge = copy(peer.send(Buffer.from(second)));

      const server = state(false, serverS, serverE, prologue);
      const hello = bytesOf(state(true, clientS, clientE, prologue).writeMessage(first)) as Uint8Array;
      expect(bytesOf(server.readMessage(hello))).toEqual(first);
      expect(bytesOf(server.writeMessage(second, dh(serverS, server.remoteEphemeral)))).toEqual(challenge);

      expect(bytesOf(client.readMessage(challenge))).toEqual(second);
      const response = bytesOf(client.writeMessage(third, dh(clientS, client.remoteEphemeral))) as Uint8Array;
      expect(copy(peer.recv(Buffer.from(response)))).toEqual(third);
      expect(bytesOf(server.readMessage(response))).toEqual(third);

      expect(client.getHandshakeHash()).toEqual(copy(peer.hash));
      expect(server.getHandshakeHash()).toEqual(copy(peer.hash));
      expect(server.remoteStatic).toEqual(primitives.x25519PublicKey(clientS));
      const message = Uint8Array.of(1, 2, 3);
      const none = new Uint8Array(0);
      for (const [cipher, raw] of [
        [client.split()[0], copy(peer.rx)],
        [server.split()[1], copy(peer.tx)],
      ] as const) {
        const sealed = new Uint8Array(19);
        primitives.seal(raw, new Uint8Array(12), none, message, sealed);
        expect(cipher.encryptWithAd(none, message)).toEqual(sealed);
      }
    },
  );

  it("a state gives no keys before its last message, and takes none after it", () => {
    const client = state(true, new Uint8Array(32).fill(1), new Uint8Array(32).fill(2), new Uint8Array(0));
    expect(() => client.split()).toThrow(/not over/);
  });
});
