/**
 * The handshake once more, with the switches of the model (spec/model/handshake/ablations.json): what goes over the
 * wire and what both sides derive, in any wrong version of it. The real implementation has no such switches, and the
 * reference no room for them, hence this copy, on the reference's primitives. DH outputs are handed in, and so no
 * secret key is ever here: whoever calls has to have them. `null` for one stands for "cannot be computed".
 */

import { makeHeader, verdictKey } from "../reference/messages.ts";
import { initializeSymmetric, mixHash, mixKey, type Symmetric } from "../reference/noise.ts";
import { ascii, concat, open, readU16, seal, u16, zeros } from "../reference/primitives.ts";
import {
  encodeAlert,
  encodePlaintext,
  fresh,
  openRecord,
  parsePlaintext,
  typeNumber,
  verdictRecord,
} from "../reference/record.ts";

/** The constants of the model; in the handshake as it is all are true but `ownRouteKey`. */
export interface Switches {
  readonly useEe: boolean;
  readonly useEs: boolean;
  readonly useSe: boolean;
  readonly headerBound: boolean;
  readonly keyCompared: boolean;
  readonly codeByKey: boolean;
  readonly verdictSealed: boolean;
  readonly ownRouteKey: boolean;
  readonly mixE1: boolean;
  readonly mixE2: boolean;
  readonly mixRoute: boolean;
  readonly mixKeyCt: boolean;
  readonly mixCodeCt: boolean;
  readonly mixIdCt: boolean;
}

/** The two headers that this server would speak; the first is the one there is. */
export const headers = { h1: makeHeader(1, 1), h2: makeHeader(1, 2) } as const;

type Dh = Uint8Array | null;

const mixIf = (on: boolean, state: Symmetric, data: Uint8Array) => (on ? mixHash(state, data) : state);
/** A DH output that its maker does not have is left out: the best it can do. */
const keyIf = (on: boolean, state: Symmetric, dh: Dh) => (on && dh !== null ? mixKey(state, dh) : state);

/** EncryptAndHash, whose MixHash can be left out. */
function encrypt(state: Symmetric, plaintext: Uint8Array, mixes: boolean) {
  const ciphertext = state.k === null ? plaintext : seal(state.k, state.n, state.h, plaintext);
  return { ciphertext, state: { ...mixIf(mixes, state, ciphertext), n: state.n + 1n } };
}

function decrypt(state: Symmetric, ciphertext: Uint8Array, mixes: boolean) {
  const plaintext = state.k === null ? ciphertext : open(state.k, state.n, state.h, ciphertext);
  if (plaintext === null) return null;
  return { plaintext, state: { ...mixIf(mixes, state, ciphertext), n: state.n + 1n } };
}

// ---- Hello: header | e | route, where the route is 48 bytes, or 80 with an ephemeral of its own ------------------

function routeState(on: Switches, header: Uint8Array, via: Uint8Array, e: Uint8Array, dh: Uint8Array) {
  const named = initializeSymmetric("Noise_N_25519_ChaChaPoly_BLAKE2b");
  const prologue = on.headerBound ? concat(ascii("hawser route"), header) : ascii("hawser route");
  return mixKey(mixHash(mixHash(mixHash(named, prologue), via), e), dh);
}

/** A route under `e`, whose DH with the via key is `dh`; `e` goes first where it is the route's own. */
export function makeRoute(
  on: Switches,
  header: Uint8Array,
  { via, e, dh, serverKey }: { via: Uint8Array; e: Uint8Array; dh: Uint8Array; serverKey: Uint8Array },
): Uint8Array {
  const { ciphertext } = encrypt(routeState(on, header, via, e, dh), serverKey, true);
  return on.ownRouteKey ? concat(e, ciphertext) : ciphertext;
}

/** The key that a Hello's route names, or `null` when it does not open; `dhWith` is the via key's DH. */
export function openRoute(
  on: Switches,
  hello: Uint8Array,
  via: Uint8Array,
  dhWith: (e: Uint8Array) => Dh,
): Uint8Array | null {
  const { header, e, route } = splitHello(hello);
  const under = on.ownRouteKey ? route.slice(0, 32) : e;
  const dh = dhWith(under);
  if (dh === null) return null;
  const ciphertext = on.ownRouteKey ? route.slice(32) : route;
  return decrypt(routeState(on, header, via, under, dh), ciphertext, true)?.plaintext ?? null;
}

export const splitHello = (hello: Uint8Array) => ({
  header: hello.slice(0, 8),
  e: hello.slice(8, 40),
  route: hello.slice(40),
});

