/** Why: who is told that a file can't be used has to know from the words what to do; and no file, no handle may be left. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { constants, type FileHandle, lstat, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refusal, rejection } from "../../../properties/arbitraries/key-errors.ts";
import { loadPrimitives } from "../../crypto/index.ts";
import { generateKeyPair } from "../key-pair.ts";
import { formatPublicKey } from "../text.ts";
import { openAuthorizedKeys } from "./authorized-keys.ts";
import { modeText, readSecretKeyFile, requireSecretMode, writeSecretKeyFile } from "./secret-key-file.ts";

const holder = generateKeyPair(await loadPrimitives(), (bytes) => bytes.fill(7));

// The real one, with a look at the files that are opened where a test takes it.
vi.mock("node:fs/promises", async (importOriginal) => {
  const actual = await importOriginal<typeof import("node:fs/promises")>();
  return { ...actual, lstat: vi.fn(actual.lstat), open: vi.fn(actual.open) };
});

async function watchFiles(watch: (file: FileHandle) => void): Promise<void> {
  const { open: actual } = await vi.importActual<typeof import("node:fs/promises")>("node:fs/promises");
  vi.mocked(open).mockImplementation(async (...args) => {
    const file = await actual(...args);
    watch(file);
    return file;
  });
}
const fault = (code?: string) => Object.assign(new Error("no"), code === undefined ? {} : { code });

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hawser-words-"));
  path = join(folder, "key");
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.mocked(lstat).mockReset();
  vi.mocked(open).mockReset();
  rmSync(folder, { recursive: true });
});

describe("the words of a file that can't be read", () => {
  it.each([
    ["", "the path is empty"],
    ["a\0b", "the path has a NUL character"],
    ["/nowhere/key", "there is no such file; check the path"],
    ["/dev/null", "this is a device, and"],
    ["/", "this is a folder, and"],
    ["/etc/passwd/key", "could not be read: the system says ENOTDIR; something before the last /"],
  ])("%j: %s", async (given, words) => {
    expect((await rejection(readSecretKeyFile(given))).message).toContain(words);
  });

  it("KT-038: a pipe is one", async () => {
    execFileSync("mkfifo", ["-m", "600", path]);
    expect((await rejection(readSecretKeyFile(path))).message).toContain("this is a pipe, and");
  });

  it("KT-038: so is a folder where the system says it before it is opened", async () => {
    vi.mocked(open).mockRejectedValue(fault("EISDIR"));
    expect(await rejection(readSecretKeyFile(path))).toMatchObject({
      code: "ERR_HAWSER_KEY_FILE_KIND",
      path,
    });
  });

  it("KT-020: an argument of another type is named", async () => {
    expect((await rejection(readSecretKeyFile(5 as never))).message).toContain("the path");
    expect((await rejection(readSecretKeyFile(path, 5 as never))).message).toContain("options");
    for (const stdin of [5, {}])
      expect((await rejection(readSecretKeyFile("-", { stdin } as never))).message).toContain("stdin");
  });

  it("KT-038: a file is opened to be read, waiting for nobody, and no terminal becomes the process's own", async () => {
    await rejection(readSecretKeyFile("/dev/null"));
    const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;
    expect(vi.mocked(open).mock.calls).toEqual([["/dev/null", O_RDONLY | O_NONBLOCK | O_NOCTTY]]);
  });

  it.each(["stat", "read"] as const)(
    "a %s that fails is the system's, and the file is closed",
    async (name) => {
      writeFileSync(path, holder.secretKeyText(), { mode: 0o600 });
      let closed = 0;
      await watchFiles((file) => {
        vi.spyOn(file, name).mockRejectedValue(fault("EIO"));
        const close = file.close.bind(file);
        vi.spyOn(file, "close").mockImplementation(() => {
          closed++;
          return close();
        });
      });
      const error = await rejection(readSecretKeyFile(path));
      expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_SYSTEM", path, cause: { code: "EIO" } });
      expect(error.message).toMatch(/the file could not be read: the system says EIO$/);
      expect(closed).toBe(1);
    },
  );

  it.each([
    [undefined, "unknown"],
    ["EIO", "EIO"],
  ])("KT-039: standard input that fails with %s is named, and so is why", async (code, said) => {
    const stdin = new Readable({
      read() {
        this.destroy(fault(code));
      },
    });
    const error = await rejection(readSecretKeyFile("-", { stdin }));
    expect(error.path).toBe("-");
    expect(error.message).toMatch(new RegExp(`could not be read: the system says ${said}$`));
  });

  it("KT-039: standard input may have 65,536 bytes", async () => {
    const text = holder.secretKeyText();
    const stdin = Readable.from([`#${"x".repeat(65_536 - text.length - 2)}\n`, text]);
    expect(await readSecretKeyFile("-", { stdin })).toEqual(holder.exportSecretKey());
  });

  it("KT-036: a mode is written as chmod takes it, and a file is taken for a secret key's", () => {
    expect([0o7n, 0o644n, 0o104755n].map(modeText)).toEqual(["0007", "0644", "04755"]);
    const { message } = refusal(() => requireSecretMode("key", 0o100644n, "linux"));
    expect(message).toContain("can get at the secret key");
  });
});

describe("a secret key's file that can't be written", () => {
  /** Fails to write, and does something just before. */
  const failing = (before: () => void) =>
    watchFiles((file) => {
      vi.spyOn(file, "writeFile").mockImplementation(() => {
        before();
        return Promise.reject(fault("ENOSPC"));
      });
    });

  it("KT-034: is removed", async () => {
    await failing(() => expect(existsSync(path)).toBe(true));
    expect((await rejection(writeSecretKeyFile(path, holder))).message).toContain(
      "could not be written: the system says ENOSPC; the disk is full",
    );
    expect(existsSync(path)).toBe(false);
  });

  it("KT-034: is not removed where it is another one by then", async () => {
    await failing(() => {
      // The first one is open still, so that the other has another number.
      unlinkSync(path);
      writeFileSync(path, "another's");
    });
    expect((await rejection(writeSecretKeyFile(path, holder))).message).toContain("the disk is full");
    expect(readFileSync(path, "utf8")).toBe("another's");
  });

  it("KT-034: is not removed where a file of the same number on another device is there by then", async () => {
    const { lstat: actual } = await vi.importActual<typeof import("node:fs/promises")>("node:fs/promises");
    vi.mocked(lstat).mockImplementation((async (file: string) => {
      const { ino, dev } = await actual(file, { bigint: true });
      return { ino, dev: dev + 1n };
    }) as unknown as typeof lstat);
    await failing(() => undefined);
    expect((await rejection(writeSecretKeyFile(path, holder))).message).toContain("the disk is full");
    expect(existsSync(path)).toBe(true);
  });

  it("may be gone by then", async () => {
    await failing(() => unlinkSync(path));
    expect((await rejection(writeSecretKeyFile(path, holder))).message).toContain("the disk is full");
  });

  it("is left where nothing is known of it", async () => {
    await watchFiles((file) => vi.spyOn(file, "stat").mockRejectedValue(fault("EIO")));
    expect(await rejection(writeSecretKeyFile(path, holder))).toMatchObject({
      code: "ERR_HAWSER_KEY_FILE_SYSTEM",
      cause: { code: "EIO" },
    });
    expect(readFileSync(path, "utf8")).toBe("");
  });
});

