import { lstat, open, unlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** What a lock is held for takes milliseconds; one this old, in milliseconds, is that of a process that died. */
const staleAfter = 10_000;
const waitForLock = 10;

/**
 * Does something while a lock file is there, waiting for whoever has made it before.
 *
 * @throws what the action throws, and the system's error where the lock can't be made or a dead one's can't be removed
 */
export async function withLock<T>(lock: string, action: () => Promise<T>): Promise<T> {
  while (!(await make(lock))) {
    if (await isStale(lock)) await removeStale(lock);
    else await sleep(waitForLock);
  }
  try {
    return await action();
  } finally {
    await remove(lock);
  }
}

/**
 * One process at a time: by when a second one removed what it had found stale, it would be the lock that the first has
 * made in its place.
 */
async function removeStale(lock: string): Promise<void> {
  const removing = `${lock}.stale`;
  if (await make(removing)) {
    try {
      if (await isStale(lock)) await remove(lock);
    } finally {
      await remove(removing);
    }
  } else if (await isStale(removing)) await remove(removing);
  else await sleep(waitForLock);
}

/** `false` where it is there already. */
async function make(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, "wx", 0o600);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

/** Whether a process that died has left it. One from the future was made before the clock was put right. */
async function isStale(lock: string): Promise<boolean> {
  const there = await lstat(lock).catch(ifMissing);
  if (there === undefined) return false;
  if (!there.isFile() || there.size > 0) {
    const words = `${lock} is in the way: it should be an empty file, a lock. Move it away.`;
    throw Object.assign(new Error(words), { code: "EEXIST", path: lock });
  }
  return Math.abs(Date.now() - there.mtimeMs) > staleAfter;
}

async function remove(lock: string): Promise<void> {
  await unlink(lock).catch(ifMissing);
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
  return undefined;
}
