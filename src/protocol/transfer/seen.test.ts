/** Why: of what is imported each once, and in memory that nobody who exports can make grow. */
import { expect, it } from "vitest";
import { SeenBlobs, serialWindow } from "./seen.ts";

const origin = (n: number) => new Uint8Array(16).fill(n);

it("TR-032: knows the last serials of an exporter, to the oldest of its window and no further", () => {
  const seen = new SeenBlobs();
  const newest = BigInt(serialWindow) - 1n;
  const claim = (serial: bigint) => seen.claim({ origin: origin(1), serial });
  expect(claim(newest)).toBe("fresh");
  expect([claim(0n), claim(0n)]).toEqual(["fresh", "imported"]);
  expect(claim(newest + 1n)).toBe("fresh");
  expect([claim(0n), claim(1n)]).toEqual(["stale", "fresh"]);
});

it("TR-031: knows a serial again, whatever others came after it", () => {
  const seen = new SeenBlobs();
  const claim = (serial: bigint) => seen.claim({ origin: origin(1), serial });
  for (const serial of [0n, 1n, 5n, 3n, 10_000n, 10_001n]) expect(claim(serial)).toBe("fresh");
  for (const serial of [0n, 1n, 5n, 3n, 10_000n, 10_001n]) expect(claim(serial)).toBe("imported");
  expect([claim(2n), claim(4n)]).toEqual(["fresh", "fresh"]);
});

it("TR-032: takes no serial for that which was a window before it", () => {
  const seen = new SeenBlobs();
  const claim = (serial: number) => seen.claim({ origin: origin(1), serial: BigInt(serial) });
  for (const serial of [4, 5, 6]) expect(claim(serial)).toBe("fresh");
  for (const serial of [0, 10, 5, 4, 6]) expect(claim(serialWindow + serial)).toBe("fresh");
  expect([claim(serialWindow + 5), claim(5)]).toEqual(["imported", "stale"]);
});

it("TR-032: takes 2 KiB for an exporter", () => {
  const exporters = 200;
  const before = process.memoryUsage().arrayBuffers;
  const seen = new SeenBlobs();
  for (let i = 0; i < exporters; i++) expect(seen.claim({ origin: origin(i), serial: 0n })).toBe("fresh");
  const each = (process.memoryUsage().arrayBuffers - before) / exporters;
  expect(each).toBeLessThan(3_000);
  expect(seen.claim({ origin: origin(0), serial: 0n })).toBe("imported");
});
