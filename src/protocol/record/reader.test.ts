/** Why: data is its receiver's to keep, and with it the memory in which it lies: there is to be little else in that. */
import { describe, expect, it } from "vitest";
import { loadWasmPrimitives } from "../../crypto/libsodium-wrappers.ts";
import { CipherState } from "../noise/cipher-state.ts";
import { ByteQueue } from "./byte-queue.ts";
import { Deframer } from "./deframer.ts";
import { newMemory } from "./memory.ts";
import { RecordReader } from "./reader.ts";
import { RecordWriter } from "./writer.ts";

/** Without a way of their own for long texts, which lie where they please. */
const primitives = await loadWasmPrimitives();
const key = new Uint8Array(32).fill(3);
const counted = (length: number) => Uint8Array.from({ length }, (_, i) => 1 + (i % 250));

/** What is read of a record, and the memory that it was given for data. */
function read(type: "data" | "alert" | "pong", body: Uint8Array, padded = 0) {
  const writer = new RecordWriter({
    cipher: new CipherState(primitives, key),
    paddedLength: (length) => Math.max(length, padded),
    recordSize: 65_516,
    memory: newMemory,
  });
  const given: Uint8Array[] = [];
  const forData = (length: number) => {
    const memory = new Uint8Array(length);
    given.push(memory);
    return memory;
  };
  const queue = new ByteQueue();
  const memory = { ...newMemory, forData };
  const reader = new RecordReader(new Deframer(queue), new CipherState(primitives, key), memory);
  queue.push(writer.seal(type, body));
  return { result: reader.next(), given };
}

describe("data of up to 64 bytes", () => {
  it.each([1, 13, 48, 49, 64])("lies in memory of its own length: %i", (length) => {
    const { result, given } = read("data", counted(length));
    expect(result).toEqual({ type: "data", body: counted(length) });
    expect(given.map((memory) => memory.length)).toEqual([length]);
  });
});

describe("longer data", () => {
  it.each([
    [65, 0],
    [1_000, 0],
    [100, 200],
  ])("lies where it was opened, if that is half of it at least: %i bytes, padded to %i", (length, padded) => {
    const { result, given } = read("data", counted(length), padded);
    expect(result).toEqual({ type: "data", body: counted(length) });
    expect(given.map((memory) => memory.length)).toEqual([Math.max(3 + length, padded)]);
  });

  it.each([
    [99, 200],
    [1, 1_000],
    [70, 65_519],
  ])("is copied out of more padding, and wiped there: %i bytes, padded to %i", (length, padded) => {
    const { result, given } = read("data", counted(length), padded);
    expect(result).toEqual({ type: "data", body: counted(length) });
    expect(given.map((memory) => memory.length)).toEqual([padded, length]);
    expect(given[0]).toEqual(new Uint8Array(padded));
  });
});

it("a Pong's bytes are copied out of padding as well, however much there is", () => {
  for (const padded of [0, 70, 1_000]) {
    const { result, given } = read("pong", counted(8), padded);
    expect(result).toEqual({ type: "pong", body: counted(8) });
    expect(given.at(-1)?.length).toBe(8);
  }
});

it("AL-011: an Alert's words are a text of their own", () => {
  const body = Uint8Array.of(0, 9, ...new TextEncoder().encode("w".repeat(100)));
  expect(read("alert", body, 1_000).result).toEqual({ type: "alert", code: 9, message: "w".repeat(100) });
});
