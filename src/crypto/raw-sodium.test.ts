/**
 * Why: the compiled module comes without types, and what it exports is the package's own business. Were a later release
 * shaped or behaved otherwise, nothing must be computed with it; so each way of being otherwise is tried here.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RawSodium } from "./raw-sodium.ts";

const functions = [
  "_malloc",
  "_free",
  "_crypto_scalarmult_base",
  "_crypto_scalarmult",
  "_crypto_generichash",
  "_crypto_aead_chacha20poly1305_ietf_encrypt",
  "_crypto_aead_chacha20poly1305_ietf_decrypt",
] as const;
const whole = {
  HEAPU8: new Uint8Array(8),
  ...Object.fromEntries(functions.map((name) => [name, () => 0])),
};

beforeEach(() => vi.resetModules());
afterEach(() => {
  vi.doUnmock("libsodium-wrappers");
  vi.doUnmock("./raw-sodium.ts");
});

describe("the compiled module", () => {
  async function load(libsodium: unknown): Promise<unknown> {
    vi.doMock("libsodium-wrappers", () => ({ default: { ready: Promise.resolve(), libsodium } }));
    return (await import("./raw-sodium.ts")).loadRawSodium();
  }

  it("is what the package hands out, where all that is used is there", async () => {
    expect(await load(whole)).toBe(whole);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a function", Object.assign(() => 0, whole)],
    ["a memory of another kind", { ...whole, HEAPU8: new Uint16Array(8) }],
    ["no memory", { ...whole, HEAPU8: undefined }],
    ...functions.map((name) => [`no ${name}`, { ...whole, [name]: 1 }] as [string, unknown]),
  ])("is refused where it is %s", async (_, libsodium) => {
    await expect(load(libsodium)).rejects.toThrow(
      "libsodium-wrappers does not expose the libsodium functions needed",
    );
  });
});

/** The provider over a module that does some things in its own way. */
async function providerWith(
  change: (real: RawSodium) => Partial<Record<(typeof functions)[number], object>>,
) {
  const { loadRawSodium } = await vi.importActual<typeof import("./raw-sodium.ts")>("./raw-sodium.ts");
  const real = await loadRawSodium();
  const raw = Object.create(
    real,
    Object.fromEntries(Object.entries(change(real)).map(([name, value]) => [name, { value }])),
  ) as RawSodium;
  vi.doMock("./raw-sodium.ts", () => ({ loadRawSodium: () => Promise.resolve(raw) }));
  const { loadWasmPrimitives } = await import("./libsodium-wrappers.ts");
  return { raw, load: loadWasmPrimitives };
}

describe("a module that computes wrongly", () => {
  const encrypt = "_crypto_aead_chacha20poly1305_ietf_encrypt";
  const decrypt = "_crypto_aead_chacha20poly1305_ietf_decrypt";
  it.each<[string, string, (real: RawSodium) => object]>([
    ["fails at a public key", "crypto_scalarmult_base", () => ({ _crypto_scalarmult_base: () => -1 })],
    ["finds no secret in common", "crypto_scalarmult", () => ({ _crypto_scalarmult: () => -1 })],
    ...[1, 2].map((end): [string, string, (real: RawSodium) => object] => [
      `finds none at end ${end} alone`,
      "crypto_scalarmult",
      (real) => {
        let count = 0;
        return {
          _crypto_scalarmult: (...args: [number, number, number]) =>
            ++count === end ? -1 : real._crypto_scalarmult(...args),
        };
      },
    ]),
    [
      "finds another one at each end",
      "crypto_scalarmult",
      (real) => ({
        _crypto_scalarmult: (out: number, secret: number) => {
          real.HEAPU8.copyWithin(out, secret, secret + 32);
          return 0;
        },
      }),
    ],
    [
      "finds one where there is none",
      "crypto_scalarmult",
      (real) => ({
        _crypto_scalarmult: (...args: [number, number, number]) => {
          real._crypto_scalarmult(...args);
          return 0;
        },
      }),
    ],
    ["fails at a digest", "crypto_generichash", () => ({ _crypto_generichash: () => -1 })],
    ["fails to seal", encrypt.slice(1), () => ({ [encrypt]: () => -1 })],
    ["fails to open", decrypt.slice(1), () => ({ [decrypt]: () => -1 })],
    [
      "opens to another text",
      decrypt.slice(1),
      (real) => ({
        [decrypt]: (...args: Parameters<RawSodium[typeof decrypt]>) => {
          const opened = real[decrypt](...args);
          real.HEAPU8[args[0]] = 0xff;
          return opened;
        },
      }),
    ],
    [
      "opens a forgery",
      decrypt.slice(1),
      (real) => ({
        [decrypt]: (...args: Parameters<RawSodium[typeof decrypt]>) => {
          real[decrypt](...args);
          return 0;
        },
      }),
    ],
  ])("is refused before it is used, where it %s", async (_, what, change) => {
    const { load } = await providerWith(change);
    await expect(load()).rejects.toThrow(`${what} of libsodium-wrappers failed`);
  });

  it("is refused where it has no memory", async () => {
    const { load } = await providerWith(() => ({ _malloc: () => 0 }));
    await expect(load()).rejects.toThrow(/^libsodium has no memory for 67728 bytes$/);
  });
});

