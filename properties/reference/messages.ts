/**
 * Hello, Challenge and Response with everything they are made from given, and what both ends derive from them.
 * Written from the protocol's text alone: the three messages of Noise_XX, and in the first a Noise_N to the via
 * key. A value that cannot be had is a word in place of the record, never an exception.
 */
import {
  after,
  decryptAndHash,
  encryptAndHash,
  initializeSymmetric,
  mixHash,
  mixKey,
  type Symmetric,
  split,
  type Trace,
} from "./noise.ts";
import { ascii, concat, dh, equal, hkdf, hmac, publicOf, readU16, u16, zeros } from "./primitives.ts";

const XX = "Noise_XX_25519_ChaChaPoly_BLAKE2b";
const N = "Noise_N_25519_ChaChaPoly_BLAKE2b";

export const HELLO_SIZE = 88;
export const CHALLENGE_SIZE = 98;
export const RESPONSE_SIZE = 96;

/** "HWSR" | version u8 | suite u8 | flags u16. */
export function makeHeader(version = 1, suite = 1, flags = 0): Uint8Array {
  return concat(ascii("HWSR"), Uint8Array.of(version, suite), u16(flags));
}

/** What a server that speaks version 1 and suite 1 alone thinks of a header's 8 bytes. */
export function judgeHeader(header: Uint8Array): "spoken" | "alien" | "unsupported" {
  if (!equal(header.subarray(0, 4), ascii("HWSR"))) return "alien";
  return equal(header, makeHeader()) ? "spoken" : "unsupported";
}

/** A context's 32 bytes: 0 to 32 characters of 0x21 to 0x7e, zero-padded. */
export function encodeContext(name: string): Uint8Array {
  if (!/^[\x21-\x7e]{0,32}$/.test(name)) throw new RangeError("not a context");
  return concat(ascii(name), zeros(32 - name.length));
}

/** A Challenge's payload. */
export const encodeCode = (code: number): Uint8Array => u16(code);

/** The route's state up to the point where the server's key is encrypted; `null` for an all-zero DH. */
function routeState(
  header: Uint8Array,
  via: Uint8Array,
  e: Uint8Array,
  es: Uint8Array | null,
): { state: Symmetric; trace: Trace } | null {
  const s0 = initializeSymmetric(N);
  const s1 = mixHash(s0, concat(ascii("hawser route"), header));
  const s2 = mixHash(s1, via);
  const s3 = mixHash(s2, e);
  if (es === null) return null;
  const s4 = mixKey(s3, es);
  const trace = [
    after("name", s0),
    after("prologue", s1),
    after("premessage", s2),
    after("e", s3),
    after("es", s4),
  ];
  return { state: s4, trace };
}

export type Route =
  | { readonly serverKey: Uint8Array; readonly via: Uint8Array }
  | { readonly random48: Uint8Array };

export interface Hello {
  readonly bytes: Uint8Array;
  readonly state: Symmetric;
  readonly trace: Trace;
  /** Empty where the route is 48 random bytes. */
  readonly routeTrace: Trace;
}

/**
 * `zero` when DH(e, via) or DH(e, server key) is all zeros: a configured key that is none. Here and below, a public key
 * may be given in other bytes than its own (its highest bit set), which DH takes for the same and the transcript not.
 */
export function hello(
  ephemeralSecret: Uint8Array,
  header: Uint8Array,
  route: Route,
  e = publicOf(ephemeralSecret),
): Hello | "zero" {
  let payload: Uint8Array;
  let routeTrace: Trace;
  if ("random48" in route) {
    if (route.random48.length !== 48) throw new RangeError("a route is 48 bytes");
    payload = route.random48;
    routeTrace = [];
  } else {
    if (dh(ephemeralSecret, route.serverKey) === null) return "zero";
    const made = routeState(header, route.via, e, dh(ephemeralSecret, route.via));
    if (made === null) return "zero";
    const sealed = encryptAndHash(made.state, route.serverKey);
    payload = sealed.ciphertext;
    routeTrace = [...made.trace, after("payload", sealed.state)];
  }
  return { bytes: concat(header, e, payload), routeTrace, ...helloState(header, e, payload) };
}

