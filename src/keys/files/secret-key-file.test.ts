/** Why: a secret key that is overwritten is lost, and one that others can read is no secret. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { everythingOf, refusal, rejection, shows } from "../../../properties/arbitraries/key-errors.ts";
import { loadPrimitives } from "../../crypto/index.ts";
import { generateKeyPair } from "../key-pair.ts";
import { readSecretKeyFile, requireSecretMode, writeSecretKeyFile } from "./secret-key-file.ts";

const primitives = await loadPrimitives();
const holder = generateKeyPair(primitives, (bytes) => bytes.fill(7));
const secretText = holder.secretKeyText();
const LIMIT = 65_536;

// The real one, with a look at the files that are opened where a test takes it.
vi.mock("node:fs/promises", async (importOriginal) => {
  const actual = await importOriginal<typeof import("node:fs/promises")>();
  return { ...actual, open: vi.fn(actual.open) };
});

/** Calls `watch` with every file that is opened, before its opener has it. */
async function watchFiles(watch: (file: FileHandle) => void): Promise<void> {
  const { open: actual } = await vi.importActual<typeof import("node:fs/promises")>("node:fs/promises");
  vi.mocked(open).mockImplementation(async (...args) => {
    const file = await actual(...args);
    watch(file);
    return file;
  });
}
afterEach(() => vi.mocked(open).mockReset());

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hawser-keys-"));
  path = join(folder, "key");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("writing a secret key's file", () => {
  it("KT-032, KT-034: a new file that reads back", async () => {
    await writeSecretKeyFile(path, holder, new Date(0));
    expect(readFileSync(path, "utf8")).toBe(
      `# created: 1970-01-01T00:00:00Z\n# public key: ${holder.publicKeyText}\n${secretText}\n`,
    );
    expect(await readSecretKeyFile(path)).toEqual(holder.exportSecretKey());
  });

  it.each(["0000", "0022", "0777"])("KT-035: mode 0600 under a umask of %s", async (octal) => {
    const mask = Number.parseInt(octal, 8);
    // The mask belongs to the whole process, so another one writes the file.
    const script = `
      process.umask(${mask});
      const { loadPrimitives } = await import("./src/crypto/index.ts");
      const { generateKeyPair, writeSecretKeyFile } = await import("./src/keys/index.ts");
      await writeSecretKeyFile(process.argv[1], generateKeyPair(await loadPrimitives()));`;
    execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, path]);
    expect(statSync(path).mode & 0o7777).toBe(0o600);
  });

  it("KT-034: never over a file", async () => {
    writeFileSync(path, "precious");
    const error = await rejection(writeSecretKeyFile(path, holder));
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_EXISTS", path, cause: { code: "EEXIST" } });
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  it("KT-034: never through a symbolic link, nor over a folder", async () => {
    symlinkSync(join(folder, "elsewhere"), path);
    expect((await rejection(writeSecretKeyFile(path, holder))).code).toBe("ERR_HAWSER_KEY_FILE_EXISTS");
    expect(existsSync(join(folder, "elsewhere"))).toBe(false);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect((await rejection(writeSecretKeyFile(folder, holder))).code).toBe("ERR_HAWSER_KEY_FILE_EXISTS");
  });

  it("says when the folder is missing, or is none", async () => {
    const missing = await rejection(writeSecretKeyFile(join(folder, "no", "key"), holder));
    expect(missing).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_MISSING", cause: { code: "ENOENT" } });
    expect(missing.message).toContain("no such folder");
    writeFileSync(path, "");
    const below = await rejection(writeSecretKeyFile(join(path, "key"), holder));
    expect(below).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_SYSTEM", cause: { code: "ENOTDIR" } });
    expect(below.message).toContain("is a file, and no folder");
  });

  it("leaves no half-written file where the disk is full", async () => {
    // /dev/full can't be made anew, so a limit on the size of files stands in for a full disk.
    const script = `
      process.on("SIGXFSZ", () => {});
      const { loadPrimitives } = await import("./src/crypto/index.ts");
      const { generateKeyPair, writeSecretKeyFile } = await import("./src/keys/index.ts");
      const error = await writeSecretKeyFile(process.argv[1], generateKeyPair(await loadPrimitives())).catch((e) => e);
      process.stderr.write(error.code + " " + error.cause.code);`;
    const out = execFileSync(
      "bash",
      [
        "-c",
        'ulimit -f 0; exec "$@" 2>&1 | cat',
        "-",
        process.execPath,
        "--import",
        "tsx",
        "--input-type=module",
        "-e",
        script,
        path,
      ],
      { encoding: "utf8", env: { ...process.env, TSX_DISABLE_CACHE: "1" } },
    );
    expect(out).toBe("ERR_HAWSER_KEY_FILE_SYSTEM EFBIG");
    expect(existsSync(path)).toBe(false);
  });

  it("KT-034: is on the disk before it returns: synchronised once all is written, then closed", async () => {
    const calls: string[] = [];
    let length = 0;
    await watchFiles((file) => {
      for (const name of ["writeFile", "sync", "close"] as const) {
        const actual = file[name].bind(file) as (...args: unknown[]) => Promise<void>;
        vi.spyOn(file, name).mockImplementation(async (...args: unknown[]) => {
          await actual(...args);
          if (name === "writeFile") length = statSync(path).size;
          calls.push(name);
        });
      }
    });
    await writeSecretKeyFile(path, holder);
    expect(calls).toEqual(["writeFile", "sync", "close"]);
    expect(length).toBe(statSync(path).size);
  });

  it.each([false, true])(
    "KT-024: overwrites the bytes that it wrote, or could not write: %s",
    async (fails) => {
      const written: Uint8Array[] = [];
      let text = "";
      await watchFiles((file) => {
        vi.spyOn(file, "writeFile").mockImplementation(async (data) => {
          written.push(data as Uint8Array);
          text = new TextDecoder().decode(data as Uint8Array);
          if (fails) throw Object.assign(new Error("full"), { code: "ENOSPC" });
        });
      });
      if (fails)
        expect((await rejection(writeSecretKeyFile(path, holder))).message).toContain("disk is full");
      else await writeSecretKeyFile(path, holder);
      expect(text).toContain(secretText);
      expect(written).toEqual([new Uint8Array(text.length)]);
    },
  );

  it("KT-024: nothing of a wiped key pair", async () => {
    const wiped = generateKeyPair(primitives);
    wiped.wipe();
    expect((await rejection(writeSecretKeyFile(path, wiped))).code).toBe("ERR_HAWSER_KEY_WIPED");
    expect(existsSync(path)).toBe(false);
  });
});

