/** What a scene begins with: the test keys, how its ends are configured, and what may happen to bytes on their way. */
import { ascii, concat, publicOf, toHex } from "../properties/reference/primitives.ts";
import type { KeyPairFields, Role, ServerFields } from "./vectors-format.ts";

/** A secret key that says in ASCII what it is: 32 bytes. */
export function testKey(name: string): Uint8Array {
  const text = `TEST KEY ${name}`;
  if (text.length > 32) throw new RangeError("too long a name");
  return ascii(text.padEnd(32, "."));
}

export const SECRETS = {
  client: testKey("client"),
  clientEphemeral: testKey("client ephemeral"),
  serverEphemeralBefore: testKey("server, before"),
  server: testKey("server"),
  serverOld: testKey("server, older"),
  serverEphemeral: testKey("server ephemeral"),
  via: testKey("via"),
  other: testKey("somebody else"),
} as const;

export const pair = (secret: Uint8Array): KeyPairFields => ({
  secret: toHex(secret),
  public: toHex(publicOf(secret)),
});

/** A public key with its highest bit set: other bytes, the same point (RFC 7748 section 5). */
export const highBit = (key: Uint8Array): Uint8Array => key.map((byte, i) => (i === 31 ? byte | 0x80 : byte));

export type Alter = (bytes: Uint8Array) => Uint8Array;
/** Flips the lowest bit of one byte; counted from the end when negative. */
export const flip =
  (at: number): Alter =>
  (bytes) =>
    bytes.map((byte, i) => (i === (at < 0 ? bytes.length + at : at) ? byte ^ 1 : byte));
/** Puts other bytes in the place of some. */
export const put =
  (at: number, replacement: Uint8Array): Alter =>
  (bytes) =>
    concat(bytes.slice(0, at), replacement, bytes.slice(at + replacement.length));

export interface Setting {
  readonly slug: string;
  readonly title: string;
  readonly requirements: readonly string[];
  /** Which ends keep to the protocol, so that an implementation can take their place. */
  readonly plays?: readonly Role[];
  /** `null`: first use. */
  readonly expected?: Uint8Array | null;
  readonly via?: Uint8Array;
  /** The via key's secret, where it is a middlebox's. */
  readonly middlebox?: Uint8Array;
  readonly context?: string;
  readonly serverSecrets?: readonly Uint8Array[];
  readonly contexts?: readonly string[];
  readonly application?: boolean;
  readonly stealth?: boolean;
  readonly limit?: number;
  readonly decision?: ServerFields["decision"];
  /** The block to which both ends pad their transport records. */
  readonly paddingBlock?: number;
  readonly rejects?: true;
  readonly knows?: ServerFields["knows"];
  readonly counters?: Readonly<Record<Role, bigint>>;
  /** Keys that are sent in other bytes than their own. */
  readonly sentAs?: { readonly [Key in "clientE" | "serverE" | "server" | "client"]?: Uint8Array };
  readonly serverEphemeral?: Uint8Array;
}
