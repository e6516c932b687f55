/** The handshake as it is and in wrong versions of it, each in the shape that a trace can be run on. */

import ablations from "../../spec/model/handshake/ablations.json" with { type: "json" };
import { loadPrimitives } from "../../src/crypto/index.ts";
import type { Primitives } from "../../src/crypto/primitives.ts";
import { XX } from "../../src/protocol/noise/patterns.ts";
import { zeros } from "../reference/primitives.ts";
import type { Switches } from "./ablated.ts";
import { AblatedClient, AblatedServer } from "./ends.ts";
import { RealClient, RealServer } from "./real-ends.ts";
import type { Outcome, Version } from "./run.ts";

/** Nothing left out: the handshake as it is. */
export const whole: Switches = ablations.switches;

export const primitives: Primitives = await loadPrimitives();

/** The small copy of the handshake, with what a trace's `switches` leave out. */
export function copyWith(switches: Partial<Switches>): Version {
  const on: Switches = { ...whole, ...switches };
  return { on, client: (cast) => new AblatedClient(on, cast), server: (cast) => new AblatedServer(on, cast) };
}

/** The implementation under test, by other primitives where those are given. */
export function implementation(by: Primitives = primitives, on: Switches = whole): Version {
  return { on, client: (cast) => new RealClient(by, cast), server: (cast) => new RealServer(by, cast) };
}

type Run = (version: Version) => Outcome;

/** Runs with the tokens of XX that are left. A pattern is data, and this is the one place that changes it. */
function withoutToken(left: string, run: Run, version: Version): Outcome {
  const pattern: { messages: typeof XX.messages } = XX;
  const { messages } = XX;
  pattern.messages = messages.map((tokens) => tokens.filter((token) => token !== left));
  try {
    return run(version);
  } finally {
    pattern.messages = messages;
  }
}

/** Any two keys pass for the same. */
const credulous: Primitives = { ...bound(primitives), equal: () => true };

/** Without associated data, and that is records, nothing is encrypted and no tag is looked at. */
const unsealed: Primitives = {
  ...bound(primitives),
  seal(key, nonce, ad, plaintext, out) {
    if (ad.length > 0) primitives.seal(key, nonce, ad, plaintext, out);
    else out.set([...plaintext, ...zeros(16)]);
  },
  open(key, nonce, ad, ciphertext, out) {
    if (ad.length > 0) return primitives.open(key, nonce, ad, ciphertext, out);
    out.set(ciphertext.slice(0, -16));
    return true;
  },
};

/** The methods as an object's own, so that some can be replaced. */
function bound(from: Primitives): Primitives {
  return {
    name: from.name,
    x25519PublicKey: (secretKey) => from.x25519PublicKey(secretKey),
    x25519: (secretKey, publicKey) => from.x25519(secretKey, publicKey),
    blake2b: (input) => from.blake2b(input),
    seal: (key, nonce, ad, plaintext, out) => from.seal(key, nonce, ad, plaintext, out),
    open: (key, nonce, ad, ciphertext, out) => from.open(key, nonce, ad, ciphertext, out),
    equal: (a, b) => from.equal(a, b),
    wipe: (bytes) => from.wipe(bytes),
  };
}

const inEs = { ...whole, useEs: false };
const inSe = { ...whole, useSe: false };

/**
 * Ablations that can be had of the implementation itself, by what is handed to it. (The others would need code in it
 * that is there for no other purpose: prologue, MixHash and the route's ephemeral are fixed, and without `ee` a
 * Challenge is shorter than what the client waits for.)
 */
export const mutants: Readonly<Record<string, (run: Run) => Outcome>> = {
  "no-es": (run) => withoutToken("es", run, implementation(primitives, inEs)),
  "no-se": (run) => withoutToken("se", run, implementation(primitives, inSe)),
  "no-comparison": (run) => run(implementation(credulous)),
  "code-from-any-key": (run) => run(implementation(credulous)),
  "open-verdict": (run) => run(implementation(unsealed, { ...whole, verdictSealed: false })),
};