describe("an authorized-keys file", () => {
  const line = `from="192.0.2.1" ${formatPublicKey(holder.publicKey)}\n`;

  it("KT-020: an argument that makes no sense is named", async () => {
    writeFileSync(path, "", { mode: 0o600 });
    for (const [options, word] of [
      [5, "options"],
      [{ wait: 5 }, "wait"],
      [{ settleMs: -1 }, "settleMs"],
      [{ honours: ["form"] }, "honours"],
    ] as const) {
      expect((await rejection(openAuthorizedKeys(path, options as never))).message).toContain(word);
    }
  });

  it("KT-100: honours what the program does", async () => {
    writeFileSync(path, line, { mode: 0o600 });
    const wait = () => Promise.resolve();
    const keys = await openAuthorizedKeys(path, { honours: ["from"], wait });
    expect((await keys.lookup(holder.publicKey))?.options).toEqual({ from: ["192.0.2.1"] });
    const error = await rejection(openAuthorizedKeys(path, { wait }));
    expect(error.code).toBe("ERR_HAWSER_KEY_FILE_OPTION");
  });

  it("of a relative path in a folder that is gone is the system's error", async () => {
    vi.spyOn(process, "cwd").mockImplementation(() => {
      throw fault("ENOENT");
    });
    const error = await rejection(openAuthorizedKeys("authorized_keys"));
    expect(error).toMatchObject({
      code: "ERR_HAWSER_KEY_FILE_SYSTEM",
      path: "authorized_keys",
      cause: { code: "ENOENT" },
    });
    expect(error.message).toContain("give an absolute path");
  });
});
