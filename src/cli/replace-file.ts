import { randomBytes } from "node:crypto";
import { link, lstat, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A lock is held for some milliseconds; one this old, in milliseconds, is that of a process that died. */
const staleAfter = 10_000;
const waitForLock = 10;

/**
 * Gives a file a new content in one step: whoever reads it has the old one or the new one, also when the machine
 * stops in the middle.
 */
export async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const made = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(made, "wx", mode);
  try {
    await file.chmod(mode); // Whatever the umask has taken away.
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await unlink(made).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
  await rename(made, path);
  await syncFolder(dirname(path));
}

/** Does something while a lock file is there, waiting for whoever has made it before. */
export async function withLock<T>(lock: string, action: () => Promise<T>): Promise<T> {
  while (!(await take(lock))) await sleep(waitForLock);
  try {
    return await action();
  } finally {
    await unlink(lock).catch(() => undefined);
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, "wx", 0o600);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const there = await lstat(lock).catch(() => undefined);
  if (there !== undefined && Date.now() - there.mtimeMs > staleAfter) await removeStale(lock, there.ino);
  return false;
}

/** Moved away first: what another process has made anew in the meantime is put back. */
async function removeStale(lock: string, ino: number): Promise<void> {
  const aside = `${lock}.${randomBytes(6).toString("hex")}`;
  await rename(lock, aside).catch(() => undefined);
  const moved = await lstat(aside).catch(() => undefined);
  if (moved === undefined) return;
  if (moved.ino !== ino) await link(aside, lock).catch(() => undefined);
  await unlink(aside);
}

/** So that the new name is on the disk too. Windows has no such call. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
