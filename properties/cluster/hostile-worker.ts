/** A worker that is taken over as soon as a client tells it so: it does what it is told, and says what came of it. */
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { DescriptorSender } from "../../src/cluster/descriptor-pipe.ts";
import { runWorker } from "../../src/cluster/worker.ts";

/** What a client says, as JSON. */
export type Order =
  | {
      readonly do: "look";
      readonly keyPath: string;
      readonly pids: readonly number[];
      readonly signals: boolean;
    }
  /** Base64, written to descriptors. */
  | { readonly do: "write"; readonly fds: readonly number[]; readonly bytes: string }
  /** Sends descriptors where they do not belong. */
  | { readonly do: "leak"; readonly fds: readonly number[] }
  /** Once a process has its credits that lives for some seconds, where it is asked for that and may have one. */
  | { readonly do: "hang"; readonly leavingAChild?: true }
  | { readonly do: "echo" };

/** The handles that read, of pipes and of connections: nothing else may write to a descriptor while one does. */
const reading = new Set<{ readStop(): void }>();
const { _handle: some } = new Socket({ fd: 3, manualStart: true } as never) as unknown as { _handle: object };
const streams = ownerOf("readStart", some);
const { readStart } = streams;
streams["readStart"] = function (this: { readStop(): void }) {
  reading.add(this);
  return readStart?.call(this);
};

/** Where a handle has a method from: all kinds of streams have it from there. */
function ownerOf(name: string, handle: object): Record<string, (...values: never[]) => unknown> {
  let owner = handle;
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  return owner as ReturnType<typeof ownerOf>;
}

await runWorker(
  (socket) => {
    let line = "";
    socket.on("data", function onData(bytes: Buffer) {
      line += bytes.toString();
      if (!line.endsWith("\n")) return;
      socket.off("data", onData);
      const order: Order = JSON.parse(line);
      if (order.do === "echo") {
        socket.on("data", (more: Buffer) => socket.write(more));
        socket.on("end", () => socket.end());
        socket.write("ready");
      } else if (order.do === "look") void look(order).then((found) => socket.end(JSON.stringify(found)));
      else if (order.do === "write") socket.write(writeTo(order.fds, Buffer.from(order.bytes, "base64")));
      else if (order.do === "leak") leak(order.fds);
      else {
        if (order.leavingAChild)
          spawn("sleep", ["3"], { stdio: ["ignore", "ignore", "ignore", "ignore", 4] });
        for (;;);
      }
    });
  },
  { allowHalfOpen: true },
);

/** Each attempt, and what kept it from success. */
async function look({ keyPath, pids, signals }: Order & { do: "look" }): Promise<Record<string, string>> {
  const attempts: Record<string, () => unknown> = {
    "the key file": () => readFileSync(keyPath),
    "the key file, later": () => readFile(keyPath),
    "the key file, as a module": () => createRequire(import.meta.url)(keyPath),
    "the key file, by another name": () => readFileSync(`/proc/self/root${keyPath}`),
    "the folder of keys": () => readdirSync(keyPath.slice(0, keyPath.lastIndexOf("/"))),
    "a file of its own": () => writeFileSync(`${keyPath}.mine`, "x"),
    "its program": () => writeFileSync(process.argv[1] as string, "x"),
    "a report": () => process.report?.writeReport(`${keyPath}.report`) || undefined,
    "a shell": () => spawnSync("cat", [keyPath]).status === 0 || refused("no shell"),
    "a thread": () => new Worker("0", { eval: true }),
    "native code": () => process.dlopen({ exports: {} } as never, "/lib/x86_64-linux-gnu/libc.so.6"),
    "Node's insides": () => (process as unknown as { binding(name: string): object }).binding("fs"),
  };
  // Who is root already, as no other user can run Node, has nothing to gain.
  if (process.getuid?.() !== 0) attempts["root"] = () => process.setuid?.(0);
  for (const pid of ["self", ...pids]) {
    for (const name of ["mem", "environ", "maps", "cmdline"]) {
      attempts[`/proc/${pid}/${name}`] = () => readFileSync(`/proc/${pid}/${name}`);
    }
    attempts[`/proc/${pid}/fd`] = () => readdirSync(`/proc/${pid}/fd`);
    if (pid === "self" || !signals) continue;
    for (const signal of ["SIGUSR1", "SIGKILL", 0] as const) {
      attempts[`signal ${signal} to ${pid}`] = () => process.kill(Number(pid), signal);
    }
  }
  const found: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt();
      found[name] = "it worked";
    } catch (error) {
      found[name] = (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }
  return found;
}

function refused(why: string): never {
  throw new Error(why);
}

/** How many of the descriptors could be written to. */
function writeTo(fds: readonly number[], bytes: Buffer): string {
  for (const handle of reading) handle.readStop();
  let count = 0;
  for (const fd of fds) {
    try {
      const socket = new Socket({ fd });
      socket.on("error", () => undefined);
      socket.write(bytes);
      count++;
    } catch {
      // There is none, or it is not of a kind that can be written to.
    }
  }
  return String(count);
}

function leak(fds: readonly number[]): void {
  for (const handle of reading) handle.readStop();
  for (const fd of fds) {
    const { _handle: end } = new Socket({ fd, manualStart: true } as never) as unknown as { _handle: never };
    const sender = new DescriptorSender(end);
    for (let i = 0; i < 20; i++) sender.send(new Uint8Array(8), end);
  }
}
