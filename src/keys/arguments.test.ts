/** Why: an unset variable or a missing await is the commonest fault of all, and its error has a code as any other. */
import { describe, expect, it } from "vitest";
import { everythingOf, rejection, shows } from "../../properties/arbitraries/key-errors.ts";
import { loadPrimitives } from "../crypto/index.ts";
import * as keys from "./index.ts";

const primitives = await loadPrimitives();
const bytes = new Uint8Array(32).fill(7);
const secretText = keys.formatSecretKey(bytes);
const holder = keys.localKeyHolder(primitives, bytes);
const endpoint = { transport: "tcp", host: "h", port: 1 } as const;

/** What is handed to a function without its types' protection. */
const untyped = (call: (value: never) => unknown) => call as (value: unknown) => unknown;

const calls: readonly [string, (value: unknown) => unknown, readonly unknown[]][] = [
  ["parsePublicKey", untyped(keys.parsePublicKey), [undefined, null, 1, bytes, {}]],
  ["parseSecretKey", untyped(keys.parseSecretKey), [undefined, bytes, Promise.resolve("")]],
  ["parseConnectionString", untyped(keys.parseConnectionString), [undefined, new URL("hawser://h:1"), []]],
  [
    "formatPublicKey",
    untyped(keys.formatPublicKey),
    [undefined, "x", [...bytes], bytes.subarray(1), bytes.buffer],
  ],
  [
    "formatSecretKey",
    untyped(keys.formatSecretKey),
    [null, secretText, new Uint8Array(33), new Uint16Array(32)],
  ],
  [
    "formatConnectionString",
    untyped(keys.formatConnectionString),
    [undefined, "hawser://h:1", {}, { endpoint: null }],
  ],
  [
    "…'s server key",
    untyped((serverKey) => keys.formatConnectionString({ endpoint, serverKey })),
    ["x", null, bytes.subarray(1)],
  ],
  [
    "…'s via key",
    untyped((via) => keys.formatConnectionString({ endpoint, serverKey: bytes, via })),
    ["x", 1],
  ],
  ["…'s context", untyped((context) => keys.formatConnectionString({ endpoint, context })), [null, 1]],
  ["…'s host", untyped((host) => keys.canonicalTarget({ endpoint: { ...endpoint, host } })), [undefined, 1]],
  [
    "…'s path",
    untyped((path) => keys.canonicalTarget({ endpoint: { transport: "unix", path } })),
    [undefined, bytes],
  ],
  ["generateKeyPair", untyped(keys.generateKeyPair), [undefined, {}, loadPrimitives(), loadPrimitives]],
  ["…'s randomness", untyped((random) => keys.generateKeyPair(primitives, random)), [null, bytes]],
  [
    "localKeyHolder",
    untyped((key) => keys.localKeyHolder(primitives, key)),
    [undefined, secretText, bytes.subarray(1), Promise.resolve(bytes)],
  ],
  [
    "…'s primitives",
    untyped((given) => keys.localKeyHolder(given, bytes)),
    [undefined, loadPrimitives(), bytes],
  ],
  ["dh", untyped((key) => holder.dh(key)), [undefined, "x", bytes.subarray(1)]],
  ["parseSecretKeyFile", untyped(keys.parseSecretKeyFile), [undefined, secretText]],
  [
    "formatSecretKeyFile",
    untyped((given) => keys.formatSecretKeyFile(given, new Date())),
    [undefined, secretText, { publicKeyText: "" }],
  ],
  [
    "…'s date",
    untyped((created) => keys.formatSecretKeyFile(holder, created)),
    [undefined, 0, new Date(Number.NaN)],
  ],
  ["parseAuthorizedKeys", untyped(keys.parseAuthorizedKeys), [undefined, "hawser1"]],
  ["readSecretKeyFile", untyped(keys.readSecretKeyFile), [undefined, 0, bytes, new URL("file:///a")]],
  ["…'s options", untyped((options) => keys.readSecretKeyFile("-", options)), [null, "utf8"]],
  ["…'s standard input", untyped((stdin) => keys.readSecretKeyFile("-", { stdin })), [1, secretText]],
  ["writeSecretKeyFile", untyped((path) => keys.writeSecretKeyFile(path, holder)), [undefined, holder]],
  [
    "…'s key pair",
    untyped((given) => keys.writeSecretKeyFile("/nowhere/key", given)),
    [undefined, bytes, secretText],
  ],
  ["openAuthorizedKeys", untyped(keys.openAuthorizedKeys), [undefined, 1, new URL("file:///a")]],
  ["…'s options", untyped((options) => keys.openAuthorizedKeys("/nowhere", options)), [null, 100]],
  [
    "…'s settleMs",
    untyped((settleMs) => keys.openAuthorizedKeys("/nowhere", { settleMs })),
    [null, "100", -1, Number.NaN, Number.POSITIVE_INFINITY, 60_001],
  ],
  ["…'s wait", untyped((wait) => keys.openAuthorizedKeys("/nowhere", { wait })), [null, 100]],
  [
    "lookup",
    untyped((key) => new keys.AuthorizedKeys("/nowhere").lookup(key)),
    [undefined, "x", bytes.subarray(1)],
  ],
];

