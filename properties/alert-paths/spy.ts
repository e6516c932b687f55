import type { Primitives } from "../../src/crypto/primitives.ts";
import type { KeyHolder } from "../../src/protocol/index.ts";
import { primitives, testKey } from "../model/pair.ts";

/** A record as its sender sealed it, in the clear. */
export interface SealedRecord {
  readonly type: number;
  readonly body: Uint8Array;
  /** Its bytes on the wire. */
  readonly length: number;
}

const known = new Map<string, Uint8Array | undefined>();

/** The same DHs come up in thousands of cases, as the same seeds give the same keys. */
function remembered(
  what: string,
  inputs: readonly Uint8Array[],
  compute: () => Uint8Array | undefined,
): Uint8Array | undefined {
  const key = what + inputs.map((bytes) => Buffer.from(bytes).toString("latin1")).join();
  if (!known.has(key)) known.set(key, compute()?.slice());
  return known.get(key)?.slice();
}

const quick: Primitives = {
  ...primitives,
  x25519PublicKey(secretKey) {
    const publicKey = remembered("public", [secretKey], () => primitives.x25519PublicKey(secretKey));
    if (publicKey === undefined) throw new Error("every secret key has a public one");
    return publicKey;
  },
  x25519: (secretKey, publicKey) =>
    remembered("dh", [secretKey, publicKey], () => primitives.x25519(secretKey, publicKey)),
};

/** A TEST KEY whose DHs are remembered. */
export function quickKey(name: string): KeyHolder {
  const { secretKey, publicKey } = testKey(name);
  return { publicKey, dh: (peer) => quick.x25519(secretKey, peer) };
}

/**
 * Primitives for one channel, and all the records that it seals, the Verdict among them: what is sealed with no
 * associated data. The handshake's messages have the transcript's hash there.
 */
export function spying(): { readonly primitives: Primitives; readonly records: SealedRecord[] } {
  const records: SealedRecord[] = [];
  return {
    records,
    primitives: {
      ...quick,
      seal(key, nonce, associatedData, plaintext, out) {
        if (associatedData.length === 0) {
          const size = ((plaintext[1] ?? 0) << 8) | (plaintext[2] ?? 0);
          const body = plaintext.slice(3, 3 + size);
          records.push({ type: plaintext[0] ?? -1, body, length: 2 + plaintext.length + 16 });
        }
        quick.seal(key, nonce, associatedData, plaintext, out);
      },
    },
  };
}
