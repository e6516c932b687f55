import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadPrimitives } from "../../crypto/index.ts";
import { ascii, u16 } from "../bytes.ts";
import { Ephemeral } from "../noise/ephemeral.ts";
import { HandshakeState } from "../noise/handshake-state.ts";
import { XX } from "../noise/patterns.ts";
import { UsageError } from "../usage-error.ts";
import { Exporter, finishHandshake, verdictCipher } from "./session.ts";

const primitives = await loadPrimitives();
const none = new Uint8Array(0);
const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

describe("an exporter", () => {
  const secret = () => filled(64, 7);
  const exporter = () => new Exporter(primitives, secret());

  it("HS-108: is HMAC over label and context, each behind its length, and cut", () => {
    const label = "EXPORTER-test ~";
    const mac = createHmac("blake2b512", secret())
      .update(Uint8Array.of(...u16(label.length), ...ascii(label), ...u16(3), 1, 2, 3))
      .digest();
    expect(exporter().export(label, 64, Uint8Array.of(1, 2, 3))).toEqual(new Uint8Array(mac));
    expect(exporter().export(label, 1, Uint8Array.of(1, 2, 3))).toEqual(new Uint8Array(mac.subarray(0, 1)));
  });

  it("tells label and context apart", () => {
    expect(exporter().export("ab", 32, ascii("c"))).not.toEqual(exporter().export("a", 32, ascii("bc")));
  });

  it.each(["", "x".repeat(65_536), "é", "a\n", "\x1fa", "\x7f"])("refuses the label %#", (label) => {
    expect(() => exporter().export(label, 32, none)).toThrow("an exporter label is");
  });

  it("takes the longest label and context, and nothing longer", () => {
    expect(exporter().export("x".repeat(65_535), 32, filled(65_535, 1))).toHaveLength(32);
    expect(() => exporter().export("x", 32, filled(65_536, 1))).toThrow(
      "an exporter context has at most 65535 bytes",
    );
  });

  it.each([0, -1, 65, 1.5, Number.NaN])("HS-109: refuses %d bytes", (length) => {
    expect(() => exporter().export("x", length, none)).toThrow("an export has 1 to 64 bytes");
  });

  it.each<[label: unknown, context: unknown]>([
    [1, none],
    [undefined, none],
    ["x", "context"],
    ["x", undefined],
  ])("refuses what is no text or no bytes: %j, %j", (label, context) => {
    expect(() => exporter().export(label as string, 32, context as Uint8Array)).toThrow(UsageError);
  });

  it("gives what is the caller's, and leaves the rest of the output to nobody", () => {
    const hashes: Uint8Array[] = [];
    const noting = {
      ...primitives,
      blake2b(input: Uint8Array) {
        const hash = primitives.blake2b(input);
        hashes.push(hash);
        return hash;
      },
    };
    const exported = new Exporter(noting, secret()).export("x", 64, none);
    expect(exported.some((byte) => byte !== 0)).toBe(true);
    expect(hashes.every((hash) => hash.every((byte) => byte === 0))).toBe(true);
  });

  it("HS-107: is over when its secret is wiped", () => {
    const bytes = secret();
    const over = new Exporter(primitives, bytes);
    over.wipe();
    expect(bytes).toEqual(filled(64, 0));
    expect(() => over.export("x", 32, none)).toThrow("the channel is over");
    over.wipe();
  });
});

describe("an exporter that goes on elsewhere", () => {
  it("TR-010: takes a copy of the secret with it, and none of one that was wiped", () => {
    const secret = filled(64, 7);
    const exporter = new Exporter(primitives, secret);
    const copy = exporter.copySecret();
    exporter.wipe();
    expect(copy).toEqual(filled(64, 7));
    expect(() => exporter.copySecret()).toThrow("has been wiped");
  });
});

describe("what a handshake leaves behind", () => {
  /** The initiator of a whole XX handshake, and its responder. */
  function ends(): [HandshakeState, HandshakeState] {
    const end = (initiator: boolean, value: number) =>
      new HandshakeState({
        primitives,
        pattern: XX,
        initiator,
        prologue: none,
        s: primitives.x25519PublicKey(filled(32, value)),
        e: new Ephemeral(primitives, filled(32, value + 10)),
      });
    const [client, server] = [end(true, 1), end(false, 2)];
    const bytes = (result: ReturnType<HandshakeState["writeMessage"]>) =>
      "bytes" in result ? result.bytes : none;
    const dh = (value: number, key: Uint8Array | undefined) =>
      key && primitives.x25519(filled(32, value), key);
    server.readMessage(bytes(client.writeMessage(none)));
    client.readMessage(bytes(server.writeMessage(none, dh(2, server.remoteEphemeral))));
    server.readMessage(bytes(client.writeMessage(none, dh(1, client.remoteEphemeral))));
    return [client, server];
  }

  it("HS-105 HS-106: is the same at both ends, and each of it another", () => {
    const [client, server] = ends();
    const binding = client.getHandshakeHash();
    const exporterSecret = client.deriveSecret("hawser/1 exporter");
    const [own, other] = [finishHandshake(primitives, client), finishHandshake(primitives, server)];
    const exported = own.exporter.export("x", 64, none);
    expect(exported).toEqual(other.exporter.export("x", 64, none));
    expect(exported).toEqual(new Exporter(primitives, exporterSecret).export("x", 64, none));
    expect(own.channelBinding).toEqual(binding);
    expect(other.channelBinding).toEqual(binding);
    const sealed = own.clientCipher.encryptWithAd(none, filled(3, 1));
    expect(other.serverCipher.decryptWithAd(none, sealed)).toBeUndefined();
    expect(other.clientCipher.decryptWithAd(none, sealed)).toEqual(filled(3, 1));
  });

  it("HS-074 HS-080: the handshake itself is wiped", () => {
    const [client] = ends();
    finishHandshake(primitives, client);
    expect(() => client.deriveSecret("x")).toThrow(/wiped/);
  });

  it("HS-090: the Verdict's cipher has a key of its own, which nothing else holds", () => {
    const [client] = ends();
    const secret = client.deriveSecret("hawser/1 verdict");
    const given: Uint8Array[] = [];
    const noting = { ...primitives, wipe: (bytes: Uint8Array) => void given.push(bytes.slice()) };
    const cipher = verdictCipher(noting, client);
    expect(given).toEqual([secret]);
    const out = new Uint8Array(19);
    primitives.seal(secret.subarray(0, 32), new Uint8Array(12), none, filled(3, 1), out);
    expect(cipher.encryptWithAd(none, filled(3, 1))).toEqual(out);
  });
});
