/** Why: this cipher is the runtime's, which may lack it; then texts are libsodium's, and nothing else changes. */
import nodeCrypto from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loadPrimitives } from "./index.ts";
import { opensslLongTexts } from "./openssl.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A runtime whose `node:crypto` is Node's but for this. */
function runtimeWith(changed: object): void {
  vi.stubGlobal("process", { ...process, getBuiltinModule: () => ({ ...nodeCrypto, ...changed }) });
}

const unsupported = () => {
  throw new Error("error:0308010C:digital envelope routines::unsupported");
};

describe("OpenSSL's cipher", () => {
  it("is there on Node", () => {
    expect(opensslLongTexts()).toBeDefined();
  });

  it.each<[string, () => void]>([
    ["OpenSSL does not allow it, as in FIPS mode", () => runtimeWith({ createCipheriv: unsupported })],
    ["nothing can be opened", () => runtimeWith({ createDecipheriv: unsupported })],
    ["node:crypto has other functions", () => runtimeWith({ createCipheriv: undefined })],
    ["there is no node:crypto", () => vi.stubGlobal("process", { getBuiltinModule: () => undefined })],
    ["modules can't be asked for", () => vi.stubGlobal("process", {})],
    ["there is no process, as in a browser", () => vi.stubGlobal("process", undefined)],
  ])("is not used where %s", async (_, runtime) => {
    runtime();
    expect(opensslLongTexts()).toBeUndefined();
  });

  it("is libsodium's where there is none, with the same texts", async () => {
    const [key, nonce, none] = [new Uint8Array(32).fill(1), new Uint8Array(12), new Uint8Array(0)];
    const text = new Uint8Array(20_000).fill(3);
    const sealed = (primitives: Awaited<ReturnType<typeof loadPrimitives>>) => {
      const out = new Uint8Array(text.length + 16);
      primitives.seal(key, nonce, none, text, out);
      return out;
    };
    const usual = await loadPrimitives({ provider: "native" });
    runtimeWith({ createCipheriv: unsupported });
    const without = await loadPrimitives({ provider: "native" });
    expect([usual.openLong === undefined, without.openLong === undefined]).toEqual([false, true]);
    expect(sealed(without)).toEqual(sealed(usual));
  });

  it("tells no forgery where it is the opening that fails", () => {
    const faults = {
      createDecipheriv: (...args: Parameters<typeof nodeCrypto.createDecipheriv>) => {
        const decipher = nodeCrypto.createDecipheriv(...args);
        if (isBroken) {
          decipher.update = () => {
            throw new Error("out of memory");
          };
        }
        return decipher;
      },
    };
    let isBroken = false;
    runtimeWith(faults);
    const texts = opensslLongTexts();
    isBroken = true;
    const open = () => texts?.open(new Uint8Array(32), new Uint8Array(12), new Uint8Array(9_000));
    expect(open).toThrow("out of memory");
  });
});
