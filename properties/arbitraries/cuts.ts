import { fc } from "@fast-check/vitest";

/** Cuts a byte stream in pieces, none of them empty. */
export type Cut = (bytes: Uint8Array) => Uint8Array[];

/** Pieces of these sizes, over and over. */
export function cutBy(...sizes: readonly number[]): Cut {
  return (bytes) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = sizes[i % sizes.length] ?? 1;
      pieces.push(bytes.slice(at, at + size));
      at += size;
    }
    return pieces;
  };
}

/** Every byte by itself. */
export const byteByByte = cutBy(1);
/** All in one. */
export const atOnce: Cut = (bytes) => (bytes.length === 0 ? [] : [bytes.slice()]);

const sizes = fc.oneof(
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 120 }),
  fc.integer({ min: 1, max: 1000 }),
);

/** Any cutting, as a transport may come up with. */
export const cuts: fc.Arbitrary<Cut> = fc
  .array(sizes, { minLength: 1, maxLength: 12 })
  .map((list) => Object.assign(cutBy(...list), { [fc.toStringMethod]: () => `cutBy(${list.join()})` }));
