/**
 * Why: libsodium's WebAssembly memory is one array that lives as long as the process and that any code in it can
 * read. A key left there outlives its connection, and forward secrecy with it. So the whole memory is searched, and
 * before that, the search itself is shown to find a key that is there.
 */
import { createHash } from "node:crypto";
import { fc, test } from "@fast-check/vitest";
import sodium from "libsodium-wrappers";
import { beforeAll, describe, expect, it } from "vitest";
import { loadWasmPrimitives } from "./libsodium-wrappers.ts";
import type { Primitives } from "./primitives.ts";
import { loadRawSodium, type RawSodium } from "./raw-sodium.ts";

const WINDOW = 8;
const NOTHING = new Uint8Array(0);

let primitives: Primitives;
let raw: RawSodium;

beforeAll(async () => {
  primitives = await loadWasmPrimitives();
  raw = await loadRawSodium();
});

/** 32 bytes of their own for each label, the same in every run. */
function secretNamed(label: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(label).digest());
}

/** Addresses in the WebAssembly memory where eight or more successive bytes of the secret lie. */
function tracesOf(secret: Uint8Array): number[] {
  const heap = Buffer.from(raw.HEAPU8.buffer);
  const traces: number[] = [];
  for (let start = 0; start + WINDOW <= secret.length; start++) {
    const address = heap.indexOf(secret.subarray(start, start + WINDOW));
    if (address !== -1) traces.push(address);
  }
  return traces;
}

/** A key agreement and a record each way, as a connection has them, with every secret that occurs on the way. */
function converse(label: string, recordLength: number): Record<string, Uint8Array> {
  const longTermSecret = secretNamed(`${label}: long-term`);
  const ephemeralSecret = secretNamed(`${label}: ephemeral`);
  const peer = primitives.x25519PublicKey(longTermSecret);
  const dhOutput = primitives.x25519(ephemeralSecret, peer);
  if (dhOutput === undefined) throw new Error("a DH of two honest keys has an output");
  const digest = primitives.blake2b(dhOutput);
  const aeadKey = digest.slice(0, 32);
  const nonce = new Uint8Array(12);
  const plaintext = new Uint8Array(recordLength).map((_, i) => digest[i % 64] ?? 0);
  const record = new Uint8Array(recordLength + 16);
  primitives.seal(aeadKey, nonce, NOTHING, plaintext, record);
  const opened = new Uint8Array(recordLength);
  expect(primitives.open(aeadKey, nonce, NOTHING, record, opened)).toBe(true);
  record.fill(~(record[0] ?? 0), 0, 1);
  expect(primitives.open(aeadKey, nonce, NOTHING, record, opened)).toBe(false);
  return { longTermSecret, ephemeralSecret, dhOutput, digest, plaintext: plaintext.subarray(0, 128) };
}

describe("the search of the WebAssembly memory", () => {
  it("finds a key that was put there, whole or by its last eight bytes", () => {
    const secret = secretNamed("planted");
    expect(tracesOf(secret)).toEqual([]);
    const address = raw._malloc(64);
    raw.HEAPU8.set(secret, address);
    expect(tracesOf(secret)).toContain(address);
    raw.HEAPU8.fill(0, address, address + 32);
    raw.HEAPU8.set(secret.subarray(24), address);
    expect(tracesOf(secret)).toEqual([address]);
    raw.HEAPU8.fill(0, address, address + 64);
    raw._free(address);
    expect(tracesOf(secret)).toEqual([]);
  });

  it("finds the keys that the wrappers' own functions leave behind", () => {
    const secret = secretNamed("wrapped: long-term");
    const shared = sodium.crypto_scalarmult(
      secret,
      sodium.crypto_scalarmult_base(secretNamed("wrapped: peer")),
    );
    sodium.crypto_aead_chacha20poly1305_ietf_encrypt(
      new Uint8Array(100),
      null,
      null,
      new Uint8Array(12),
      shared,
    );
    expect(tracesOf(secret).length + tracesOf(shared).length).toBeGreaterThan(0);
  });
});

