/**
 * Noise's SymmetricState and the cipher functions it needs (Noise rev 34 §4.2, §5.1, §5.2), as functions from one
 * value to the next. Nothing is kept anywhere else, and nothing is wiped: these are test keys.
 */
import { ascii, blake2b, concat, hkdf, open, seal, zeros } from "./primitives.ts";

/** h and ck: 64 bytes. k: 32 bytes, none before the first MixKey. n: the nonce of the next encryption under k. */
export interface Symmetric {
  readonly h: Uint8Array;
  readonly ck: Uint8Array;
  readonly k: Uint8Array | null;
  readonly n: bigint;
}

/** The state right after a token (or after the prologue, a pre-message or a payload) was processed. */
export interface Traced extends Symmetric {
  readonly token: Token;
}

export type Token = "name" | "prologue" | "premessage" | "e" | "s" | "ee" | "es" | "se" | "payload";
export type Trace = readonly Traced[];

export const after = (token: Token, state: Symmetric): Traced => ({ token, ...state });

/** InitializeSymmetric: a name of at most 64 bytes is zero-padded, a longer one hashed. */
export function initializeSymmetric(protocolName: string): Symmetric {
  const name = ascii(protocolName);
  const h = name.length <= 64 ? concat(name, zeros(64 - name.length)) : blake2b(name);
  return { h, ck: h, k: null, n: 0n };
}

export function mixHash(state: Symmetric, data: Uint8Array): Symmetric {
  return { ...state, h: blake2b(state.h, data) };
}

export function mixKey(state: Symmetric, input: Uint8Array): Symmetric {
  const [ck, tempK] = hkdf(state.ck, input);
  return { h: state.h, ck, k: tempK.slice(0, 32), n: 0n };
}

export function encryptAndHash(
  state: Symmetric,
  plaintext: Uint8Array,
): { state: Symmetric; ciphertext: Uint8Array } {
  if (state.k === null) return { state: mixHash(state, plaintext), ciphertext: plaintext };
  const ciphertext = seal(state.k, state.n, state.h, plaintext);
  return { state: { ...mixHash(state, ciphertext), n: state.n + 1n }, ciphertext };
}

/** `null` when the ciphertext does not authenticate. */
export function decryptAndHash(
  state: Symmetric,
  ciphertext: Uint8Array,
): { state: Symmetric; plaintext: Uint8Array } | null {
  if (state.k === null) return { state: mixHash(state, ciphertext), plaintext: ciphertext };
  const plaintext = open(state.k, state.n, state.h, ciphertext);
  if (plaintext === null) return null;
  return { state: { ...mixHash(state, ciphertext), n: state.n + 1n }, plaintext };
}

/** Split: the initiator's sending key, then the responder's, 32 bytes each. */
export function split(state: Symmetric): { initiator: Uint8Array; responder: Uint8Array } {
  const [first, second] = hkdf(state.ck, zeros(0));
  return { initiator: first.slice(0, 32), responder: second.slice(0, 32) };
}

/** REKEY, the default one: 32 zero bytes encrypted under the largest nonce, without the tag (rev 34 §4.2). */
export function rekey(key: Uint8Array): Uint8Array {
  return seal(key, 2n ** 64n - 1n, zeros(0), zeros(32)).slice(0, 32);
}
