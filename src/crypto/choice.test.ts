/**
 * Why: which provider is taken, and what is said where one can't be, is decided by what `sodium-native` turns out to be. Here
 * something else is put in its place, in this process; `index.test.ts` does without it in trees of their own.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type LoadPrimitivesOptions,
  loadPrimitives,
  NativeUnavailableError,
  type Provider,
} from "./index.ts";

const functions = [
  "crypto_scalarmult_base",
  "crypto_scalarmult",
  "crypto_generichash",
  "crypto_aead_chacha20poly1305_ietf_encrypt",
  "crypto_aead_chacha20poly1305_ietf_decrypt",
  "sodium_memcmp",
  "sodium_memzero",
];
const whole = Object.fromEntries(functions.map((name) => [name, () => undefined]));
const refusal = "sodium-native does not export the functions needed";

/** What `sodium-native` exports, or how it fails, from now on. */
function standIn(factory: () => object): void {
  vi.doMock("sodium-native", factory);
}

afterEach(() => vi.doUnmock("sodium-native"));

describe("where sodium-native loads", () => {
  it.each<[LoadPrimitivesOptions | undefined, string]>([
    [undefined, "sodium-native"],
    [{}, "sodium-native"],
    [{ provider: "auto" }, "sodium-native"],
    [{ provider: "native" }, "sodium-native"],
    [{ provider: "wasm" }, "libsodium-wrappers"],
  ])("the provider of %j is %s, and nothing is said of a fallback", async (options, name) => {
    const onFallback = vi.fn();
    const given = options === undefined ? undefined : { ...options, onFallback };
    expect((await loadPrimitives(given)).name).toBe(name);
    expect(onFallback).not.toHaveBeenCalled();
  });

  it("needs each of the functions that are used", async () => {
    standIn(() => ({ default: whole }));
    expect((await loadPrimitives({ provider: "native" })).name).toBe("sodium-native");
  });
});

describe("where it does not", () => {
  it.each<[string, object]>([
    ["no object", { default: undefined }],
    ["null", { default: null }],
    ["a function", { default: () => whole }],
    ...functions.map(
      (name) => [`one without ${name}`, { default: { ...whole, [name]: 1 } }] as [string, object],
    ),
  ])("exporting %s, it is said why", async (_, exported) => {
    standIn(() => exported);
    const onFallback = vi.fn();
    expect((await loadPrimitives({ onFallback })).name).toBe("libsodium-wrappers");
    expect(onFallback.mock.calls).toEqual([[expect.objectContaining({ message: refusal })]]);
    expect((await loadPrimitives()).name).toBe("libsodium-wrappers");
    const error = await loadPrimitives({ provider: "native" }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NativeUnavailableError);
    expect(error).toMatchObject({
      name: "NativeUnavailableError",
      code: "ERR_HAWSER_NATIVE_UNAVAILABLE",
      cause: { message: refusal },
    });
    expect(String(error)).toContain(refusal);
  });
});

describe("options", () => {
  it.each(["openssl", "", "Native"])("of the provider %j are refused", async (provider) => {
    const options = { provider: provider as Provider };
    await expect(loadPrimitives(options)).rejects.toThrow(RangeError);
    await expect(loadPrimitives(options)).rejects.toThrow(/^provider must be/);
  });

  it.each(["wasm", null, 1])("that are no object but %j are refused", async (options) => {
    const given = options as unknown as LoadPrimitivesOptions;
    await expect(loadPrimitives(given)).rejects.toThrow("options must be an object");
  });
});