describe("after operations of the WebAssembly provider", () => {
  it.each([0, 100, 65_519])(
    "no secret of a conversation is left in the memory (records of %i bytes)",
    (length) => {
      const secrets = converse(`conversation of ${length}`, length);
      for (const [name, secret] of Object.entries(secrets)) expect(tracesOf(secret), name).toEqual([]);
    },
  );

  it("no secret is left when a record is larger than the scratch region", () => {
    const secrets = converse("large", 3_000_000);
    for (const [name, secret] of Object.entries(secrets)) expect(tracesOf(secret), name).toEqual([]);
  });

  it("large records do not make the memory grow again and again", () => {
    converse("growing", 3_000_000);
    const grown = raw.HEAPU8.length;
    for (let i = 0; i < 10; i++) primitives.blake2b(new Uint8Array(3_000_000));
    expect(raw.HEAPU8.length).toBe(grown);
  });

  it("nothing derived from the inputs is left either: the memory is what it was before", () => {
    const before = raw.HEAPU8.slice();
    converse("unchanged", 1000);
    expect(Buffer.compare(raw.HEAPU8, before)).toBe(0);
  });

  it("and that comparison sees what the same functions spill to their stack when nobody wipes it", () => {
    const region = raw._malloc(96);
    raw.HEAPU8.set(secretNamed("spilled: secret"), region);
    raw.HEAPU8.set(sodium.crypto_scalarmult_base(secretNamed("spilled: peer")), region + 32);
    primitives.x25519PublicKey(secretNamed("spilled: wipes the stack"));
    const before = raw.HEAPU8.slice();
    expect(raw._crypto_scalarmult(region + 64, region, region + 32)).toBe(0);
    raw.HEAPU8.fill(0, region + 64, region + 96);
    before.fill(0, region + 64, region + 96);
    const changed = raw.HEAPU8.reduce((count, byte, address) => count + Number(byte !== before[address]), 0);
    expect(changed).toBeGreaterThan(WINDOW);
    primitives.x25519PublicKey(secretNamed("spilled: wipes the stack"));
    expect(Buffer.compare(raw.HEAPU8, before)).toBe(0);
    raw.HEAPU8.fill(0, region, region + 96);
    raw._free(region);
  });

  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const upTo = (maxLength: number) => fc.uint8Array({ maxLength, size: "max" });

  test.prop([bytes(32), bytes(32)])(
    "X25519 leaves the memory as it was, low-order points included",
    (a, b) => {
      const before = raw.HEAPU8.slice();
      primitives.x25519PublicKey(a);
      primitives.x25519(a, b);
      primitives.x25519(a, new Uint8Array(32));
      expect(Buffer.compare(raw.HEAPU8, before)).toBe(0);
    },
  );

  test.prop([upTo(1000)])("BLAKE2b of any length leaves the memory as it was", (input) => {
    const before = raw.HEAPU8.slice();
    primitives.blake2b(input);
    expect(Buffer.compare(raw.HEAPU8, before)).toBe(0);
  });

  test.prop([bytes(32), bytes(12), upTo(100), upTo(1000)])(
    "sealing and opening leave the memory as it was, an open that fails included",
    (key, nonce, associatedData, plaintext) => {
      const before = raw.HEAPU8.slice();
      const sealed = new Uint8Array(plaintext.length + 16);
      const opened = new Uint8Array(plaintext.length);
      primitives.seal(key, nonce, associatedData, plaintext, sealed);
      expect(Buffer.compare(raw.HEAPU8, before)).toBe(0);
      expect(primitives.open(key, nonce, associatedData, sealed, opened)).toBe(true);
      expect(Buffer.compare(raw.HEAPU8, before)).toBe(0);
      sealed.set([(sealed[0] ?? 0) ^ 1]);
      expect(primitives.open(key, nonce, associatedData, sealed, opened)).toBe(false);
      expect(Buffer.compare(raw.HEAPU8, before)).toBe(0);
    },
  );
});
