/**
 * Handshake messages of a peer that knows every secret and keeps no rule: any key, any code, any context, sealed so
 * that they authenticate. Only Noise's SymmetricState is the implementation's; what is mixed in when is written here.
 */
import { u16 } from "../../src/protocol/bytes.ts";
import { CipherState } from "../../src/protocol/noise/cipher-state.ts";
import { SymmetricState } from "../../src/protocol/noise/symmetric-state.ts";
import type { TestKey } from "./keys.ts";
import { primitives } from "./primitives.ts";

const nothing = new Uint8Array(0);
const zeros = new Uint8Array(32);
const goodHeader = Uint8Array.of(0x48, 0x57, 0x53, 0x52, 1, 1, 0, 0);

/** X25519, or zeros where an honest peer would have stopped. */
function dh(secret: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return primitives.x25519(secret, publicKey) ?? zeros.slice();
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The 48 bytes of a route: `named` sealed to `via` by whoever has the ephemeral secret (RT-001 to RT-006). */
export function sealedRoute(
  ephemeral: TestKey,
  via: Uint8Array,
  named: Uint8Array,
  header: Uint8Array = goodHeader,
): Uint8Array {
  const state = new SymmetricState(primitives, "Noise_N_25519_ChaChaPoly_BLAKE2b");
  state.mixHash(join(Buffer.from("hawser route"), header));
  state.mixHash(via);
  state.mixHash(ephemeral.publicKey);
  state.mixKey(dh(ephemeral.secret, via));
  return state.encryptAndHash(named);
}

export function helloFrom(e: Uint8Array, route: Uint8Array, header: Uint8Array = goodHeader): Uint8Array {
  return join(header, e, route);
}

/** What both ends have in common after a Hello, as Noise XX says it. */
function afterHello(hello: Uint8Array): SymmetricState {
  const state = new SymmetricState(primitives, "Noise_XX_25519_ChaChaPoly_BLAKE2b");
  for (const part of [hello.subarray(0, 8), hello.subarray(8, 40), hello.subarray(40, 88)])
    state.mixHash(part);
  return state;
}

/** A Challenge that shows any key as the server's, with any code; `client` is whose ephemeral the Hello has. */
export function sealedChallenge(
  hello: Uint8Array,
  client: TestKey,
  server: TestKey,
  shown: Uint8Array,
  code: number,
): { readonly bytes: Uint8Array; readonly state: SymmetricState } {
  const state = afterHello(hello);
  state.mixHash(server.publicKey);
  state.mixKey(dh(server.secret, hello.subarray(8, 40)));
  const key = state.encryptAndHash(shown);
  state.mixKey(dh(client.secret, shown));
  return { bytes: join(server.publicKey, key, state.encryptAndHash(u16(code))), state };
}

/** Reads a Challenge; what it shows, or `undefined` when it does not authenticate. */
export function openedChallenge(
  hello: Uint8Array,
  client: TestKey,
  challenge: Uint8Array,
): { readonly shown: Uint8Array; readonly code: number; readonly state: SymmetricState } | undefined {
  const state = afterHello(hello);
  state.mixHash(challenge.subarray(0, 32));
  state.mixKey(dh(client.secret, challenge.subarray(0, 32)));
  const shown = state.decryptAndHash(challenge.subarray(32, 80));
  if (shown === undefined) return undefined;
  state.mixKey(dh(client.secret, shown));
  const payload = state.decryptAndHash(challenge.subarray(80, 98));
  if (payload === undefined) return undefined;
  return { shown, code: ((payload[0] ?? 0) << 8) | (payload[1] ?? 0), state };
}

/** A Response that shows any key as the client's, with any 32 bytes of context. */
export function sealedResponse(
  state: SymmetricState,
  server: TestKey,
  shown: Uint8Array,
  context: Uint8Array,
): Uint8Array {
  const key = state.encryptAndHash(shown);
  state.mixKey(dh(server.secret, shown));
  return join(key, state.encryptAndHash(context));
}

/** Reads a Response; what it shows, or `undefined` when it does not authenticate. */
export function openedResponse(
  state: SymmetricState,
  server: TestKey,
  response: Uint8Array,
): { readonly shown: Uint8Array; readonly context: Uint8Array } | undefined {
  const shown = state.decryptAndHash(response.subarray(0, 48));
  if (shown === undefined) return undefined;
  state.mixKey(dh(server.secret, shown));
  const context = state.decryptAndHash(response.subarray(48, 96));
  return context && { shown, context };
}

/** The Verdict's cipher, after the Challenge and before the Response is sealed or opened. */
export function verdictCipher(state: SymmetricState): CipherState {
  return new CipherState(primitives, state.deriveSecret("hawser/1 verdict").subarray(0, 32));
}

/** Any plaintext as a record under a cipher. */
export function sealedRecord(cipher: CipherState, plaintext: Uint8Array): Uint8Array {
  const ciphertext = cipher.encryptWithAd(nothing, plaintext);
  return join(u16(ciphertext.length), ciphertext);
}

/** The plaintexts of whole records under a cipher. */
export function openedRecords(cipher: CipherState, wire: Uint8Array): Uint8Array[] {
  const plaintexts: Uint8Array[] = [];
  for (let at = 0; at < wire.length; ) {
    const length = ((wire[at] ?? 0) << 8) | (wire[at + 1] ?? 0);
    const plaintext = cipher.decryptWithAd(nothing, wire.subarray(at + 2, at + 2 + length));
    if (plaintext === undefined) throw new Error("a record was transmitted that does not authenticate");
    plaintexts.push(plaintext);
    at += 2 + length;
  }
  return plaintexts;
}

/** A plaintext from its parts, as they should be. */
export function plaintextOf(type: number, body: Uint8Array = nothing, padding = 0): Uint8Array {
  return join(Uint8Array.of(type), u16(body.length), body, new Uint8Array(padding));
}
