/**
 * A copy of a secret in memory that a garbage collector does not move about: V8 keeps small arrays in its moving
 * heap unless they are made over an ArrayBuffer, and a move leaves a copy that no wiping reaches.
 */
export function secretCopy(secret: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new ArrayBuffer(secret.length));
  copy.set(secret);
  return copy;
}

/** The bytes of the arguments, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** The bytes of an ASCII label, without terminator. */
export function ascii(label: string): Uint8Array {
  const bytes = new Uint8Array(label.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = label.charCodeAt(i);
  return bytes;
}

/** A big-endian 16-bit integer. */
export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** The big-endian 16-bit integer at an offset. */
export function readU16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}

/** Whether all bytes are zero, in time that depends on their number alone. */
export function isZero(bytes: Uint8Array): boolean {
  let bits = 0;
  for (const byte of bytes) bits |= byte;
  return bits === 0;
}

/** Whether two public values are the same, in time that depends on their length alone. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  let bits = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) bits |= (a[i] as number) ^ (b[i] ?? 0);
  return bits === 0;
}
