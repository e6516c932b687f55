import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { AcceptorProgram, WorkerProgram } from "../cluster/index.ts";
import { usageError } from "./errors.ts";
import type { ServeCommandOptions } from "./program.ts";

/** Whom the processes of `hawser serve --workers` run as. */
export interface ServeUsers {
  readonly acceptor: Pick<AcceptorProgram, "identity">;
  readonly worker: Pick<WorkerProgram, "identity">;
  /** What is to be said of it, where they are not apart. */
  readonly warning: string | undefined;
}

/** @throws CommandError ERR_HAWSER_USAGE for users that there are not, and where nobody but root could change to them */
export async function serveUsers({ acceptorUser, workerUser }: ServeCommandOptions): Promise<ServeUsers> {
  const isRoot = process.geteuid?.() === 0;
  if (!isRoot && (acceptorUser !== undefined || workerUser !== undefined)) {
    throw usageError(
      "--acceptor-user and --worker-user are for root, who alone can make a process another user's.",
    );
  }
  const acceptor = await identityOf("--acceptor-user", acceptorUser);
  const worker = await identityOf("--worker-user", workerUser);
  return {
    // By its name, so that it is in all groups that it is in; the worker is in its own alone.
    acceptor: acceptor === undefined ? {} : { identity: { uid: acceptor.name, gid: acceptor.gid } },
    worker: worker === undefined ? {} : { identity: () => worker },
    warning: warningOf(isRoot, acceptor, worker),
  };
}

function warningOf(
  isRoot: boolean,
  acceptor: User | undefined,
  worker: User | undefined,
): string | undefined {
  if (worker !== undefined && worker.uid !== acceptor?.uid) return undefined;
  if (worker === undefined && acceptor !== undefined) {
    return "The workers run as root, so that one that is taken over can send signals to any process: --worker-user makes them another's.";
  }
  const how = isRoot
    ? "--acceptor-user and --worker-user make them others'"
    : "only root can make them others'";
  return `Acceptor and workers run as the same user, so that a worker that is taken over can send signals to the others: ${how}.`;
}

interface User {
  readonly name: string | number;
  readonly uid: number;
  readonly gid: number;
}

/** By id(1), which asks all that the system has of users; Node looks up none but its own. */
async function identityOf(option: string, name: string | undefined): Promise<User | undefined> {
  if (name === undefined) return undefined;
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/.test(name)) throw usageError(`${option} takes the name of a user.`);
  const [uid, gid] = await Promise.all([idOf("-u", name), idOf("-g", name)]);
  if (uid === undefined || gid === undefined) throw usageError(`${option}: the system has no such user.`);
  if (uid === 0) throw usageError(`${option} takes another user than root.`);
  return { name: /^\d+$/.test(name) ? uid : name, uid, gid };
}

async function idOf(flag: string, name: string): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)("id", [flag, name]);
    return /^\d+\n?$/.test(stdout) ? Number(stdout) : undefined;
  } catch {
    return undefined;
  }
}
