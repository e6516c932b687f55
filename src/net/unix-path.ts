import { randomBytes } from "node:crypto";
import { link, lstat, open, rename, unlink } from "node:fs/promises";
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
  for (;;) {
    try {
      const file = await open(lock, "wx", 0o600);
      await file.close();
      return () => unlink(lock).catch(ifMissing);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const there = await lstat(lock).catch(ifMissing);
    if (there !== undefined && Date.now() - there.mtimeMs > staleAfter) await removeStale(lock, there.ino);
    else await sleep(waitForLock);
  }
}

/** Moved away first: what another process has made anew in the meantime is put back. */
async function removeStale(lock: string, ino: number): Promise<void> {
  const aside = `${lock}.${randomBytes(6).toString("hex")}`;
  await rename(lock, aside).catch(ifMissing);
  const moved = await lstat(aside).catch(ifMissing);
  if (moved === undefined) return;
  if (moved.ino !== ino) await link(aside, lock).catch(() => undefined);
  await unlink(aside);
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
  return undefined;
}