/** Both ends' state after the first message of XX: its payload is only hashed, there is no key yet. */
export function helloState(
  header: Uint8Array,
  e: Uint8Array,
  route: Uint8Array,
): { state: Symmetric; trace: Trace } {
  const s0 = initializeSymmetric(XX);
  const s1 = mixHash(s0, header);
  const s2 = mixHash(s1, e);
  const s3 = encryptAndHash(s2, route).state;
  return {
    state: s3,
    trace: [after("name", s0), after("prologue", s1), after("e", s2), after("payload", s3)],
  };
}

export function splitHello(bytes: Uint8Array): { header: Uint8Array; e: Uint8Array; route: Uint8Array } {
  if (bytes.length !== HELLO_SIZE) throw new RangeError("a Hello is 88 bytes");
  return { header: bytes.slice(0, 8), e: bytes.slice(8, 40), route: bytes.slice(40) };
}

/** The server key that a route names, to the holder of one via key; `shut` is an AEAD failure and nothing else. */
export function openRoute(
  helloBytes: Uint8Array,
  viaSecret: Uint8Array,
): { named: Uint8Array } | "shut" | "zero" {
  const { header, e, route } = splitHello(helloBytes);
  const made = routeState(header, publicOf(viaSecret), e, dh(viaSecret, e));
  if (made === null) return "zero";
  const opened = decryptAndHash(made.state, route);
  return opened === null ? "shut" : { named: opened.plaintext };
}

export interface Challenge {
  readonly bytes: Uint8Array;
  readonly state: Symmetric;
  readonly trace: Trace;
}

/** The second message of XX: `<- e, ee, s, es`, payload the code. `zero` when ee or es is all zeros. */
export function challenge(
  helloBytes: Uint8Array,
  ephemeralSecret: Uint8Array,
  staticSecret: Uint8Array,
  code: number,
  { e = publicOf(ephemeralSecret), s = publicOf(staticSecret) }: { e?: Uint8Array; s?: Uint8Array } = {},
): Challenge | "zero" {
  const first = splitHello(helloBytes);
  const ee = dh(ephemeralSecret, first.e);
  const es = dh(staticSecret, first.e);
  if (ee === null || es === null) return "zero";
  const s1 = mixHash(helloState(first.header, first.e, first.route).state, e);
  const s2 = mixKey(s1, ee);
  const s3 = encryptAndHash(s2, s);
  const s4 = mixKey(s3.state, es);
  const s5 = encryptAndHash(s4, encodeCode(code));
  return {
    bytes: concat(e, s3.ciphertext, s5.ciphertext),
    state: s5.state,
    trace: [
      after("e", s1),
      after("ee", s2),
      after("s", s3.state),
      after("es", s4),
      after("payload", s5.state),
    ],
  };
}

/** The client's reading of a Challenge; `bad` when it does not authenticate or a DH output is all zeros. */
export function readChallenge(
  helloBytes: Uint8Array,
  clientEphemeralSecret: Uint8Array,
  bytes: Uint8Array,
): { serverE: Uint8Array; serverKey: Uint8Array; code: number; state: Symmetric } | "bad" {
  if (bytes.length !== CHALLENGE_SIZE) throw new RangeError("a Challenge is 98 bytes");
  const first = splitHello(helloBytes);
  const serverE = bytes.slice(0, 32);
  const ee = dh(clientEphemeralSecret, serverE);
  if (ee === null) return "bad";
  const s1 = mixHash(helloState(first.header, first.e, first.route).state, serverE);
  const s = decryptAndHash(mixKey(s1, ee), bytes.slice(32, 80));
  if (s === null) return "bad";
  const es = dh(clientEphemeralSecret, s.plaintext);
  if (es === null) return "bad";
  const payload = decryptAndHash(mixKey(s.state, es), bytes.slice(80));
  if (payload === null) return "bad";
  return { serverE, serverKey: s.plaintext, code: readU16(payload.plaintext, 0), state: payload.state };
}

