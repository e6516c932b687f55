/** Why: an Offer may come from a worker that is taken over, and what it says of its length is only its word. */
import { expect, it } from "vitest";
import { maxNoteLength, offerFrame, readOffer } from "./offer.ts";
import { noteBytes } from "./pass-on.ts";

const blob = Uint8Array.of(1, 2, 3);
const bodyOf = (note: Uint8Array) => offerFrame(7, note, blob).subarray(9);

it("an Offer has its note and its blob back, also with the longest note", () => {
  const longest = "x".repeat(maxNoteLength);
  for (const text of ["", "of a room, ä", longest]) {
    expect(readOffer(bodyOf(noteBytes(text)))).toEqual({ note: text, blob });
  }
});

it("an Offer with a longer note than anybody may say is none", () => {
  expect(() => readOffer(bodyOf(new Uint8Array(maxNoteLength + 1)))).toThrow(RangeError);
  expect(() => noteBytes("x".repeat(maxNoteLength + 1))).toThrow("at most 65000 bytes");
});

it.each([0, 3, 6])("an Offer that ends after %i bytes of its body is none", (length) => {
  expect(() => readOffer(bodyOf(new Uint8Array(20)).subarray(0, length))).toThrow(RangeError);
});
