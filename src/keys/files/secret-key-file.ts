import type { BigIntStats } from "node:fs";
import { type FileHandle, lstat, open, unlink } from "node:fs/promises";
import { argumentError, requireObject } from "../arguments.ts";
import { KeyError, showPath } from "../errors.ts";
import type { LocalKeyHolder } from "../key-pair.ts";
import { formatSecretKeyFile, parseSecretKeyFile } from "../secret-key-lines.ts";
import { mentionsSecretKey } from "../text.ts";
import { readRegularFile, requirePath, system, tooLarge } from "./regular-file.ts";

/** The most bytes of a secret key's file that are read. */
const LIMIT = 65_536;

/** For {@link readSecretKeyFile}. */
export interface ReadSecretKeyOptions {
  /** What `"-"` reads; `process.stdin` unless given. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
}

/**
 * Writes a key pair to a new file that only its owner can read (mode 0600), and has it on the disk before it
 * returns. A file that is there already, a symbolic link that points nowhere included, is never touched.
 * (KT-034, KT-035)
 *
 * @param created the time that the file names; now unless given
 * @throws KeyError ERR_HAWSER_KEY_FILE_EXISTS, _MISSING (the folder), _SYSTEM, _PATH; ERR_HAWSER_KEY_WIPED
 */
export async function writeSecretKeyFile(
  path: string,
  holder: LocalKeyHolder,
  created = new Date(),
): Promise<void> {
  requirePath(path);
  const content = new TextEncoder().encode(formatSecretKeyFile(holder, created));
  const file = await create(path);
  let made: BigIntStats | undefined;
  try {
    made = await file.stat({ bigint: true });
    // The mode given to open is less what the umask takes away, which may be too much.
    await file.chmod(0o600);
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    if (made !== undefined) await removeOwn(path, made);
    await system(path, "write", () => Promise.reject(error));
  } finally {
    content.fill(0);
    await file.close();
  }
}

/**
 * The secret key (32 bytes; the caller wipes them) in a file, or in standard input when the path is `"-"`.
 *
 * A file that its group or others can read, write or execute is refused, whoever owns it, with the command that
 * mends it. On Windows modes are not checked, since they say nothing there. (KT-036, KT-037, KT-038, KT-039)
 *
 * @throws KeyError ERR_HAWSER_KEY_FILE_…, or a code of the key's text, with the path and where it helps the line
 */
export async function readSecretKeyFile(
  path: string,
  options: ReadSecretKeyOptions = {},
): Promise<Uint8Array> {
  requireObject("options", options, "an object such as { stdin } was expected");
  const bytes =
    path === "-" ? await readStandardInput(options.stdin ?? process.stdin) : await readFileOf(path);
  try {
    return parseSecretKeyFile(bytes);
  } catch (error) {
    throw error instanceof KeyError ? error.at({ path }) : error;
  } finally {
    bytes.fill(0);
  }
}

/**
 * Refuses a file that others than its owner can get at (KT-036); Windows aside, where modes say nothing (KT-037).
 *
 * @param hasSecret whether there is a secret key in it, as far as can be told; otherwise it may be the wrong file
 * @throws KeyError ERR_HAWSER_KEY_FILE_MODE
 */
export function requireSecretMode(
  path: string,
  mode: bigint,
  platform: NodeJS.Platform,
  hasSecret = true,
): void {
  if (platform === "win32" || (mode & 0o077n) === 0n) return;
  const change = `chmod 600 ${showPath(path)}`;
  throw new KeyError(
    "ERR_HAWSER_KEY_FILE_MODE",
    hasSecret
      ? `the file's mode is ${modeText(mode)}, so others than its owner can get at the secret key. Make it the owner's ` +
          `alone: ${change} (and if it was so for long, make a new key pair)`
      : "there is no secret key in this file, as there is in one that hawser keygen made: is it the right one? (Its mode " +
          `is ${modeText(mode)}, and a secret key's file is its owner's alone: ${change})`,
    { path },
  );
}

/** A mode as chmod takes it, `0644`. */
export function modeText(mode: bigint): string {
  return `0${(mode & 0o7777n).toString(8).padStart(3, "0")}`;
}

async function readFileOf(path: string): Promise<Uint8Array> {
  requirePath(path);
  const { bytes, stat } = await readRegularFile(path, LIMIT, () => undefined);
  try {
    requireSecretMode(
      path,
      stat.mode,
      process.platform,
      mentionsSecretKey(new TextDecoder("latin1").decode(bytes)),
    );
    return bytes;
  } catch (error) {
    bytes.fill(0);
    throw error;
  }
}

async function readStandardInput(input: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  if (typeof input[Symbol.asyncIterator] !== "function") {
    throw argumentError("stdin", input, "a readable stream was expected");
  }
  const buffer = new Uint8Array(LIMIT);
  let length = 0;
  await system("-", "read", async () => {
    for await (const chunk of input) {
      const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
      if (length + bytes.length > LIMIT) {
        buffer.fill(0);
        throw tooLarge("-", LIMIT);
      }
      buffer.set(bytes, length);
      length += bytes.length;
    }
  });
  return buffer.subarray(0, length);
}

async function create(path: string): Promise<FileHandle> {
  try {
    // "x" is O_EXCL: the file is made by this call or not at all.
    return await open(path, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST")
      return system(path, "write", () => Promise.reject(error));
    throw new KeyError(
      "ERR_HAWSER_KEY_FILE_EXISTS",
      "there is a file already, and a secret key is never overwritten: choose another path, or move the file away first",
      { path },
      { cause: error },
    );
  }
}

/** Takes back a file that was made and could not be written, if it is still the one under its path. */
async function removeOwn(path: string, made: BigIntStats): Promise<void> {
  const there = await lstat(path, { bigint: true }).catch(() => undefined);
  if (there?.ino === made.ino && there.dev === made.dev) await unlink(path).catch(() => undefined);
}
