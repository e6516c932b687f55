import { lstat, open, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A lock is held for as long as a local connect takes; one this old, in milliseconds, is that of a process that died. */
const staleAfter = 10_000;
const waitForLock = 20;

/**
 * Takes the path of a unix socket away from a server that died and left it behind. `false` where there is nothing to
 * take: its server lives, or it is no socket at all, which is never touched.
 *
 * A lock file beside it, `PATH.lock`, keeps two processes from taking the path from each other: the one would remove
 * what the other has just bound. `bind` is called while it is held.
 */
export async function takeOver(path: string, bind: () => Promise<void>): Promise<boolean> {
  const lock = `${path}.lock`;
  const release = await acquire(lock);
  try {
    const found = await lstat(path).catch(ifMissing);
    if (found !== undefined) {
      if (!found.isSocket() || (await isServed(path))) return false;
      await unlink(path).catch(ifMissing);
    }
    await bind();
    return true;
  } finally {
    await release();
  }
}

/** Whether somebody listens: ECONNREFUSED is what the path of a dead server gives; a full backlog (EAGAIN) is alive. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else if (error.code === "EAGAIN") resolve(true);
      else reject(error);
    });
  });
}

/** Makes the lock file, waiting for whoever has it. */
async function acquire(lock: string): Promise<() => Promise<void>> {
  while (!(await make(lock))) {
    if (await isStale(lock)) await removeStale(lock);
    else await sleep(waitForLock);
  }
  return () => remove(lock);
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
    const words = `${lock} is in the way: it should be an empty file, a lock. Move it, or listen elsewhere.`;
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
