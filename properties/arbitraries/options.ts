import { fc } from "@fast-check/vitest";
import type { Padding } from "../../src/protocol/index.ts";

/** Names of test keys. */
export const keyNames = fc.string({ minLength: 1, maxLength: 12 });

const printable = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));

/** What a channel is for; `""` for nothing. */
export const contexts = fc.oneof(
  fc.constant(""),
  fc.string({ unit: printable, minLength: 1, maxLength: 32 }),
  fc.string({ unit: printable, minLength: 32, maxLength: 32 }),
);

/** Policies of padding: the named ones, and functions that ask for too little, too much, or nonsense. */
export const paddings: fc.Arbitrary<Padding> = fc.oneof(
  fc.constant<Padding>("none"),
  fc.constant<Padding>("padme"),
  fc.integer({ min: 1, max: 65_519 }).map((block) => ({ block })),
  fc.integer({ min: -100, max: 70_000 }).map((more) => (length: number) => length + more),
  fc.constantFrom<Padding>(
    () => 0,
    () => Number.NaN,
    () => Number.POSITIVE_INFINITY,
    (length) => length * 1.5,
  ),
);

/** Sizes of records' data, small and large ones. */
export const recordSizes = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 65_516 }),
  fc.constant(65_516),
);
