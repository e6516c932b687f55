import { describe, expect, it } from "vitest";
import { loadPrimitives } from "../../crypto/index.ts";
import { lastNonce, maxNonce, maxRecordBody, rekeyInterval } from "../limits.ts";
import { CipherState } from "../noise/cipher-state.ts";
import { ByteQueue } from "./byte-queue.ts";
import { Deframer } from "./deframer.ts";
import { newMemory } from "./memory.ts";
import { RecordReader } from "./reader.ts";
import { RecordWriter } from "./writer.ts";

const primitives = await loadPrimitives();
const key = new Uint8Array(32).fill(5);
/** Length field and tag. */
const overhead = 2 + 16;

function cipherAt(nonce: bigint): CipherState {
  const cipher = new CipherState(primitives, key);
  cipher.setNonce(nonce);
  return cipher;
}

interface Options {
  readonly nonce?: bigint;
  readonly recordSize?: number;
  readonly paddedLength?: (length: number) => number;
}

function writerWith({ nonce = 0n, recordSize = 100, paddedLength = (length) => length }: Options = {}) {
  return new RecordWriter({ cipher: cipherAt(nonce), recordSize, paddedLength, memory: newMemory });
}

function read(bytes: Uint8Array, nonce = 0n): unknown[] {
  const queue = new ByteQueue();
  queue.push(bytes);
  const reader = new RecordReader(new Deframer(queue), cipherAt(nonce), newMemory);
  const records: unknown[] = [];
  for (let record = reader.next(); record !== undefined; record = reader.next()) {
    records.push(record);
    if ("fault" in record || "exhausted" in record) break;
  }
  return records;
}

const data = (length: number) => Uint8Array.from({ length }, (_, i) => i & 0xff);
const ofData = (...bodies: readonly Uint8Array[]) => bodies.map((body) => ({ type: "data", body }));

