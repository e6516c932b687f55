/**
 * Why: `sodium-native` is optional, so most trees that lack it are trees nobody here works in. This suite makes such
 * trees: a copy of this layer, compiled as it is shipped, beside no `sodium-native` or a broken one.
 */
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type LoadPrimitivesOptions,
  loadPrimitives,
  NativeUnavailableError,
  type Provider,
} from "./index.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const sources = readdirSync(here).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
const installed = (name: string): string => realpathSync(join(here, "../../node_modules", name));

describe("loadPrimitives", () => {
  it.each([
    [undefined, "sodium-native"],
    ["auto", "sodium-native"],
    ["native", "sodium-native"],
    ["wasm", "libsodium-wrappers"],
  ] as const)("of provider %s, where both load, is %s", async (provider, name) => {
    const causes: unknown[] = [];
    const onFallback = (cause: unknown): number => causes.push(cause);
    const primitives = await loadPrimitives(
      provider === undefined ? { onFallback } : { provider, onFallback },
    );
    expect(primitives.name).toBe(name);
    expect(causes).toEqual([]);
  });

  it("refuses a provider of another name", async () => {
    await expect(loadPrimitives({ provider: "openssl" as Provider })).rejects.toThrow(RangeError);
  });

  it.each(["wasm", null, 1, () => undefined])("refuses options that are no object: %s", async (options) => {
    const rejected = expect(loadPrimitives(options as unknown as LoadPrimitivesOptions)).rejects;
    await rejected.toThrow(TypeError);
  });

  it("gives NativeUnavailableError a code of its own, so that nobody reads its words", () => {
    expect(new NativeUnavailableError("words").code).toBe("ERR_HAWSER_NATIVE_UNAVAILABLE");
  });
});

describe("the layer's imports", () => {
  it("are its own files and libsodium-wrappers, so that a browser can follow them", () => {
    const imported = sources.flatMap((name) =>
      ts
        .preProcessFile(readFileSync(join(here, name), "utf8"), true, true)
        .importedFiles.map((file) => file.fileName),
    );
    expect(imported).toContain("libsodium-wrappers");
    expect(imported.filter((name) => !name.startsWith("./") && name !== "libsodium-wrappers")).toEqual([]);
  });
});

/** What a child process reports of `loadPrimitives` in its tree. */
interface Report {
  readonly name: string;
  readonly causes: { readonly code: string | null; readonly message: string }[];
  readonly works: boolean;
  readonly nativeError: {
    readonly code: string;
    readonly message: string;
    readonly hasCause: boolean;
  } | null;
}

/** The child: both ends of a key agreement, a record there and back, a forged one; then native or nothing. */
const CHILD = `
const print = console.log;
if (globalThis.process?.argv[2] === "bare") {
  delete globalThis.process;
  delete globalThis.Buffer;
}
const { loadPrimitives } = await import("./crypto/index.js");
const causes = [];
const onFallback = (cause) => causes.push({ code: cause.code ?? null, message: cause.message });
const p = await loadPrimitives({ onFallback });
const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const key = p.x25519(a, p.x25519PublicKey(b));
const digest = p.blake2b(key);
const [nonce, ad, sealed, opened] = [new Uint8Array(12), digest, new Uint8Array(80), new Uint8Array(64)];
p.seal(key, nonce, ad, digest, sealed);
const works =
  p.equal(key, p.x25519(b, p.x25519PublicKey(a))) &&
  p.x25519(a, new Uint8Array(32)) === undefined &&
  p.open(key, nonce, ad, sealed, opened) &&
  p.equal(opened, digest) &&
  !p.open(key, nonce, opened.fill(0), sealed, opened);
const nativeError = await loadPrimitives({ provider: "native" }).then(
  () => null,
  (error) => ({ code: error.code, message: error.message, hasCause: error.cause !== undefined }),
);
print(JSON.stringify({ name: p.name, causes, works, nativeError }));
`;

describe("in a tree of its own", () => {
  let tree: string;

  beforeAll(() => {
    tree = mkdtempSync(join(tmpdir(), "hawser-crypto-"));
    mkdirSync(join(tree, "crypto"));
    mkdirSync(join(tree, "node_modules"));
    for (const name of sources) {
      const { outputText } = ts.transpileModule(readFileSync(join(here, name), "utf8"), {
        compilerOptions: {
          target: ts.ScriptTarget.ES2022,
          module: ts.ModuleKind.ESNext,
          verbatimModuleSyntax: true,
          rewriteRelativeImportExtensions: true,
        },
      });
      writeFileSync(join(tree, "crypto", name.replace(/ts$/, "js")), outputText);
    }
    writeFileSync(join(tree, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(tree, "child.js"), CHILD);
    symlinkSync(installed("libsodium-wrappers"), join(tree, "node_modules/libsodium-wrappers"));
  });

  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  async function report(
    nativePackage: ((folder: string) => void) | undefined,
    ...argv: string[]
  ): Promise<Report> {
    const folder = join(tree, "node_modules/sodium-native");
    rmSync(folder, { recursive: true, force: true });
    nativePackage?.(folder);
    const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: tree });
    return JSON.parse(stdout) as Report;
  }

  function fakePackage(source: string): (folder: string) => void {
    return (folder) => {
      mkdirSync(folder);
      writeFileSync(
        join(folder, "package.json"),
        JSON.stringify({ name: "sodium-native", main: "index.cjs" }),
      );
      writeFileSync(join(folder, "index.cjs"), source);
    };
  }

  /** The real package for another platform: everything but the compiled addons. */
  function withoutPrebuilds(folder: string): void {
    const from = installed("sodium-native");
    cpSync(from, folder, { recursive: true, filter: (path) => path !== join(from, "prebuilds") });
    mkdirSync(join(folder, "node_modules"));
    for (const name of ["require-addon", "which-runtime"]) {
      symlinkSync(installed(name), join(folder, "node_modules", name));
    }
  }

  const linked = (folder: string): void => symlinkSync(installed("sodium-native"), folder);

  it("picks sodium-native where it loads", async () => {
    const { name, causes, works, nativeError } = await report(linked, "child.js");
    expect({ name, causes, works, nativeError }).toEqual({
      name: "sodium-native",
      causes: [],
      works: true,
      nativeError: null,
    });
  });

  it.each([
    ["sodium-native is not installed", undefined, ["child.js"], "ERR_MODULE_NOT_FOUND"],
    ["it has no build for this platform", withoutPrebuilds, ["child.js"], "ADDON_NOT_FOUND"],
    ["addons are forbidden", linked, ["--no-addons", "child.js"], "CANNOT_LOAD"],
    ["it throws what nobody expects", fakePackage("throw new Error('out of order')"), ["child.js"], null],
    [
      "it exports something else",
      fakePackage("module.exports = { sodium_memzero() {} }"),
      ["child.js"],
      null,
    ],
    [
      "there is neither process nor Buffer, as in a browser",
      undefined,
      ["child.js", "bare"],
      "ERR_MODULE_NOT_FOUND",
    ],
  ] as const)("falls back to WebAssembly, says why, and works, when %s", async (_, native, argv, code) => {
    const { name, causes, works, nativeError } = await report(native, ...argv);
    expect(name).toBe("libsodium-wrappers");
    expect(works).toBe(true);
    expect(causes).toHaveLength(1);
    expect(causes[0]?.code).toBe(code);
    expect(nativeError?.code).toBe("ERR_HAWSER_NATIVE_UNAVAILABLE");
    expect(nativeError?.hasCause).toBe(true);
    expect(nativeError?.message).toContain(causes[0]?.message);
  });
});
