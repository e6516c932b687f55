import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Handle } from "../net/handoff-handle.ts";
import type { AcceptorStart } from "./acceptor.ts";
import { endOf } from "./descriptor-pipe.ts";
import { type LaneAtStart, laneDescriptors } from "./lane.ts";
import type { Identity } from "./privileges.ts";

/** A program that a cluster starts. */
export interface Program {
  readonly module: string | URL;
  readonly args?: readonly string[];
  /** All of its environment: nothing of the admin's goes along. */
  readonly env?: Readonly<Record<string, string>>;
  /** Node's own options. */
  readonly execArgv?: readonly string[];
}

export interface AcceptorProgram extends Program {
  /** Whom it becomes once keys and port are open, where it is started by root; itself unless given. */
  readonly identity?: Identity;
}

export interface WorkerProgram extends Program {
  /** Whom each runs as, by its slot from 0 on, where it is started by root; the admin's own unless given. */
  readonly identity?: (slot: number) => { readonly uid: number; readonly gid: number };
  /**
   * Whether a worker may pass connections on to another, by their slots; or all to all. Unless it is given there is no way
   * between them. There are 32 workers at the most then.
   */
  readonly passOn?: boolean | ((from: number, to: number) => boolean);
  /** What a worker may do under Node's permission model; `false` for everything. */
  readonly permissions: WorkerPermissions | false;
}

/** Everything else is denied: other files, child processes, threads, and addons, that is native code. */
export interface WorkerPermissions {
  /** Files and folders: its program is to be among them. */
  readonly read: readonly string[];
  readonly write?: readonly string[];
  /** Lets native addons load, `sodium-native` among them, which could do anything: `false` unless given. */
  readonly addons?: boolean;
  /** Lets it open connections of its own, on a Node that denies that (from 25 on); `false` unless given. */
  readonly network?: boolean;
}

export interface Started {
  readonly child: ChildProcess;
  /** This process's ends of its pipes, of which nothing has been read. */
  readonly pipes: readonly Handle[];
}

/** @param lanes those to and from workers that are there, where they pass connections on */
export function startWorker(
  program: WorkerProgram,
  slot: number,
  lanes: readonly LaneAtStart[] | undefined,
): Started {
  const { permissions, identity } = program;
  const more = lanes === undefined ? 0 : laneDescriptors.first - laneDescriptors.control + lanes.length;
  const flags = permissions === false ? [] : permissionFlags(permissions);
  const child = spawn(process.execPath, [...flags, ...commandOf(program)], {
    stdio: ["ignore", "inherit", "inherit", "pipe", "pipe", ...Array<"pipe">(more).fill("pipe")],
    env: {
      ...program.env,
      HAWSER_CLUSTER: "worker",
      HAWSER_CLUSTER_SLOT: String(slot),
      ...(lanes === undefined ? {} : { HAWSER_CLUSTER_LANES: JSON.stringify(lanes) }),
    },
    ...identity?.(slot),
  });
  return started(child, 3, 4, ...Array.from({ length: more }, (_, i) => laneDescriptors.control + i));
}

/** @param listening the descriptor that is bound */
export function startAcceptor(
  program: AcceptorProgram,
  listening: number,
  path: string | undefined,
): Started {
  const { identity } = program;
  const start: AcceptorStart = {
    ...(identity === undefined ? {} : { identity }),
    ...(path === undefined ? {} : { path }),
  };
  const child = spawn(process.execPath, commandOf(program), {
    stdio: ["ignore", "inherit", "inherit", "pipe", "pipe", listening],
    env: { ...program.env, HAWSER_CLUSTER: "acceptor", HAWSER_CLUSTER_START: JSON.stringify(start) },
  });
  return started(child, 3, 4);
}

function started(child: ChildProcess, ...pipes: readonly number[]): Started {
  child.on("error", () => undefined); // It has not started, which its exit tells.
  return { child, pipes: child.pid === undefined ? [] : pipes.map((fd) => endOf(child.stdio[fd])) };
}

function commandOf({ module, args = [], execArgv = [] }: Program): string[] {
  return [...execArgv, module instanceof URL ? fileURLToPath(module) : module, ...args];
}

/** Node 20 has it under another name. */
function permissionFlags({ read, write = [], addons = false, network = false }: WorkerPermissions): string[] {
  const { allowedNodeEnvironmentFlags: known } = process;
  return [
    known.has("--permission") ? "--permission" : "--experimental-permission",
    "--no-warnings",
    ...read.map((path) => `--allow-fs-read=${path}`),
    ...write.map((path) => `--allow-fs-write=${path}`),
    ...(addons && known.has("--allow-addons") ? ["--allow-addons"] : []),
    ...(network && known.has("--allow-net") ? ["--allow-net"] : []),
  ];
}