describe("the measuring of the stack", () => {
  it("takes other inputs in its second round, as what depends on them would else look untouched", async () => {
    const inputs: string[] = [];
    const { load } = await providerWith((real) => ({
      _crypto_scalarmult_base: (out: number, secret: number) => {
        inputs.push(real.HEAPU8.slice(secret, secret + 32).toString());
        return real._crypto_scalarmult_base(out, secret);
      },
    }));
    await load();
    expect(inputs).toHaveLength(4);
    expect(new Set(inputs).size).toBe(4);
  });
});

describe("the memory of the operations", () => {
  const fixed = 66 * 1024;

  it("is taken once, and more only for what is larger, which is given back", async () => {
    const taken: number[] = [];
    const freed: number[] = [];
    const { load } = await providerWith((real) => ({
      _malloc: (length: number) => {
        taken.push(length);
        return real._malloc(length);
      },
      _free: (address: number) => {
        freed.push(address);
        real._free(address);
      },
    }));
    const primitives = await load();
    expect(await load()).toBe(primitives);
    expect([taken, freed]).toEqual([[144 + fixed], []]);
    primitives.blake2b(new Uint8Array(fixed));
    expect([taken, freed]).toEqual([[144 + fixed], []]);
    primitives.blake2b(new Uint8Array(fixed + 1));
    expect(taken).toEqual([144 + fixed, fixed + 1]);
    expect(freed).toHaveLength(1);
    const half = new Uint8Array(fixed / 2);
    const sealed = new Uint8Array(half.length + 16);
    primitives.seal(new Uint8Array(32), new Uint8Array(12), half, half, sealed);
    expect(primitives.open(new Uint8Array(32), new Uint8Array(12), half, sealed, half.slice())).toBe(true);
    expect(taken.slice(2)).toEqual([fixed + 16, fixed + 16]);
    expect(freed).toHaveLength(3);
  });

  it("is zeros from the beginning, whatever was there before, and nothing around it is touched", async () => {
    const regions: [number, number][] = [];
    const { raw, load } = await providerWith((real) => ({
      _malloc: (length: number) => {
        const address = real._malloc(length + 64);
        real.HEAPU8.fill(0xab, address, address + length + 64);
        regions.push([address + 32, length]);
        return address + 32;
      },
    }));
    await load();
    const [[address, length] = [0, 0]] = regions;
    expect(raw.HEAPU8.subarray(address, address + length).every((byte) => byte === 0)).toBe(true);
    const around = [
      raw.HEAPU8.slice(address - 32, address),
      raw.HEAPU8.slice(address + length, address + length + 32),
    ];
    for (const bytes of around) expect(bytes).toEqual(new Uint8Array(32).fill(0xab));
  });
});
