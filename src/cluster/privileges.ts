import { UsageError } from "../protocol/index.ts";

/** Whom a process runs as. Numbers, or names that the system knows. */
export interface Identity {
  readonly uid: number | string;
  readonly gid: number | string;
}

/** What Node's types have under another name. */
interface InitGroups {
  initgroups(user: number | string, extraGroup: number | string): void;
}

/**
 * Gives up what root may, for good: the supplementary groups first, then the group, then the user, as after the last nothing
 * of it may be changed. A process that is not root has nothing to give up, and is refused another identity.
 *
 * @throws UsageError where it can't be done, or can be undone
 */
export function dropPrivileges({ uid, gid }: Identity): void {
  const system = process as typeof process & Partial<InitGroups>;
  const { setgroups, initgroups, setgid, setuid, getuid, geteuid } = system;
  if (!setgroups || !initgroups || !setgid || !setuid || !getuid || !geteuid) {
    throw new UsageError("this system has no users to change to");
  }
  if (geteuid() !== 0) throw new UsageError("only root can become another user");
  if (uid === 0 || uid === "root") throw new UsageError("the identity is to be another than root");
  if (typeof uid === "string") initgroups(uid, gid);
  else setgroups([gid]);
  setgid(gid);
  setuid(uid);
  if (canReturn()) throw new UsageError("the privileges could be had back");
}

function canReturn(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return process.geteuid?.() === 0 || process.getuid?.() === 0;
  }
}

/** Node opens its debugger, to whoever may connect, at a SIGUSR1 of another process of the same user. Not here. */
export function withoutDebugger(): void {
  process.on("SIGUSR1", () => undefined);
}
