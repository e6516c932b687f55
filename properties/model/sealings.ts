import type { Primitives } from "../../src/crypto/primitives.ts";

/** One use of a key to seal. */
export interface Sealing {
  /** Which end did it. */
  readonly by: string;
  readonly key: string;
  readonly counter: bigint;
  readonly plaintext: Uint8Array;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Everything that was sealed, by whichever end and in whichever session. */
export class Ledger {
  readonly sealings: Sealing[] = [];

  /** Primitives that write down what an end seals with them. */
  recording(by: string, primitives: Primitives): Primitives {
    return {
      name: primitives.name,
      x25519: (secretKey, publicKey) => primitives.x25519(secretKey, publicKey),
      x25519PublicKey: (secretKey) => primitives.x25519PublicKey(secretKey),
      blake2b: (input) => primitives.blake2b(input),
      open: (...args) => primitives.open(...args),
      equal: (a, b) => primitives.equal(a, b),
      wipe: (bytes) => primitives.wipe(bytes),
      seal: (key, nonce, associatedData, plaintext, out) => {
        const counter = Buffer.from(nonce).readBigUInt64LE(4);
        if (nonce.subarray(0, 4).some((byte) => byte !== 0)) throw new Error("a nonce that is no counter");
        this.sealings.push({ by, key: hex(key), counter, plaintext: plaintext.slice() });
        primitives.seal(key, nonce, associatedData, plaintext, out);
      },
    };
  }

  /** Pairs of a key and a counter that were used a second time; in a REKEY both ends use the same, each once. */
  get repeated(): string[] {
    const used = new Set<string>();
    return this.sealings.flatMap(({ by, key, counter }) => {
      const pair = counter === rekeyCounter ? `${key} REKEY by ${by}` : `${key} ${counter}`;
      if (used.has(pair)) return [pair];
      used.add(pair);
      return [];
    });
  }

  /** The counters of each key, in the order in which they were used; the one of REKEY is left out. */
  get countersByKey(): Map<string, bigint[]> {
    const counters = new Map<string, bigint[]>();
    for (const { key, counter } of this.sealings) {
      if (counter === rekeyCounter) continue;
      counters.set(key, [...(counters.get(key) ?? []), counter]);
    }
    return counters;
  }
}

/** The counter that REKEY uses, once for each key, and nothing else (Noise rev 34 §4.2, §5.1). */
export const rekeyCounter = 2n ** 64n - 1n;
/** Kept for an Alert or a Close (RC-006). */
export const lastCounter = 2n ** 64n - 2n;