describe("reading a secret key's file", () => {
  it.each(["0644", "0640", "0604", "0620", "0602", "0610", "0601"])(
    "KT-036: refuses mode %s with the command",
    async (octal) => {
      const mode = Number.parseInt(octal, 8);
      path = join(folder, "my key");
      writeFileSync(path, secretText);
      chmodSync(path, mode);
      const error = await rejection(readSecretKeyFile(path));
      expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_MODE", path });
      expect(error.message).toContain(`the file's mode is ${octal}`);
      const command = /chmod 600 '[^']*'/.exec(error.message)?.[0] ?? "";
      execFileSync("sh", ["-c", command]);
      expect(await readSecretKeyFile(path)).toEqual(holder.exportSecretKey());
    },
  );

  it("KT-036: asks whether it is the right file where there is no secret key in one that others can read", async () => {
    writeFileSync(path, `${holder.publicKeyText}\n`, { mode: 0o644 });
    const { code, message } = await rejection(readSecretKeyFile(path));
    expect(code).toBe("ERR_HAWSER_KEY_FILE_MODE");
    expect(message).toMatch(/there is no secret key in this file.*is it the right one\?.*chmod 600/);
    expect(message).not.toContain("can get at the secret key");
  });

  it.each(["0600", "0400", "0700", "4600"])("KT-036: takes mode %s", async (octal) => {
    const mode = Number.parseInt(octal, 8);
    writeFileSync(path, secretText);
    chmodSync(path, mode);
    expect(await readSecretKeyFile(path)).toEqual(holder.exportSecretKey());
  });

  it("KT-036: judges what a symbolic link points to", async () => {
    const target = join(folder, "target");
    writeFileSync(target, secretText, { mode: 0o644 });
    symlinkSync(target, path);
    expect((await rejection(readSecretKeyFile(path))).code).toBe("ERR_HAWSER_KEY_FILE_MODE");
    chmodSync(target, 0o600);
    expect(await readSecretKeyFile(path)).toEqual(holder.exportSecretKey());
  });

  it("KT-037: does not judge modes on Windows", () => {
    expect(() => requireSecretMode("key", 0o100666n, "win32")).not.toThrow();
    expect(refusal(() => requireSecretMode("key", 0o100666n, "linux")).code).toBe("ERR_HAWSER_KEY_FILE_MODE");
  });

  it("KT-038: a missing file, and a loop of links", async () => {
    expect(await rejection(readSecretKeyFile(path))).toMatchObject({
      code: "ERR_HAWSER_KEY_FILE_MISSING",
      path,
      cause: { code: "ENOENT" },
    });
    symlinkSync("key", path);
    const loop = await rejection(readSecretKeyFile(path));
    expect(loop).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_SYSTEM", cause: { code: "ELOOP" } });
    expect(loop.message).toContain("links lead in a circle");
  });

  it("KT-038: a folder, a pipe that nobody writes to, devices, a socket", async () => {
    const server = createServer();
    const socket = join(folder, "socket");
    await new Promise<void>((done) => server.listen(socket, done));
    execFileSync("mkfifo", ["-m", "600", path]);
    mkdirSync(join(folder, "sub"));
    for (const other of [join(folder, "sub"), path, "/dev/zero", "/dev/null", socket]) {
      const error = await rejection(readSecretKeyFile(other));
      expect(error, other).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_KIND", path: other });
      const hint = other.endsWith("sub") ? "name a file in it" : "standard input (-)";
      expect(error.message).toContain(hint);
    }
    await new Promise((done) => server.close(done));
  });

  it("KT-038: 65,536 bytes and no more", async () => {
    const padded = `#${"x".repeat(LIMIT - secretText.length - 2)}\n${secretText}`;
    writeFileSync(path, padded, { mode: 0o600 });
    expect(await readSecretKeyFile(path)).toEqual(holder.exportSecretKey());
    writeFileSync(path, `${padded}\n`);
    expect(await rejection(readSecretKeyFile(path))).toMatchObject({
      code: "ERR_HAWSER_KEY_FILE_SIZE",
      path,
    });
  });

  it.each([secretText, `${secretText}\nx`, `x\n${secretText}`])(
    "KT-024: overwrites the bytes that it read, of a good file and a bad one",
    async (text) => {
      writeFileSync(path, text, { mode: 0o600 });
      const buffers: Uint8Array[] = [];
      let seen = "";
      await watchFiles((file) => {
        const actual = file.read.bind(file) as (...args: unknown[]) => Promise<{ bytesRead: number }>;
        vi.spyOn(file, "read").mockImplementation((async (...args: unknown[]) => {
          const answer = await actual(...args);
          const buffer = args[0] as Uint8Array;
          if (!buffers.includes(buffer)) buffers.push(buffer);
          seen = new TextDecoder().decode(buffer.subarray(0, text.length));
          return answer;
        }) as unknown as FileHandle["read"]);
      });
      await readSecretKeyFile(path).catch(() => undefined);
      expect(seen).toBe(text);
      expect(buffers.map((buffer) => buffer.every((byte) => byte === 0))).toEqual([true]);
    },
  );

  it("KT-021: 40 characters of a secret key's in a row are one, 39 a path", async () => {
    const run = secretText.slice(19);
    for (const [before, length, after, code] of [
      ["/nowhere/", 40, "", "ERR_HAWSER_KEY_SECRET"],
      ["/nowhere/b", 40, "b.key", "ERR_HAWSER_KEY_SECRET"],
      ["/nowhere/", 39, "", "ERR_HAWSER_KEY_FILE_MISSING"],
      ["/nowhere/b", 39, "b.key", "ERR_HAWSER_KEY_FILE_MISSING"],
    ] as const) {
      const text = before + run.slice(0, length) + after;
      expect((await rejection(readSecretKeyFile(text))).code, text).toBe(code);
    }
  });

  it("KT-033: names file and line", async () => {
    writeFileSync(path, `# mine\n${secretText.slice(0, -1)}\n`, { mode: 0o600 });
    const error = await rejection(readSecretKeyFile(path));
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_LENGTH", path, line: 2 });
    expect(error.message.startsWith(`${path}:2: `)).toBe(true);
    writeFileSync(path, "");
    expect(await rejection(readSecretKeyFile(path))).toMatchObject({
      code: "ERR_HAWSER_KEY_FILE_NO_KEY",
      path,
    });
  });

  it("KT-021, KT-013: a secret key where its path belongs, whole or with a damaged beginning", async () => {
    for (const pasted of [
      secretText,
      secretText.toLowerCase(),
      `./${secretText}`,
      secretText.replace("SECRET", "SECRT"),
      secretText.slice(19),
    ]) {
      for (const refused of [readSecretKeyFile(pasted), writeSecretKeyFile(pasted, holder)]) {
        const error = await rejection(refused);
        expect(error.code).toBe("ERR_HAWSER_KEY_SECRET");
        expect(shows(everythingOf(error), secretText.slice(19))).toBe(false);
      }
    }
  });

  it("an empty path, a NUL in it, - where a file is written", async () => {
    for (const refused of [
      readSecretKeyFile(""),
      readSecretKeyFile("a\0b"),
      writeSecretKeyFile("-", holder),
    ]) {
      expect((await rejection(refused)).code).toBe("ERR_HAWSER_KEY_FILE_PATH");
    }
  });
});

