/** The vectors of texts, a file a kind, and of X25519 where libraries differ. */
import { concat, dh, fromHex, publicOf, toHex } from "../properties/reference/primitives.ts";
import { connectionStrings } from "./vectors-connection-strings.ts";
import { NOTICE } from "./vectors-format.ts";
import { authorizedKeysFrom, authorizedKeysOptions } from "./vectors-key-options.ts";
import { authorizedKeys, keys, secretKeyFiles } from "./vectors-key-texts.ts";
import { LOW_ORDER } from "./vectors-low-order.ts";
import { highBit, SECRETS } from "./vectors-setting.ts";
import type { TextCase, TextKind, TextVector } from "./vectors-text-format.ts";

function x25519(): TextCase[] {
  const base = concat(Uint8Array.of(9), new Uint8Array(31));
  /** p + n, whose bytes are no canonical ones. */
  const above = (n: number) =>
    toHex(concat(Uint8Array.of(0xed + n), new Uint8Array(30).fill(0xff), Uint8Array.of(0x7f)));
  const rows: [string, string, string, Uint8Array, string][] = [
    [
      "rfc7748-1",
      "The first vector of RFC 7748 section 5.2",
      "NO-006 NO-007",
      fromHex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
      "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
    ],
    [
      "rfc7748-2",
      "The second, whose public key has its highest bit set",
      "NO-006 NO-009",
      fromHex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
      "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
    ],
    ["base", "The base point: the own public key", "NO-006", SECRETS.client, toHex(base)],
    [
      "high-bit",
      "A public key with its highest bit set: the same output",
      "NO-009",
      SECRETS.client,
      toHex(highBit(publicOf(SECRETS.server))),
    ],
    ["without-high-bit", "The same without it", "NO-006", SECRETS.client, toHex(publicOf(SECRETS.server))],
    ["p+9", "A value of p + 9 is 9", "NO-009", SECRETS.client, above(9)],
    ["p+2", "A value of p + 2 is 2", "NO-009", SECRETS.client, above(2)],
    ["two", "2, on the twist", "NO-009", SECRETS.client, toHex(concat(Uint8Array.of(2), new Uint8Array(31)))],
    ["ones", "255 bits of 1: p + 18", "NO-009", SECRETS.client, above(18)],
    ["all-ones", "256 bits of 1", "NO-009", SECRETS.client, "ff".repeat(32)],
    ["zero", "0: all zeros, to be refused", "NO-010", SECRETS.client, "00".repeat(32)],
    ...Object.entries(LOW_ORDER).map(([name, hex]): [string, string, string, Uint8Array, string] => [
      `low-order-${name}`,
      `A point of low order, ${name}: all zeros, to be refused`,
      "NO-009 NO-010",
      SECRETS.client,
      hex,
    ]),
  ];
  return rows.map(([slug, title, requirements, secretKey, publicKey]) => {
    const output = dh(secretKey, fromHex(publicKey));
    return {
      slug: slug.replaceAll("+", "-plus-"),
      title,
      requirements: requirements.split(" "),
      secret: toHex(secretKey),
      public: publicKey,
      output: output === null ? null : toHex(output),
    };
  });
}

/** By file name in spec/vectors/texts. */
export function textVectors(): TextVector[] {
  const of = (slug: TextKind, title: string, cases: TextCase[]): TextVector => ({
    slug,
    title,
    notice: NOTICE,
    cases,
  });
  return [
    of("public-key", "Public keys as text", keys("public")),
    of("secret-key", "Secret keys as text", keys("secret")),
    of("secret-key-file", "Secret key files", secretKeyFiles()),
    of("authorized-keys", "Authorized-keys files, without options", authorizedKeys()),
    of("authorized-keys-options", "Options in authorized-keys files", authorizedKeysOptions()),
    of("authorized-keys-from", "Whom the option from lets in", authorizedKeysFrom()),
    of("connection-string", "Connection strings", connectionStrings()),
    of("x25519", "X25519, where libraries differ", x25519()),
  ];
}
