import { headerLength } from "../limits.ts";

const magic = Uint8Array.of(0x48, 0x57, 0x53, 0x52); // "HWSR"

/** The header of this version: `HWSR`, version 1, suite 1, flags 0. There is no other to fall back to (HS-014). */
export const header = Uint8Array.of(...magic, 1, 1, 0, 0);

/** What a peer's header asks for. */
export interface HeaderFields {
  readonly version: number;
  readonly suite: number;
  readonly flags: number;
}

/** Whether the first four of eight bytes are Hawser's. */
export function isHawser(bytes: Uint8Array): boolean {
  return bytes.length >= headerLength && magic.every((byte, i) => bytes[i] === byte);
}

export function isSpoken(bytes: Uint8Array): boolean {
  return header.every((byte, i) => bytes[i] === byte);
}

/** The fields of an 8-byte header. */
export function headerFields(bytes: Uint8Array): HeaderFields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerLength);
  return { version: view.getUint8(4), suite: view.getUint8(5), flags: view.getUint16(6) };
}

const otherProtocols: readonly (readonly [name: string, looksLike: RegExp])[] = [
  ["HTTP", /^(?:(?:GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS|CONNECT|TRACE) |HTTP\/|PRI \* )/],
  ["TLS", /^[\x14-\x17]\x03[\0-\x04]/],
  ["SSH", /^SSH-/],
];

/** The name of another protocol that the first bytes plainly are, if they are one. */
export function otherProtocol(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, headerLength));
  return otherProtocols.find(([, looksLike]) => looksLike.test(start))?.[0];
}
