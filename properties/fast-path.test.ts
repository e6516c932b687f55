/**
 * Why: what makes it fast must not make it different. Long texts are sealed and opened by another implementation than
 * short ones, records lie in memory that is used again, and of input only what has to be is copied. So bytes are held
 * against those of the plain way: another provider, fresh memory, every byte by itself.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { loadPrimitives } from "../src/crypto/index.ts";
import { loadWasmPrimitives } from "../src/crypto/libsodium-wrappers.ts";
import type { RecordMemory } from "../src/protocol/record/memory.ts";
import { cutBy } from "./arbitraries/cuts.ts";
import { delivered, joined, openPair, testClient, testServer } from "./model/pair.ts";
import { runs } from "./seed.ts";

const native = await loadPrimitives({ provider: "native" });
const wasm = await loadPrimitives({ provider: "wasm" });
/** Without a way of its own for long texts. */
const libsodium = await loadWasmPrimitives();

const bytes = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 2_654_435_761 + 2 * seed) >>> 16) & 0xff);

/** Around the length from which on texts are long, and up to the longest record and beyond. */
const lengths = fc.oneof(
  fc.integer({ min: 4_050, max: 4_150 }),
  fc.integer({ min: 8_150, max: 8_250 }),
  fc.integer({ min: 8_192, max: 70_000 }),
  fc.constantFrom(4_095, 4_096, 4_097, 8_191, 8_192, 8_193, 16_387, 32_771, 65_519),
);

describe.each([
  { of: native, from: 8_192 },
  { of: wasm, from: 4_096 },
])("long texts of $of.name", ({ of, from }) => {
  it("are opened in a way of their own on this Node", () => {
    expect(of.openLong?.from).toBe(from);
    expect(libsodium.openLong).toBeUndefined();
  });

  test.prop([lengths, fc.nat(), fc.boolean()], { numRuns: runs(20) })(
    "NO-012: are sealed and opened as libsodium does it, in place too",
    (length, seed, inPlace) => {
      const [key, nonce, text] = [bytes(32, seed), bytes(12, seed + 1), bytes(length, seed + 2)];
      const none = new Uint8Array(0);
      const expected = new Uint8Array(length + 16);
      libsodium.seal(key, nonce, none, text, expected);
      const sealed = new Uint8Array(length + 16);
      if (inPlace) sealed.set(text);
      of.seal(key, nonce, none, inPlace ? sealed.subarray(0, length) : text, sealed);
      expect(Buffer.compare(sealed, expected)).toBe(0);
      const opened = of.openLong?.open(key, nonce, expected);
      expect(opened !== undefined && Buffer.compare(opened, text) === 0).toBe(true);
    },
  );

  test.prop([lengths, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: runs(20) })(
    "SC-042: are not opened where any byte of ciphertext, tag, key or nonce differs",
    (length, seed, where, difference) => {
      const [key, nonce, text] = [bytes(32, seed), bytes(12, seed + 1), bytes(length, seed + 2)];
      const sealed = new Uint8Array(length + 16);
      of.seal(key, nonce, new Uint8Array(0), text, sealed);
      for (const part of [sealed, sealed.subarray(length), key, nonce]) {
        const at = where % part.length;
        part[at] = (part[at] ?? 0) ^ difference;
        expect(of.openLong?.open(key, nonce, sealed)).toBeUndefined();
        part[at] = (part[at] ?? 0) ^ difference;
      }
      expect(of.openLong?.open(key, nonce, sealed)).toBeDefined();
    },
  );

  it("have their lengths checked, as short ones have", () => {
    const open = of.openLong?.open;
    expect(() => open?.(new Uint8Array(31), new Uint8Array(12), new Uint8Array(9_000))).toThrow(RangeError);
    expect(() => open?.(new Uint8Array(32), new Uint8Array(11), new Uint8Array(9_000))).toThrow(RangeError);
    expect(() => open?.(new Uint8Array(32), new Uint8Array(12), new Uint8Array(15))).toThrow(RangeError);
  });
});

/** Memory full of what was there before, which is given again as soon as it is told to have been handed over. */
class WornMemory implements RecordMemory {
  readonly #page = new Uint8Array(1_000_000).fill(0xa5);
  #used = 0;

  readonly forRecords = (length: number) => {
    const start = this.#used;
    this.#used += length;
    return this.#page.subarray(start, this.#used);
  };

  readonly forData = (length: number) => new Uint8Array(length).fill(0xa5);

  handedOver(): void {
    this.#page.fill(0xa5, 0, this.#used);
    this.#used = 0;
  }
}

describe("records in memory that is used again", () => {
  const writes = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 70_000 })), {
    minLength: 1,
    maxLength: 6,
  });
  const pieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 300_000 })), {
    minLength: 1,
    maxLength: 5,
  });
  const paddings = fc.constantFrom("none" as const, "padme" as const, { block: 1_000 });

  test.prop([writes, pieces, paddings, fc.constantFrom(1_000, 32_768, 65_516)], { numRuns: runs(25) })(
    "RC-045, RC-024: any writes, in any pieces, are the same bytes on the wire and deliver the same",
    (sizes, cut, padding, recordSize) => {
      const worn = new WornMemory();
      const options = { padding, recordSize };
      const fast = openPair(
        testClient({ ...options, primitives: native, memory: worn }),
        testServer({ ...options, primitives: native, memory: new WornMemory() }),
      );
      const plain = openPair(
        testClient({ ...options, primitives: libsodium }),
        testServer({ ...options, primitives: libsodium }),
      );
      const wire = (pair: typeof fast, data: Uint8Array) =>
        joined(pair.client.channel.write(data).flatMap((o) => (o.type === "transmit" ? [o.bytes] : [])));
      const sent = sizes.map((size, i) => bytes(size, i));
      const input: Uint8Array[] = [];
      for (const data of sent) {
        const records = wire(fast, data);
        worn.handedOver();
        expect(Buffer.compare(records, wire(plain, data))).toBe(0);
        input.push(records);
      }
      for (const piece of cutBy(...cut)(joined(input))) {
        fast.server.outputs.push(...fast.server.channel.receive(piece));
        piece.fill(0xee);
      }
      expect(Buffer.compare(delivered(fast.server), joined(sent))).toBe(0);
      expect(fast.server.channel.state).toBe("Open");
    },
  );
});
