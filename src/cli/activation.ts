import { fstatSync, readFileSync, readlinkSync } from "node:fs";
import { CommandError } from "./errors.ts";

/** A listening socket that the service manager has passed to this process, as sd_listen_fds(3) has it. */
export interface ActivatedSocket {
  /** Its descriptor. */
  readonly fd: number;
  /** The path of a unix socket, where the system tells. */
  readonly path: string | undefined;
}

/** The first descriptor that is passed; the others follow it. */
const firstDescriptor = 3;

const variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] as const;

/** Whether an address stands for a socket that is passed: `systemd:` or `systemd:NAME`. */
export function isActivation(address: string): boolean {
  return address.startsWith("systemd:");
}

/**
 * The socket that `systemd:` (the only one passed) or `systemd:NAME` (that of the unit's `FileDescriptorName=`) means. The
 * variables that tell of it are unset, so that no process that this one starts takes the sockets for its own.
 *
 * @throws CommandError ERR_HAWSER_LISTEN where there is no such socket, or it is none that can be listened at
 */
export function activatedSocket(
  address: string,
  env: Record<string, string | undefined> = process.env,
  pid: number = process.pid,
): ActivatedSocket {
  const wanted = address.slice("systemd:".length);
  const given = variables.map((name) => env[name]);
  for (const name of variables) delete env[name];
  const names = passedNames(given, pid);
  const found = names.flatMap((name, index) => (wanted === "" || name === wanted ? [index] : []));
  const [index, another] = found;
  const all = names.join(", ");
  if (index === undefined) throw noSocket(`none of the sockets passed is named so; there are: ${all}`);
  if (another !== undefined) {
    throw noSocket(
      wanted === ""
        ? `several sockets were passed (${all}): name the one that is meant, as in systemd:NAME`
        : "several of the sockets passed are named so: give each a FileDescriptorName= of its own",
    );
  }
  return inspect(firstDescriptor + index);
}

/** The name of each socket that was passed. */
function passedNames([owner, count, names]: (string | undefined)[], pid: number): string[] {
  if (owner === undefined || count === undefined) {
    throw noSocket(
      "no socket was passed (LISTEN_PID and LISTEN_FDS are not set): start this as a service that has a .socket unit",
    );
  }
  if (owner !== String(pid)) {
    throw noSocket(
      "the sockets were passed to another process (LISTEN_PID): the unit has to start hawser itself, not a shell or npx around it",
    );
  }
  if (!/^[1-9][0-9]{0,3}$/.test(count)) throw noSocket("LISTEN_FDS is not a number of sockets");
  const given = names === undefined || names === "" ? [] : names.split(":");
  return Array.from({ length: Number(count) }, (_, index) => given[index] ?? "unknown");
}

/** What the descriptor is, as far as the system tells; what it does not tell is found out by listening. */
function inspect(fd: number): ActivatedSocket {
  let isSocket: boolean;
  try {
    isSocket = fstatSync(fd).isSocket();
  } catch {
    throw noSocket(`descriptor ${fd}, which is said to be one, is not open`);
  }
  if (!isSocket) throw noSocket(`descriptor ${fd} is not a socket`);
  const known = inProc(fd);
  if (known?.isListening === false) {
    throw noSocket(
      `descriptor ${fd} is not a stream socket that is listened at: the .socket unit needs ListenStream= and Accept=no`,
    );
  }
  return { fd, path: known?.path };
}

/**
 * By the tables of proc(5), which are those of the own network namespace: a socket of another is in none of them.
 * `/proc/net/tcp` has the state 0A for TCP_LISTEN; `/proc/net/unix` the flag 0x10000 (__SO_ACCEPTCON) and the type 1 for
 * streams.
 */
function inProc(fd: number): { isListening: boolean; path?: string | undefined } | undefined {
  const inode = read(() => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1]);
  if (inode === undefined) return undefined;
  for (const table of ["tcp", "tcp6", "udp", "udp6"]) {
    const row = rows(table).find((words) => words[9] === inode);
    if (row !== undefined) return { isListening: table.startsWith("tcp") && row[3] === "0A" };
  }
  const row = rows("unix").find((words) => words[6] === inode);
  if (row === undefined) return undefined;
  const [, , , flags = "", type] = row;
  const path = row.slice(7).join(" ");
  return {
    isListening: type === "0001" && (Number.parseInt(flags, 16) & 0x10000) !== 0,
    path: path.startsWith("/") ? path : undefined,
  };
}

function rows(table: string): string[][] {
  const text = read(() => readFileSync(`/proc/self/net/${table}`, "utf8")) ?? "";
  return text.split("\n").map((line) => line.trim().split(/ +/));
}

/** What the system tells; `undefined` where it does not. */
function read<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

function noSocket(words: string): CommandError {
  return new CommandError("ERR_HAWSER_LISTEN", `Can't listen at the service manager's socket: ${words}.`);
}
