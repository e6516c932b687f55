/** Keys that every run has in common: TEST KEYs, known to everybody, and the ways in which a key can be no key. */
import type { KeyHolder } from "../../src/protocol/index.ts";
import type { Input } from "./input.ts";
import { primitives } from "./primitives.ts";

export interface TestKey extends KeyHolder {
  readonly secret: Uint8Array;
}

function testKey(name: string): TestKey {
  const secret = new TextEncoder().encode(`TEST KEY ${name}`.padEnd(32, "."));
  return {
    secret,
    publicKey: primitives.x25519PublicKey(secret),
    dh: (publicKey) => primitives.x25519(secret, publicKey),
  };
}

export const clientKey = testKey("client");
export const serverKey = testKey("server");
/** A server's next key, before it is the only one. */
export const newerKey = testKey("newer");
/** A middlebox's. */
export const viaKey = testKey("via");
/** Of a server that somebody else runs. */
export const otherKey = testKey("other");

/** An ephemeral key pair that is the same in every run. */
export const clientEphemeral = testKey("client ephemeral");
export const serverEphemeral = testKey("server ephemeral");

/** What a channel is given for randomness: its ephemeral key first, then bytes that only count. */
export function randomness(ephemeral: TestKey): (length: number) => Uint8Array {
  let asked = 0;
  return (length) => (asked++ === 0 ? ephemeral.secret.slice() : new Uint8Array(length).fill(asked));
}

function bytesFrom(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

/** The server's key with its high bit set: the same DH, another key (NO-020). */
const twin = serverKey.publicKey.map((byte, i) => (i === 31 ? byte ^ 0x80 : byte));

const named: readonly Uint8Array[] = [
  serverKey.publicKey,
  newerKey.publicKey,
  viaKey.publicKey,
  otherKey.publicKey,
  clientKey.publicKey,
  clientEphemeral.publicKey,
  twin,
  // Points of low order (RFC 7748 §6.1): zero, one, and one of order 8.
  new Uint8Array(32),
  Uint8Array.of(1, ...new Uint8Array(31)),
  bytesFrom("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
];

/** A public key of the fuzzer's choice: one that means something here, or any 32 bytes. */
export function chosenKey(input: Input): Uint8Array {
  const chosen = named[input.u8() % (named.length + 1)];
  return chosen?.slice() ?? input.take(32);
}
