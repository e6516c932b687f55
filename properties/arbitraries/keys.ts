import { fc } from "@fast-check/vitest";
import { type ConnectionTarget, formatPublicKey, formatSecretKey } from "../../src/keys/portable.ts";

/** 32 bytes: a key, public or secret. */
export const keyBytes = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** Key text as a writer makes it. */
export const publicKeyText = keyBytes.map(formatPublicKey);
export const secretKeyText = keyBytes.map(formatSecretKey);

/** A context: 1 to 32 bytes from 0x21 to 0x7E. */
export const context = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 32,
});

const octet = fc.integer({ min: 0, max: 255 });
const label = fc.stringMatching(/^[a-z0-9_](?:[a-z0-9_-]{0,10}[a-z0-9_])?$/);

/** Host texts, canonical and not. */
export const host = fc.oneof(
  fc
    .tuple(
      fc.array(label, { maxLength: 4 }),
      fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/),
      fc.constantFrom("", "."),
    )
    .map(([labels, last, dot]) => [...labels, last].join(".") + dot),
  fc.tuple(octet, octet, octet, octet).map((octets) => octets.join(".")),
  fc.ipV6(),
  fc
    .tuple(fc.constantFrom("fe80::1", "FE80:0:0:0:0:0:0:1"), fc.stringMatching(/^[A-Za-z0-9._~-]{1,16}$/))
    .map((z) => z.join("%")),
);

/** The absolute path of a socket, at most 107 bytes of UTF-8, full of what a URL has to encode. */
export const socketPath = fc
  .array(
    fc.oneof(
      fc.constantFrom("/", "?", "#", "@", "%", " ", "é", "\\", ".", "..", "&", "=", "\n"),
      fc.string({ unit: "grapheme" }),
    ),
    {
      maxLength: 12,
    },
  )
  .map((parts) => `/${parts.join("")}x`)
  .filter((path) => !path.includes("\0") && Buffer.byteLength(path) <= 107);

/** What a connection string can say; the keys and the context come and go, via sometimes being the server's key. */
export const connectionTarget: fc.Arbitrary<ConnectionTarget> = fc
  .record({
    endpoint: fc.oneof(
      fc.record({
        transport: fc.constant("tcp" as const),
        host,
        port: fc.integer({ min: 1, max: 65_535 }),
      }),
      fc.record({ transport: fc.constant("unix" as const), path: socketPath }),
    ),
    serverKey: fc.option(keyBytes, { nil: undefined }),
    via: fc.constantFrom("none" as const, "server" as const, "other" as const),
    otherKey: keyBytes,
    context: fc.option(context, { nil: undefined }),
  })
  .map(({ endpoint, serverKey, via, otherKey, context }) => ({
    endpoint,
    ...(serverKey === undefined ? {} : { serverKey }),
    ...(serverKey === undefined || via === "none" ? {} : { via: via === "server" ? serverKey : otherKey }),
    ...(context === undefined ? {} : { context }),
  }));

/** Anything a user may paste: noise, damaged keys and URLs, URLs put together from odd parts. */
export const pasted = fc.oneof(
  fc.string({ unit: "binary", maxLength: 120 }),
  fc
    .tuple(fc.oneof(publicKeyText, secretKeyText), fc.nat(80), fc.nat(3), fc.string({ maxLength: 3 }))
    .map(([text, at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut)),
  fc
    .tuple(
      fc.constantFrom("hawser://", "hawser+unix://", "HAWSER://", "hawser:", "https://", ""),
      fc.array(
        fc.oneof(
          publicKeyText,
          secretKeyText,
          fc.constantFrom(
            "@",
            ":",
            "/",
            "?",
            "#",
            "&",
            "via=",
            "context=",
            "[",
            "]",
            "::1",
            "%25",
            "%",
            "%00",
            "h",
            "7000",
            "%ff",
            "\\",
            " ",
          ),
          fc.string({ maxLength: 4 }),
        ),
        { maxLength: 10 },
      ),
    )
    .map(([scheme, parts]) => scheme + parts.join("")),
);