describe("an argument of another type", () => {
  it.each(calls)("KT-020: to %s is an error with a code, which does not show it", async (_, call, values) => {
    for (const value of values) {
      const error = await rejection(Promise.resolve().then(() => call(value)));
      expect(error.code).toBe("ERR_HAWSER_KEY_ARGUMENT");
      expect(error.message).toMatch(/expected|milliseconds/);
      expect(shows(everythingOf(error), secretText.slice(19))).toBe(false);
    }
  });

  it.each<[string, (value: unknown) => unknown, unknown, string]>([
    [
      "text for a key",
      untyped((key) => keys.localKeyHolder(primitives, key)),
      secretText,
      "is text, and a Uint8Array of 32 bytes was expected: use parseSecretKey first",
    ],
    ["text for a public key", untyped(keys.formatPublicKey), "x", "use parsePublicKey first"],
    ["text for a secret key", untyped(keys.formatSecretKey), secretText, "use parseSecretKey first"],
    [
      "the primitives' promise",
      untyped(keys.generateKeyPair),
      loadPrimitives(),
      "is a promise (an await is missing), and what await loadPrimitives() gives",
    ],
    ["a URL", untyped(keys.parseConnectionString), new URL("hawser://h:1"), "use its href"],
    [
      "a key too short",
      untyped(keys.formatPublicKey),
      bytes.subarray(1),
      "has 31 bytes, and 32 were expected",
    ],
  ])("%s: says what to do", async (_, call, value, words) => {
    expect((await rejection(Promise.resolve().then(() => call(value)))).message).toContain(words);
  });

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [new URL("hawser://h:1"), "a URL object"],
    [[1], "a list"],
    [new Uint16Array(32), "an array of bytes or numbers"],
    [{}, "an object"],
    [1, "a number"],
    [untyped, "a function"],
  ])("is named by its kind: %o is %s", async (value, kind) => {
    const error = await rejection(Promise.resolve().then(() => untyped(keys.formatPublicKey)(value)));
    expect(error.message).toBe(`the public key is ${kind}, and a Uint8Array of 32 bytes was expected`);
  });

  it.each<[string, (value: unknown) => unknown, unknown, string]>([
    ["a public key", untyped(keys.formatPublicKey), "x", "the public key is text"],
    ["a secret key", untyped(keys.formatSecretKey), "x", "the secret key is text"],
    ["a DH's", untyped((key) => holder.dh(key)), "x", "the public key is text, .*: use parsePublicKey first"],
    ["primitives", untyped(keys.generateKeyPair), {}, "the primitives is an object, and what await"],
    [
      "primitives by name alone",
      untyped(keys.generateKeyPair),
      { x25519PublicKey: 1 },
      "the primitives is an object",
    ],
    ["no primitives", untyped(keys.generateKeyPair), null, "the primitives is null"],
    [
      "options of authorized keys",
      untyped((options) => keys.parseAuthorizedKeys(new Uint8Array(0), options as never)),
      "from",
      "options is text, and an object such as { honours } was expected$",
    ],
  ])("is named by what it is for: %s", async (_, call, value, words) => {
    const error = await rejection(Promise.resolve().then(() => call(value)));
    expect(error.message).toMatch(new RegExp(`^${words}`));
  });

  it("a Buffer, a subclass, and bytes of another realm are bytes", async () => {
    const { runInNewContext } = await import("node:vm");
    const foreign: unknown = runInNewContext("new Uint8Array(32).fill(7)");
    for (const each of [Buffer.from(bytes), foreign]) {
      expect(untyped(keys.formatPublicKey)(each)).toBe(keys.formatPublicKey(bytes));
    }
  });

  it.each([
    undefined,
    null,
    {},
    "tcp",
    { transport: "quic", host: "h", port: 1 },
    { host: "h", port: 1 },
    { transport: "toString" },
  ])("an endpoint of no known transport (%j) is never taken for TCP", async (bad) => {
    const error = await rejection(
      Promise.resolve().then(() => untyped((endpoint) => keys.formatConnectionString({ endpoint }))(bad)),
    );
    expect(error.code).toBe("ERR_HAWSER_KEY_ARGUMENT");
    expect(error.message).toContain('transport: "tcp"');
  });
});
