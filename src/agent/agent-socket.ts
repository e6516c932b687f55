import { once } from "node:events";
import { stat } from "node:fs/promises";
import type { Server } from "node:net";
import { dirname } from "node:path";
import { showPath } from "../keys/errors.ts";
import { requireSocketPath } from "../net/dial.ts";
import { takeOver } from "../net/unix-path.ts";
import { AgentError } from "./errors.ts";

/**
 * Listens at a unix socket that only those may connect to who are meant to: from the first moment on, as the mode is given
 * by the mask when the socket is made (AG-022). A path that a dead process left behind is taken.
 *
 * @param path absolute
 * @param isForAll whether every user may connect, as each is looked at
 * @throws AgentError ERR_HAWSER_AGENT_FOLDER; UsageError for a path that no socket can have; the system's error
 */
export async function listenForOwner(server: Server, path: string, isForAll: boolean): Promise<void> {
  requireSocketPath(path);
  await requireSafeFolder(dirname(path));
  const bind = async () => {
    const listening = once(server, "listening");
    // Bound within this call, so that the mask is nobody else's.
    const mask = process.umask(isForAll ? 0o111 : 0o177);
    try {
      server.listen(path);
    } finally {
      process.umask(mask);
    }
    await listening;
  };
  await bind().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE" || !(await takeOver(path, bind))) throw error;
  });
}

/**
 * AG-023: who may write to a folder may remove what is in it, unless the folder is sticky. A folder is judged as it is,
 * those above it are its owner's to look after.
 */
async function requireSafeFolder(folder: string): Promise<void> {
  const { mode, uid } = await stat(folder);
  const own = process.geteuid?.();
  if (own === undefined) return;
  const isOthers = uid !== own && uid !== 0;
  const isOpen = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
  if (!isOthers && !isOpen) return;
  const mend = isOthers ? "choose a folder of your own" : `chmod go-w ${showPath(folder)}`;
  throw new AgentError(
    "ERR_HAWSER_AGENT_FOLDER",
    `Other users may put another socket in the place of the agent's in ${showPath(folder)}: ${mend}.`,
  );
}
