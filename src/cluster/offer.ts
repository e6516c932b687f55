import { frame } from "./frames.ts";

/** How long a note may be, in bytes of UTF-8. */
export const maxNoteLength = 65_000;

/** An Offer: four bytes of the note's length, the note, the blob. */
export function offerFrame(id: number, note: Uint8Array, blob: Uint8Array): Uint8Array {
  const noteLength = new Uint8Array(4);
  new DataView(noteLength.buffer).setUint32(0, note.length);
  return frame("Offer", id, noteLength, note, blob);
}

/** @throws RangeError for a body that is none. The blob is a part of it, to be wiped. */
export function readOffer(body: Uint8Array): { readonly note: string; readonly blob: Uint8Array } {
  const noteLength = new DataView(body.buffer, body.byteOffset, body.length).getUint32(0);
  if (noteLength > maxNoteLength) throw new RangeError("the note is too long");
  if (noteLength > body.length - 4) throw new RangeError("the note is longer than its frame");
  const note = new TextDecoder().decode(body.subarray(4, 4 + noteLength));
  return { note, blob: body.subarray(4 + noteLength) };
}
