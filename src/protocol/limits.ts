/**
 * The protocol's fixed numbers (LM-001), in bytes unless a name says otherwise. `spec/limits.md` lists them with their
 * reasons.
 */

/** Length of a public key, a secret key and a DH output. */
export const keyLength = 32;
/** Length of an AEAD tag. */
export const tagLength = 16;
/** Length of BLAKE2b-512's output: Noise's HASHLEN. */
export const hashLength = 64;

/** Header: `HWSR`, version, suite, flags. */
export const headerLength = 8;
export const routeLength = keyLength + tagLength;
export const helloLength = headerLength + keyLength + routeLength;
export const challengeLength = keyLength + (keyLength + tagLength) + (2 + tagLength);
export const contextLength = 32;
export const responseLength = keyLength + tagLength + (contextLength + tagLength);

/** A record's length field. */
export const recordLengthLength = 2;
/** A record's plaintext begins with its type and the size of its body. */
export const recordHeadLength = 3;
/** The smallest and largest value of a record's length field. */
export const minCiphertext = recordHeadLength + tagLength;
export const maxCiphertext = 65_535;
export const maxPlaintext = maxCiphertext - tagLength;
/** The largest body of a record, and so the most data that one Data record carries. */
export const maxRecordBody = maxPlaintext - recordHeadLength;
export const maxAlertMessage = 1_024;
export const pingLength = 8;

/** Data records, whole and on the wire, that a client may send before the Verdict: one of the largest size. */
export const maxEarlyData = recordLengthLength + maxCiphertext;
/** Unopened input at which an implementation stops reading while it waits for a decision or a DH. */
export const maxHeldInput = recordLengthLength + maxCiphertext;
/** The Verdict's plaintext is padded to a multiple of this. */
export const verdictPadding = 256;

/** Long-term keys that a server may hold at once, for rotation. */
export const maxServerKeys = 4;
export const maxExport = hashLength;

/** A direction rekeys before each nonce that is a positive multiple of this many records. */
export const rekeyInterval = 65_536;
/** Kept for an Alert or a Close. */
export const lastNonce = 2n ** 64n - 2n;
/** Noise's own, used by REKEY alone (Noise rev 34 §5.1). */
export const maxNonce = 2n ** 64n - 1n;

/** Defaults of what an application may configure, in milliseconds and bytes. */
export const defaultHandshakeTimeout = 10_000;
export const defaultDrainTimeout = 5_000;
export const defaultDrainBytes = 1_048_576;