describe("RecordWriter", () => {
  it("RC-002: seals one record, padded", () => {
    const record = writerWith({ paddedLength: () => 300 }).seal("data", data(5));
    expect(record).toHaveLength(overhead + 300);
    expect([...record.subarray(0, 2)]).toEqual([(300 + 16) >> 8, (300 + 16) & 0xff]);
    expect(read(record)).toEqual(ofData(data(5)));
  });

  it.each([
    [0, []],
    [1, [1]],
    [99, [99]],
    [100, [100]],
    [101, [100, 1]],
    [250, [100, 100, 50]],
  ])("cuts %i bytes of data into records of at most 100", (length, sizes) => {
    const writer = writerWith();
    const wire = writer.sealData(data(length));
    let at = 0;
    const bodies = sizes.map((size) => {
      at += size;
      return data(length).subarray(at - size, at);
    });
    expect(read(wire)).toEqual(ofData(...bodies));
    expect(wire).toHaveLength(length + sizes.length * (overhead + 3));
    expect(writer.recordsFor(length)).toBe(sizes.length);
  });

  it("pads each record of its own, in one buffer", () => {
    const writer = writerWith({ paddedLength: (length) => length * 2 });
    const wire = writer.sealData(data(150));
    expect(wire).toHaveLength(2 * overhead + 2 * 103 + 2 * 53);
    expect(read(wire)).toEqual(ofData(data(150).subarray(0, 100), data(150).subarray(100)));
  });

  describe("HS-088: one record within so many bytes on the wire", () => {
    it.each([
      [overhead + 3, undefined],
      [overhead + 4, 1],
      [overhead + 53, 50],
      [overhead + 102, 99],
      [overhead + 103, 100],
      [overhead + 104, 100],
      [1_000_000, 100],
    ])("in %i bytes", (wire, taken) => {
      const sealed = writerWith().sealDataWithin(data(300), wire);
      expect(sealed?.taken).toBe(taken);
      if (sealed === undefined) return;
      expect(sealed.record.length).toBe(overhead + 3 + sealed.taken);
      expect(read(sealed.record)).toEqual(ofData(data(300).subarray(0, sealed.taken)));
    });

    it("takes no more than there is, nor than a record carries", () => {
      expect(writerWith().sealDataWithin(data(7), 1_000)?.taken).toBe(7);
      expect(writerWith().sealDataWithin(data(0), 1_000)).toBeUndefined();
      const wide = writerWith({ recordSize: 1e9 });
      expect(wide.sealDataWithin(data(70_000), 1e6)?.taken).toBe(maxRecordBody);
    });

    it("takes half as much until the padding fits", () => {
      const writer = (wire: number) =>
        writerWith({ paddedLength: (length) => Math.ceil(length / 64) * 64 }).sealDataWithin(data(100), wire);
      // 82 bytes are one block: 64 would fit, 65 would not.
      expect(writer(overhead + 127)).toMatchObject({ taken: 50, record: { length: overhead + 64 } });
      expect(writer(overhead + 128)).toMatchObject({ taken: 100, record: { length: overhead + 128 } });
      expect(writer(overhead + 64)).toMatchObject({ taken: 61, record: { length: overhead + 64 } });
      expect(writer(overhead + 63)).toBeUndefined();
    });
  });

  it("RC-006: keeps the last nonce for an Alert or a Close", () => {
    const at = (nonce: bigint) => writerWith({ nonce });
    expect([at(lastNonce - 2n).canSeal(2), at(lastNonce - 2n).canSeal(3)]).toEqual([true, false]);
    expect([at(lastNonce).canSeal(0), at(lastNonce).canSeal(1)]).toEqual([true, false]);
    expect([at(lastNonce).canSealLast, at(maxNonce).canSealLast]).toEqual([true, false]);
    expect(at(lastNonce - 2n).sealableData(150)).toBe(150);
    expect(at(0n).sealableData(150)).toBe(150);
    expect(at(lastNonce - 2n).sealableData(201)).toBe(200);
    expect(at(lastNonce - 1n).sealableData(101)).toBe(100);
    expect(at(lastNonce).sealableData(1)).toBe(0);
    expect(at(lastNonce).sealableData(0)).toBe(0);
    expect(at(maxNonce).sealableData(1)).toBe(0);
  });

  it("RC-005: rekeys before each positive multiple of 2¹⁶, and at no other", () => {
    const sealedAt = (nonce: bigint, rekeyed: boolean) => {
      const cipher = cipherAt(nonce);
      if (rekeyed) cipher.rekey();
      const plaintext = Uint8Array.of(0, 0, 1, 9);
      return cipher.encryptWithAd(new Uint8Array(0), plaintext);
    };
    for (const [nonce, rekeyed] of [
      [0n, false],
      [1n, false],
      [BigInt(rekeyInterval) - 1n, false],
      [BigInt(rekeyInterval), true],
      [BigInt(rekeyInterval) + 1n, false],
      [3n * BigInt(rekeyInterval), true],
    ] as const) {
      const record = writerWith({ nonce }).seal("data", Uint8Array.of(9));
      expect(record.subarray(2)).toEqual(sealedAt(nonce, rekeyed));
      expect(read(record, nonce)).toEqual(ofData(Uint8Array.of(9)));
    }
  });

  it("ST-033: seals nothing once it is wiped", () => {
    const writer = writerWith();
    writer.wipe();
    expect(() => writer.seal("close", data(0))).toThrow(/wiped/);
  });
});

describe("RecordReader", () => {
  const record = (nonce = 0n) => writerWith({ nonce }).seal("close", data(0));

  it("RC-011: judges the length before the nonces, and these before the tag", () => {
    expect(read(Uint8Array.of(0, 18), maxNonce)).toEqual([{ fault: "length", alert: false }]);
    expect(read(record(), maxNonce)).toEqual([{ exhausted: true }]);
    expect(read(record(lastNonce), lastNonce)).toEqual([{ type: "close" }]);
  });

  it("RC-013: a record that does not authenticate is none", () => {
    expect(read(record(1n), 0n)).toEqual([{ fault: "cipher", alert: false }]);
  });

  it("waits for what is missing", () => {
    expect(read(record().slice(0, -1))).toEqual([]);
  });

  it("ST-033: opens nothing once it is wiped", () => {
    const queue = new ByteQueue();
    queue.push(record());
    const reader = new RecordReader(new Deframer(queue), cipherAt(0n), newMemory);
    reader.wipe();
    expect(() => reader.next()).toThrow(/wiped/);
  });
});
