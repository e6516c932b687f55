/** Points of low order, and messages with them that a hostile end can make: they authenticate where nobody looks for zeros. */
import { encodeContext, type Hello, makeHeader, responseWithKey } from "../properties/reference/messages.ts";
import {
  encryptAndHash,
  initializeSymmetric,
  mixHash,
  mixKey,
  type Symmetric,
} from "../properties/reference/noise.ts";
import { ascii, concat, dh, publicOf, u16, zeros } from "../properties/reference/primitives.ts";
import { SECRETS } from "./vectors-setting.ts";

const serverKey = publicOf(SECRETS.server);

/** Public keys whose every shared secret is zero (RFC 7748 section 6.1), the values of p and above among them. */
export const LOW_ORDER = {
  one: "0100000000000000000000000000000000000000000000000000000000000000",
  "order-8": "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "order-8-other": "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "p-1": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  p: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "p+1": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "zero-high": "0000000000000000000000000000000000000000000000000000000000000080",
} as const;

/** A Hello with this ephemeral key, and a route that opens where nobody looks for zeros. */
export function lowHello(e: Uint8Array): Uint8Array {
  const header = makeHeader();
  const prologue = mixHash(
    initializeSymmetric("Noise_N_25519_ChaChaPoly_BLAKE2b"),
    concat(ascii("hawser route"), header),
  );
  const state = mixKey(mixHash(mixHash(prologue, serverKey), e), zeros(32));
  return concat(header, e, encryptAndHash(state, serverKey).ciphertext);
}

/** A Challenge that authenticates where nobody looks for zeros: `e`, or the long-term key, is of low order. */
export function lowChallenge(made: Hello, e: Uint8Array | null, s: Uint8Array | null): Uint8Array {
  const sent = e ?? publicOf(SECRETS.serverEphemeral);
  const shared = (low: Uint8Array | null, secret: Uint8Array) =>
    low === null ? (dh(secret, publicOf(SECRETS.clientEphemeral)) ?? zeros(32)) : zeros(32);
  const key = encryptAndHash(
    mixKey(mixHash(made.state, sent), shared(e, SECRETS.serverEphemeral)),
    s ?? serverKey,
  );
  const code = encryptAndHash(mixKey(key.state, shared(s, SECRETS.server)), u16(0));
  return concat(sent, key.ciphertext, code.ciphertext);
}

/** A Response with this long-term key that authenticates where nobody looks for zeros. */
export const lowResponse =
  (s: Uint8Array) =>
  (state: Symmetric): Uint8Array =>
    responseWithKey(state, s, zeros(32), encodeContext(""));
