/** Why: bytes that are given back too early, or that share their memory, are somebody's data. */
import { afterEach, describe, expect, it } from "vitest";
import { freeMemory } from "./free-memory.ts";

const prototype = ArrayBuffer.prototype as { transfer?: (newByteLength: number) => ArrayBuffer };
const { transfer } = prototype;

afterEach(() => {
  if (transfer === undefined) delete prototype.transfer;
  else prototype.transfer = transfer;
});

/** What Node 22 and later have. */
function withTransfer(): () => number {
  let calls = 0;
  const detached = new WeakSet<ArrayBuffer>();
  prototype.transfer = function (this: ArrayBuffer, newByteLength) {
    calls++;
    if (detached.has(this)) throw new TypeError("a detached buffer");
    detached.add(this);
    structuredClone(undefined, { transfer: [this] });
    return new ArrayBuffer(newByteLength);
  };
  return () => calls;
}

describe.each([
  ["by transfer", withTransfer],
  ["by a port", () => void delete prototype.transfer],
])("memory that is given back, %s", (_, prepare) => {
  it("is gone at once", () => {
    prepare();
    const bytes = new Uint8Array(40_000);
    const { buffer } = bytes;
    freeMemory(bytes);
    expect([bytes.length, buffer.byteLength]).toEqual([0, 0]);
    freeMemory(bytes);
  });

  it("stays where others are in it too", () => {
    prepare();
    const all = new Uint8Array(40_000).fill(7);
    for (const part of [
      all.subarray(1),
      all.subarray(0, 39_999),
      Buffer.from("of a pool"),
      Buffer.from(all.buffer, 8),
    ]) {
      const before = Uint8Array.from(part);
      freeMemory(part);
      expect(Uint8Array.from(part)).toEqual(before);
    }
  });
});

it("is gone with as many others as may be in it, and no more", () => {
  const [three, four] = [new Uint8Array(40_003).subarray(3), new Uint8Array(40_004).subarray(4)];
  for (const bytes of [three, four]) freeMemory(bytes, 3);
  expect([three.length, four.length]).toEqual([0, 40_000]);
});

it("is given back as the runtime itself has it, where it has", () => {
  const calls = withTransfer();
  freeMemory(new Uint8Array(9));
  expect(calls()).toBe(1);
});