describe("KT-039: standard input", () => {
  const from = (...chunks: (string | Uint8Array)[]) =>
    readSecretKeyFile("-", { stdin: Readable.from(chunks) });

  it("is read to its end, however it is cut", async () => {
    const text = `# mine\r\n${secretText}\r\n`;
    expect(await from(...text)).toEqual(holder.exportSecretKey());
    expect(await from(Buffer.from(text))).toEqual(holder.exportSecretKey());
  });

  it("is process.stdin unless another is given", () => {
    const script = `
      const { readSecretKeyFile } = await import("./src/keys/index.ts");
      process.stdout.write(Buffer.from(await readSecretKeyFile("-")).toString("hex"));`;
    const out = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      input: `${secretText}\n`,
      encoding: "utf8",
    });
    expect(out).toBe("07".repeat(32));
  });

  it("has the errors of a file, and is named", async () => {
    expect(await rejection(from())).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_NO_KEY", path: "-" });
    const error = await rejection(from(secretText, "\n", secretText));
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_TWO_KEYS", path: "-", line: 2 });
    expect(error.message).toMatch(/^standard input:2: /);
  });

  it("is not read beyond the bound", async () => {
    let given = 0;
    async function* endless() {
      for (;;) {
        given += 1000;
        yield new Uint8Array(1000);
      }
    }
    const error = await rejection(readSecretKeyFile("-", { stdin: endless() }));
    expect(error).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_SIZE", path: "-" });
    expect(given).toBe(66_000);
  });

  it("that fails is an error with its cause", async () => {
    const broken = new Readable({
      read() {
        this.destroy(Object.assign(new Error("gone"), { code: "EIO" }));
      },
    });
    expect(await rejection(readSecretKeyFile("-", { stdin: broken }))).toMatchObject({
      code: "ERR_HAWSER_KEY_FILE_SYSTEM",
      cause: { code: "EIO" },
    });
  });
});
