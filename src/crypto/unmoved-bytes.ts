/**
 * Zeroed bytes outside the JavaScript engine's own heap. V8 keeps typed arrays of up to 64 bytes inside its heap,
 * where the garbage collector moves them and leaves the old copy behind, out of reach of any wiping. An array over
 * an `ArrayBuffer` made by hand has its bytes elsewhere, and they stay where they are.
 */
export function unmovedBytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}
