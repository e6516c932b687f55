import { ClientHandshake } from "../../src/protocol/handshake/client.ts";
import { encodeContext } from "../../src/protocol/handshake/context.ts";
import { ServerHandshake } from "../../src/protocol/handshake/server.ts";
import type { ClientChannel, KeyHolder, ServerChannel } from "../../src/protocol/index.ts";
import type { CipherState } from "../../src/protocol/noise/cipher-state.ts";
import type { Actor } from "./actor.ts";
import { clientKey, joined, primitives, seededBytes, serverKey } from "./pair.ts";

const nothing = new Uint8Array(0);
const wireTypes = { data: 0, alert: 1, accept: 2, close: 3, ping: 4, pong: 5 } as const;

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** A record's plaintext from its parts, whether or not they fit. */
export function plaintext(type: number, size: number, body: Uint8Array, padding = 0): Uint8Array {
  return joined([Uint8Array.of(type), u16(size), body, new Uint8Array(padding)]);
}

/** An Alert's body. */
export function alertBody(code: number, message: Uint8Array = nothing): Uint8Array {
  return joined([u16(code), message]);
}

/** Any plaintext under a key: the record as it goes over the wire. */
export function sealed(cipher: CipherState, content: Uint8Array): Uint8Array {
  const ciphertext = cipher.encryptWithAd(nothing, content);
  return joined([u16(ciphertext.length), ciphertext]);
}

/** A peer that holds the keys of a handshake and keeps no rule after it. */
export class RawPeer {
  readonly #sends: CipherState;
  readonly #receives: CipherState;

  constructor(sends: CipherState, receives: CipherState) {
    this.#sends = sends;
    this.#receives = receives;
  }

  /** The record of any plaintext at all. */
  seal(content: Uint8Array): Uint8Array {
    return sealed(this.#sends, content);
  }

  record(type: keyof typeof wireTypes, body: Uint8Array = nothing, padding = 0): Uint8Array {
    return this.seal(plaintext(wireTypes[type], body.length, body, padding));
  }

  /** The plaintexts of all records in these bytes, which must be whole. */
  open(bytes: Uint8Array): Uint8Array[] {
    const plaintexts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
      const content = this.#receives.decryptWithAd(nothing, bytes.subarray(at + 2, at + 2 + length));
      if (content === undefined) throw new Error("a record that does not authenticate");
      plaintexts.push(content);
      at += 2 + length;
    }
    return plaintexts;
  }
}

/** What {@link plaintext} joins, taken apart. */
export function parts(content: Uint8Array): { type: number; size: number; body: Uint8Array } {
  const size = ((content[1] ?? 0) << 8) | (content[2] ?? 0);
  return { type: content[0] ?? -1, size, body: content.slice(3, 3 + size) };
}

/** The client's messages made by hand, up to and including the Response. The server's Verdict waits in `server.sent`. */
export function rawClient(
  server: Actor<ServerChannel>,
  context = "",
): RawPeer & { readonly verdict: CipherState } {
  const handshake = new ClientHandshake({
    primitives,
    randomBytes: seededBytes("raw client"),
    publicKey: clientKey.publicKey,
    serverKey: serverKey.publicKey,
    via: undefined,
    context: encodeContext(context),
  });
  server.receive(handshake.hello);
  const judgement = handshake.readChallenge(server.flush());
  if (judgement.verdict !== "accepted") throw new Error(`the server's Challenge is ${judgement.verdict}`);
  const verdict = handshake.verdictCipher();
  const response = handshake.writeResponse(dh(clientKey.secretKey, handshake.peerEphemeral));
  if (response === undefined) throw new Error("a DH of honest keys is not zero");
  const { clientCipher, serverCipher } = handshake.finish();
  server.receive(response);
  return Object.assign(new RawPeer(clientCipher, serverCipher), { verdict });
}

/** The server's messages made by hand, up to the client's Response; `verdict` seals the Verdict. */
export function rawServer(client: Actor<ClientChannel>): RawPeer & { readonly verdict: CipherState } {
  const own = { keyHolder: serverKey, publicKey: serverKey.publicKey };
  const handshake = new ServerHandshake(
    { primitives, randomBytes: seededBytes("raw server"), ownKeys: [own] },
    client.flush().slice(0, 88),
  );
  handshake.openRoute(own, dh(serverKey.secretKey, handshake.peerEphemeral));
  const challenge = handshake.writeChallenge(own, 0);
  if (challenge === undefined) throw new Error("a DH of honest keys is not zero");
  client.receive(challenge);
  const verdict = handshake.verdictCipher();
  const response = handshake.readResponse(client.sent[0] ?? nothing);
  if ("fault" in response) throw new Error(`the client's Response is ${response.fault}`);
  const { clientCipher, serverCipher } = handshake.finish();
  client.sent.shift();
  return Object.assign(new RawPeer(serverCipher, clientCipher), { verdict });
}

/** The Accept of a {@link rawServer}. */
export function accept(peer: { readonly verdict: CipherState }): Uint8Array {
  return sealed(peer.verdict, plaintext(wireTypes.accept, 0, nothing, 253));
}

function dh(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const output = primitives.x25519(secretKey, publicKey);
  if (output === undefined) throw new Error("a DH of honest keys is not zero");
  return output;
}

/** A Challenge to a Hello from the holder of any key, with any code, whatever the route says. */
export function challengeFor(
  hello: Uint8Array,
  key: KeyHolder & { readonly secretKey: Uint8Array },
  code: number,
): Uint8Array {
  const own = { keyHolder: key, publicKey: key.publicKey };
  const handshake = new ServerHandshake(
    { primitives, randomBytes: seededBytes("raw challenge"), ownKeys: [own] },
    hello.slice(),
  );
  handshake.openRoute(own, dh(key.secretKey, handshake.peerEphemeral));
  const challenge = handshake.writeChallenge(own, code);
  if (challenge === undefined) throw new Error("a DH of honest keys is not zero");
  return challenge;
}
