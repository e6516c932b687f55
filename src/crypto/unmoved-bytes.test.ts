/**
 * Why: a wipe reaches the bytes where they are now. V8 keeps small typed arrays in its own heap and copies them
 * about; what providers return must not be of that kind, or wiping it would leave copies behind.
 */
import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { loadPrimitives } from "./index.ts";
import { unmovedBytes } from "./unmoved-bytes.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes that `count` results keep outside the JavaScript heap. */
async function bytesOutsideHeap(count: number, make: () => Uint8Array | undefined): Promise<number> {
  const kept = new Array<Uint8Array | undefined>(count);
  // V8 frees array buffers some time after the collection that found them unused; none may go while we count.
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await setTimeout(10);
  }
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < count; i++) kept[i] = make();
  const grown = process.memoryUsage().arrayBuffers - before;
  expect(kept.every((bytes) => bytes !== undefined)).toBe(true);
  return grown;
}

describe("unmovedBytes", () => {
  it("gives zeros of the length asked for", () => {
    expect(unmovedBytes(3)).toEqual(Uint8Array.of(0, 0, 0));
  });

  it("keeps 32 bytes outside the JavaScript heap, where an ordinary array keeps them inside", async () => {
    expect(await bytesOutsideHeap(1000, () => unmovedBytes(32))).toBeGreaterThanOrEqual(32_000);
    expect(await bytesOutsideHeap(1000, () => new Uint8Array(32))).toBeLessThan(3200);
  });

  it.each(["native", "wasm"] as const)("holds what provider %s returns", async (provider) => {
    const primitives = await loadPrimitives({ provider });
    const secretKey = unmovedBytes(32).fill(1);
    const publicKey = primitives.x25519PublicKey(secretKey);
    const outside = (make: () => Uint8Array | undefined): Promise<number> => bytesOutsideHeap(200, make);
    expect(await outside(() => primitives.x25519PublicKey(secretKey))).toBeGreaterThanOrEqual(200 * 32);
    expect(await outside(() => primitives.x25519(secretKey, publicKey))).toBeGreaterThanOrEqual(200 * 32);
    expect(await outside(() => primitives.blake2b(secretKey))).toBeGreaterThanOrEqual(200 * 64);
  });
});
