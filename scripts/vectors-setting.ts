/** What a scene begins with: the test keys, how its ends are configured, and what may happen to bytes on their way. */
import { ascii, blake2b, concat, publicOf, toHex } from "../properties/reference/primitives.ts";
import type { ClientFields, KeyPairFields, Role, ServerFields } from "./vectors-format.ts";

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

/** What is not said in a setting is as here. `expected`: the key that the client expects; null on first use. */
export function withDefaults(setting: Setting) {
  return {
    serverSecrets: setting.serverSecrets ?? [SECRETS.server],
    serverEphemeral: setting.serverEphemeral ?? SECRETS.serverEphemeral,
    expected: setting.expected === undefined ? publicOf(SECRETS.server) : setting.expected,
    randomRoute: blake2b(ascii("the random bytes of a route")).slice(0, 48),
  };
}

/** How the two ends are configured, as a vector says it. */
export function endsOf(setting: Setting): { client: ClientFields; server: ServerFields } {
  const { serverSecrets, serverEphemeral, expected, randomRoute } = withDefaults(setting);
  const client: ClientFields = {
    longTerm: pair(SECRETS.client),
    ephemeral: pair(SECRETS.clientEphemeral),
    serverKey: expected === null ? null : toHex(expected),
    viaKey: setting.via === undefined ? null : toHex(setting.via),
    randomRoute: expected === null ? toHex(randomRoute) : null,
    context: setting.context ?? "",
    paddingBlock: setting.paddingBlock ?? null,
    ...(setting.rejects === undefined ? {} : { rejects: setting.rejects }),
  };
  const server: ServerFields = {
    longTerm: serverSecrets.map(pair),
    ephemeral: pair(serverEphemeral),
    contexts: setting.contexts ?? null,
    application: setting.application ?? true,
    stealth: setting.stealth ?? false,
    limit: setting.limit ?? null,
    decision: setting.decision === undefined ? "accept" : setting.decision,
    paddingBlock: setting.paddingBlock ?? null,
    ...(setting.knows === undefined ? {} : { knows: setting.knows }),
  };
  return { client, server };
}
