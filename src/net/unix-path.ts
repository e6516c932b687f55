import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { withLock } from "../keys/files/lock-file.ts";

/**
 * Takes the path of a unix socket away from a server that died and left it behind. `false` where there is nothing to
 * take: its server lives, or it is no socket at all, which is never touched.
 *
 * A lock file beside it, `PATH.lock`, keeps two processes from taking the path from each other: the one would remove
 * what the other has just bound. `bind` is called while it is held.
 */
export function takeOver(path: string, bind: () => Promise<void>): Promise<boolean> {
  return withLock(`${path}.lock`, async () => {
    const found = await lstat(path).catch(ifMissing);
    if (found !== undefined) {
      if (!found.isSocket() || (await isServed(path))) return false;
      await unlink(path).catch(ifMissing);
    }
    await bind();
    return true;
  });
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

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
  return undefined;
}