/** The third message of XX: `-> s, se`, payload the context. `serverE` has passed `readChallenge`, so se is never zero. */
export function response(
  afterChallenge: Symmetric,
  staticSecret: Uint8Array,
  serverE: Uint8Array,
  context: Uint8Array,
  s = publicOf(staticSecret),
): { bytes: Uint8Array; state: Symmetric; trace: Trace } {
  const se = dh(staticSecret, serverE);
  if (se === null) throw new Error("the Challenge was not checked");
  if (context.length !== 32) throw new RangeError("a context is 32 bytes");
  const s1 = encryptAndHash(afterChallenge, s);
  const s2 = mixKey(s1.state, se);
  const s3 = encryptAndHash(s2, context);
  return {
    bytes: concat(s1.ciphertext, s3.ciphertext),
    state: s3.state,
    trace: [after("s", s1.state), after("se", s2), after("payload", s3.state)],
  };
}

/** A Response that shows any key with any DH output, as only a hostile client makes it. */
export function responseWithKey(
  afterChallenge: Symmetric,
  key: Uint8Array,
  se: Uint8Array,
  context: Uint8Array,
): Uint8Array {
  const s = encryptAndHash(afterChallenge, key);
  return concat(s.ciphertext, encryptAndHash(mixKey(s.state, se), context).ciphertext);
}

/** The server's reading of a Response; `bad` when a part does not authenticate or se is all zeros. */
export function readResponse(
  afterChallenge: Symmetric,
  serverEphemeralSecret: Uint8Array,
  bytes: Uint8Array,
): { clientKey: Uint8Array; context: Uint8Array; state: Symmetric } | "bad" {
  if (bytes.length !== RESPONSE_SIZE) throw new RangeError("a Response is 96 bytes");
  const s = decryptAndHash(afterChallenge, bytes.slice(0, 48));
  if (s === null) return "bad";
  const se = dh(serverEphemeralSecret, s.plaintext);
  if (se === null) return "bad";
  const payload = decryptAndHash(mixKey(s.state, se), bytes.slice(48));
  if (payload === null) return "bad";
  return { clientKey: s.plaintext, context: payload.plaintext, state: payload.state };
}

/** From the state after the Challenge; for one record from the server, nonce 0. 32 bytes. */
export function verdictKey(afterChallenge: Symmetric): Uint8Array {
  return hkdf(afterChallenge.ck, concat(ascii("hawser/1 verdict"), afterChallenge.h))[0].slice(0, 32);
}

/** From the state after the Response: each side's sending key, 32 bytes. */
export function transportKeys(afterResponse: Symmetric): { client: Uint8Array; server: Uint8Array } {
  const keys = split(afterResponse);
  return { client: keys.initiator, server: keys.responder };
}

/** From the state after the Response: the exporter's 64-byte secret, which no interface hands out. */
export function exporterSecret(afterResponse: Symmetric): Uint8Array {
  return hkdf(afterResponse.ck, concat(ascii("hawser/1 exporter"), afterResponse.h))[0];
}

/**
 * The first `length` bytes, 1 to 64. The label is 1 to 65,535 bytes of 0x20 to 0x7e, the context 0 to 65,535 bytes of
 * any value.
 */
export function exportKey(
  secret: Uint8Array,
  label: Uint8Array,
  context: Uint8Array,
  length: number,
): Uint8Array {
  if (!Number.isInteger(length) || length < 1 || length > 64) throw new RangeError("1 to 64 bytes");
  if (label.length === 0 || label.some((byte) => byte < 0x20 || byte > 0x7e))
    throw new RangeError("not a label");
  return hmac(secret, u16(label.length), label, u16(context.length), context).slice(0, length);
}