function afterHello(on: Switches, hello: Uint8Array): Symmetric {
  const { header, e, route } = splitHello(hello);
  const named = initializeSymmetric("Noise_XX_25519_ChaChaPoly_BLAKE2b");
  // Without a header the prologue is empty, and MixHash of nothing is still a MixHash.
  const prologue = mixHash(named, on.headerBound ? header : zeros(0));
  return mixIf(on.mixRoute, mixIf(on.mixE1, prologue, e), route);
}

// ---- Challenge: e | enc(s) | enc(code) ---------------------------------------------------------------------------

export function writeChallenge(
  on: Switches,
  hello: Uint8Array,
  parts: { e: Uint8Array; s: Uint8Array; code: number; ee: Dh; es: Dh },
): { bytes: Uint8Array; state: Symmetric } {
  const hashed = mixIf(on.mixE2, afterHello(on, hello), parts.e);
  const key = encrypt(keyIf(on.useEe, hashed, parts.ee), parts.s, on.mixKeyCt);
  const code = encrypt(keyIf(on.useEs, key.state, parts.es), u16(parts.code), on.mixCodeCt);
  return { bytes: concat(parts.e, key.ciphertext, code.ciphertext), state: code.state };
}

/** `null` where it does not authenticate, or where a DH output that it takes cannot be computed. */
export function readChallenge(
  on: Switches,
  hello: Uint8Array,
  bytes: Uint8Array,
  dh: { ee: (serverE: Uint8Array) => Dh; es: (serverKey: Uint8Array) => Dh },
): { e: Uint8Array; s: Uint8Array; code: number | null; state: Symmetric | null } | null {
  const e = bytes.slice(0, 32);
  const ee = dh.ee(e);
  if (on.useEe && ee === null) return null;
  const first = keyIf(on.useEe, mixIf(on.mixE2, afterHello(on, hello), e), ee);
  const end = first.k === null ? 64 : 80;
  const key = decrypt(first, bytes.slice(32, end), on.mixKeyCt);
  if (key === null) return null;
  const es = dh.es(key.plaintext);
  // The key has been read, and that is all that can be.
  if (on.useEs && es === null) return { e, s: key.plaintext, code: null, state: null };
  const code = decrypt(keyIf(on.useEs, key.state, es), bytes.slice(end), on.mixCodeCt);
  if (code === null || code.plaintext.length !== 2) return null;
  return { e, s: key.plaintext, code: readU16(code.plaintext, 0), state: code.state };
}

// ---- Response: enc(s) | enc(context) -----------------------------------------------------------------------------

export function writeResponse(
  on: Switches,
  challenged: Symmetric,
  parts: { s: Uint8Array; context: Uint8Array; se: Dh },
): { bytes: Uint8Array; state: Symmetric } {
  const key = encrypt(challenged, parts.s, on.mixIdCt);
  const context = encrypt(keyIf(on.useSe, key.state, parts.se), parts.context, true);
  return { bytes: concat(key.ciphertext, context.ciphertext), state: context.state };
}

export function readResponse(
  on: Switches,
  challenged: Symmetric,
  bytes: Uint8Array,
  dhWith: (clientKey: Uint8Array) => Dh,
): { s: Uint8Array; state: Symmetric | null; context: Uint8Array | null } | null {
  const key = decrypt(challenged, bytes.slice(0, 48), on.mixIdCt);
  if (key === null) return null;
  const se = dhWith(key.plaintext);
  if (on.useSe && se === null) return { s: key.plaintext, state: null, context: null };
  const context = decrypt(keyIf(on.useSe, key.state, se), bytes.slice(48), true);
  return context === null ? null : { s: key.plaintext, state: context.state, context: context.plaintext };
}

// ---- Verdict: one record ----------------------------------------------------------------------------------------

/** Accept, or an Alert with a code. */
export type Word = "accept" | number;

const bodyOf = (word: Word) => (word === "accept" ? zeros(0) : encodeAlert(word, ""));

/** Unsealed it looks as sealed, with zeros in the place of the tag, and nobody checks them. */
export function writeVerdict(on: Switches, challenged: Symmetric | null, word: Word): Uint8Array {
  const type = word === "accept" ? "Accept" : "Alert";
  if (on.verdictSealed) {
    if (challenged === null) throw new Error("the state after the Challenge is not known");
    return verdictRecord(verdictKey(challenged), type, bodyOf(word));
  }
  const plaintext = encodePlaintext(typeNumber(type), bodyOf(word), 256);
  return concat(u16(plaintext.length + 16), plaintext, zeros(16));
}

export function readVerdict(on: Switches, challenged: Symmetric, bytes: Uint8Array): Word | null {
  const read = on.verdictSealed
    ? openRecord(fresh(verdictKey(challenged)), bytes)
    : parsePlaintext(bytes.slice(2, -16));
  if ("failed" in read) return null;
  if (read.type === typeNumber("Accept")) return "accept";
  return read.type === typeNumber("Alert") ? readU16(read.body, 0) : null;
}
