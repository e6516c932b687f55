/**
 * Chooses who computes the primitives: `sodium-native` where it loads, else WebAssembly. Both are loaded only when
 * asked for, so that a browser never meets the addon, nor a server with the addon the WebAssembly.
 */
import { withLongTexts } from "./openssl.ts";
import type { Primitives } from "./primitives.ts";
import { loadNativePrimitives } from "./sodium-native.ts";

export type { Primitives } from "./primitives.ts";

/** `"native"` is `sodium-native`, `"wasm"` is `libsodium-wrappers`, `"auto"` the first that loads, in this order. */
export type Provider = "auto" | "native" | "wasm";

/** How `loadPrimitives` chooses. */
export interface LoadPrimitivesOptions {
  /** `"auto"` unless given. */
  readonly provider?: Provider;
  /** Told why `sodium-native` did not load when `"auto"` falls back to WebAssembly. */
  readonly onFallback?: (cause: unknown) => void;
}

/** `sodium-native` was asked for and does not load here. `cause` says why. */
export class NativeUnavailableError extends Error {
  override readonly name = "NativeUnavailableError";
  readonly code = "ERR_HAWSER_NATIVE_UNAVAILABLE";
}

/**
 * The primitives of the provider asked for.
 *
 * @throws NativeUnavailableError for `"native"` where `sodium-native` does not load
 * @throws RangeError for a provider of another name
 * @throws TypeError for options that are no object, such as a provider's bare name
 * @throws Error when WebAssembly is what is left, and does not start
 */
export async function loadPrimitives(options: LoadPrimitivesOptions = {}): Promise<Primitives> {
  // A string has no provider of its own: loadPrimitives("wasm") would be "auto" without a word.
  if (typeof options !== "object" || options === null) {
    throw new TypeError('options must be an object, such as { provider: "wasm" }');
  }
  const provider = options.provider ?? "auto";
  switch (provider) {
    case "wasm":
      return loadWasm();
    case "auto":
      return (await loadNative(options.onFallback)) ?? loadWasm();
    case "native": {
      let cause: unknown;
      const native = await loadNative((why) => {
        cause = why;
      });
      if (native !== undefined) return native;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new NativeUnavailableError(
        `sodium-native does not load (${reason}); install it for this platform, or use provider "auto" or "wasm"`,
        { cause },
      );
    }
    default:
      throw new RangeError(
        `provider must be "auto", "native" or "wasm", not ${JSON.stringify(provider satisfies never)}`,
      );
  }
}

/** The shortest texts, in bytes, that OpenSSL is faster with than the provider. */
const longTexts = { native: 8_192, wasm: 4_096 } as const;

async function loadNative(onUnavailable?: (cause: unknown) => void): Promise<Primitives | undefined> {
  const native = await loadNativePrimitives(onUnavailable);
  return native && withLongTexts(native, longTexts.native);
}

async function loadWasm(): Promise<Primitives> {
  const { loadWasmPrimitives } = await import("./libsodium-wrappers.ts");
  return withLongTexts(await loadWasmPrimitives(), longTexts.wasm);
}
