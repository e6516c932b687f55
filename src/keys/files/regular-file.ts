import type { BigIntStats } from "node:fs";
import { constants, type FileHandle, open } from "node:fs/promises";
import { BECH32_ALPHABET } from "../alphabet.ts";
import { requireText } from "../arguments.ts";
import { KeyError } from "../errors.ts";
import { mentionsSecretKey, secretMisplaced } from "../text.ts";

/**
 * Reading a small regular file without ever waiting or growing: pipes, devices and folders are refused by what was
 * opened, not by what a path named a moment before, and no more than a limit is read.
 */

/** A file's content and what `fstat` said of it when it was opened. */
export interface FileContent {
  readonly bytes: Uint8Array;
  readonly stat: BigIntStats;
}

const SECRET_RUN = new RegExp(`[${BECH32_ALPHABET.toUpperCase()}]{40}`);

/**
 * Refuses a path that is none, and one that looks like a secret key (whole, or with a damaged beginning): pasted
 * where a path belongs it would be shown by the system's error. (KT-013, KT-021)
 *
 * @throws KeyError ERR_HAWSER_KEY_FILE_PATH, ERR_HAWSER_KEY_SECRET, ERR_HAWSER_KEY_ARGUMENT
 */
export function requirePath(path: string): void {
  requireText("the path", path);
  if (mentionsSecretKey(path) || SECRET_RUN.test(path)) throw secretMisplaced("the path of a file");
  if (path === "-") {
    throw new KeyError(
      "ERR_HAWSER_KEY_FILE_PATH",
      "- stands for standard input, which only a secret key is read from; a file of that name is ./-",
    );
  }
  if (path === "" || path.includes("\0")) {
    throw new KeyError(
      "ERR_HAWSER_KEY_FILE_PATH",
      path === ""
        ? "the path is empty (an unset variable?)"
        : "the path has a NUL character, which no path has",
    );
  }
}

/**
 * Reads a regular file of at most `limit` bytes (KT-038, KT-051). Symbolic links are followed.
 *
 * @param judge looks at what was opened before anything is read, and throws to refuse it
 * @throws KeyError ERR_HAWSER_KEY_FILE_MISSING, _KIND, _SIZE, _SYSTEM, or what `judge` throws
 */
export async function readRegularFile(
  path: string,
  limit: number,
  judge: (stat: BigIntStats) => void,
): Promise<FileContent> {
  const file = await openForReading(path);
  try {
    const stat = await system(path, "read", () => file.stat({ bigint: true }));
    if (!stat.isFile())
      throw wrongKind(path, stat.isDirectory() ? FOLDER : stat.isFIFO() ? "a pipe" : "a device");
    judge(stat);
    const bytes = await system(path, "read", () => readAtMost(file, limit));
    if (bytes === undefined) throw tooLarge(path, limit);
    return { bytes, stat };
  } finally {
    await file.close();
  }
}

/** The error for more than `limit` bytes. */
export function tooLarge(path: string, limit: number): KeyError {
  return new KeyError(
    "ERR_HAWSER_KEY_FILE_SIZE",
    `there are more than ${limit} bytes, more than such a file ever has; is it the right one?`,
    { path },
  );
}

/** Runs a system call; its error becomes the cause of one that says what was tried. */
export async function system<T>(path: string, verb: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof KeyError ? error : systemError(path, verb, error);
  }
}

const PERMISSIONS = "check the permissions of the file and of the folders above it";

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: PERMISSIONS,
  EPERM: PERMISSIONS,
  ENOTDIR: "something before the last / of the path is a file, and no folder",
  ELOOP: "its symbolic links lead in a circle: remove the one that points back",
  ENAMETOOLONG: "the path is too long: use a shorter one",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only: choose another folder",
};

function systemError(path: string, verb: string, error: unknown): KeyError {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown";
  if (code === "ENOENT") {
    const what = verb === "read" ? "there is no such file" : "there is no such folder to make the file in";
    return new KeyError("ERR_HAWSER_KEY_FILE_MISSING", `${what}; check the path`, { path }, { cause: error });
  }
  const hint = ADVICE[code] === undefined ? "" : `; ${ADVICE[code]}`;
  return new KeyError(
    "ERR_HAWSER_KEY_FILE_SYSTEM",
    `the file could not be ${verb === "read" ? "read" : "written"}: the system says ${code}${hint}`,
    { path },
    { cause: error },
  );
}

async function openForReading(path: string): Promise<FileHandle> {
  // Without O_NONBLOCK the opening of a pipe waits for a writer; Windows has neither constant.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
  try {
    return await open(path, flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENXIO") throw wrongKind(path, "a socket or a device");
    if (code === "EISDIR") throw wrongKind(path, FOLDER);
    throw systemError(path, "read", error);
  }
}

const FOLDER = "a folder";

function wrongKind(path: string, kind: string): KeyError {
  const hint =
    kind === FOLDER ? "name a file in it" : "a secret key from a pipe is read from standard input (-)";
  return new KeyError(
    "ERR_HAWSER_KEY_FILE_KIND",
    `this is ${kind}, and a regular file was expected; ${hint}`,
    { path },
  );
}

/** The rest of a file, `undefined` when that is more than `limit` bytes. A refused content is overwritten. */
async function readAtMost(file: FileHandle, limit: number): Promise<Uint8Array | undefined> {
  const buffer = new Uint8Array(limit + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  buffer.fill(0);
  return undefined;
}
