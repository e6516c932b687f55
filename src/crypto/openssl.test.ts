/** Why: this cipher is the runtime's, which may lack it; then texts are libsodium's, and nothing else changes. */
import nodeCrypto from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

/** A runtime that shows each cipher and decipher while it is made. */
function runtimeShowing(show: (cipher: nodeCrypto.Cipher) => void): void {
  const shown =
    <F extends "createCipheriv" | "createDecipheriv">(name: F) =>
    (...args: Parameters<(typeof nodeCrypto)[F]>) => {
      const cipher = (nodeCrypto[name] as (...all: unknown[]) => nodeCrypto.Cipher)(...args);
      show(cipher);
      return cipher;
    };
  runtimeWith({ createCipheriv: shown("createCipheriv"), createDecipheriv: shown("createDecipheriv") });
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

  it.each(["native", "wasm"] as const)(
    "is libsodium's where there is none, with the same texts (%s)",
    async (provider) => {
      const [key, nonce, none] = [new Uint8Array(32).fill(1), new Uint8Array(12), new Uint8Array(0)];
      const text = new Uint8Array(20_000).fill(3);
      const sealed = (primitives: Awaited<ReturnType<typeof loadPrimitives>>) => {
        const out = new Uint8Array(text.length + 16);
        primitives.seal(key, nonce, none, text, out);
        return out;
      };
      const usual = await loadPrimitives({ provider });
      runtimeWith({ createCipheriv: unsupported });
      const without = await loadPrimitives({ provider });
      expect([usual.openLong === undefined, without.openLong === undefined]).toEqual([false, true]);
      expect(sealed(without)).toEqual(sealed(usual));
    },
  );

  it.each([
    ["native", 8_192],
    ["wasm", 4_096],
  ] as const)(
    "seals and opens, instead of %s, without associated data from %i bytes on",
    async (provider, from) => {
      let ciphers = 0;
      runtimeWith({
        createCipheriv: (...args: Parameters<typeof nodeCrypto.createCipheriv>) => {
          ciphers++;
          return nodeCrypto.createCipheriv(...args);
        },
      });
      const primitives = await loadPrimitives({ provider });
      ciphers = 0;
      const sealings = (length: number, associated: number) => {
        const before = ciphers;
        const out = new Uint8Array(length + 16);
        primitives.seal(
          new Uint8Array(32),
          new Uint8Array(12),
          new Uint8Array(associated),
          new Uint8Array(length),
          out,
        );
        return ciphers - before;
      };
      expect([sealings(from - 1, 0), sealings(from, 0), sealings(from, 1), sealings(1, 1)]).toEqual([
        0, 1, 0, 0,
      ]);
      expect(primitives.openLong?.from).toBe(from);
    },
  );

  it("is not used where what it sealed does not open", () => {
    const refusing = (...args: Parameters<typeof nodeCrypto.createDecipheriv>) => {
      const decipher = nodeCrypto.createDecipheriv(...args);
      decipher.final = unsupported;
      return decipher;
    };
    runtimeWith({ createDecipheriv: refusing });
    expect(opensslLongTexts()).toBeUndefined();
  });

  describe("makes its ciphers without stack traces for the errors that Node may make on the way", () => {
    const limitsSeen = () => {
      const seen: unknown[] = [];
      runtimeShowing(() => seen.push(Error.stackTraceLimit));
      return seen;
    };
    let limit: number;
    beforeEach(() => {
      limit = Error.stackTraceLimit;
    });
    afterEach(() => {
      Object.defineProperty(Error, "stackTraceLimit", { value: limit, writable: true });
    });

    it("and leaves the limit as it was", () => {
      const seen = limitsSeen();
      Error.stackTraceLimit = 7;
      expect(opensslLongTexts()).toBeDefined();
      expect([...seen, Error.stackTraceLimit]).toEqual([0, 0, 7]);
    });

    it("also where none is made", () => {
      Error.stackTraceLimit = 7;
      runtimeWith({ createCipheriv: unsupported });
      expect(opensslLongTexts()).toBeUndefined();
      expect(Error.stackTraceLimit).toBe(7);
    });

    it("and with them where the limit can't be changed", () => {
      const seen = limitsSeen();
      Object.defineProperty(Error, "stackTraceLimit", { value: 7, writable: false });
      expect(opensslLongTexts()).toBeDefined();
      expect(seen).toEqual([7, 7]);
    });
  });

  it("gives the memory of what it sealed back at once, and that of what it opened never", () => {
    const made: Uint8Array[] = [];
    runtimeShowing((cipher) => {
      const update = cipher.update.bind(cipher);
      cipher.update = ((text: Uint8Array) => {
        const bytes = update(text);
        made.push(bytes);
        return bytes;
      }) as never;
    });
    const texts = opensslLongTexts();
    made.length = 0;
    const [key, nonce, out] = [new Uint8Array(32), new Uint8Array(12), new Uint8Array(9_016)];
    texts?.seal(key, nonce, new Uint8Array(9_000).fill(5), out);
    const opened = texts?.open(key, nonce, out);
    expect(opened).toEqual(new Uint8Array(9_000).fill(5));
    expect(made.map(({ length }) => length)).toEqual([0, 9_000]);
  });

  it("wipes what it opened where the tag turns out wrong", () => {
    const opened: Uint8Array[] = [];
    runtimeWith({
      createDecipheriv: (...args: Parameters<typeof nodeCrypto.createDecipheriv>) => {
        const decipher = nodeCrypto.createDecipheriv(...args);
        const update = decipher.update.bind(decipher);
        vi.spyOn(decipher, "update").mockImplementation(((text: Uint8Array) => {
          const plaintext = update(text);
          opened.push(plaintext);
          return plaintext;
        }) as never);
        return decipher;
      },
    });
    const texts = opensslLongTexts();
    opened.length = 0;
    expect(texts?.open(new Uint8Array(32), new Uint8Array(12), new Uint8Array(9_000))).toBeUndefined();
    expect(opened.map((plaintext) => plaintext.length)).toEqual([8_984]);
    expect(opened[0]?.every((byte) => byte === 0)).toBe(true);
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
