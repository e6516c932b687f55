import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Cluster, ClusterEvent, ClusterOptions } from "../../src/cluster/index.ts";
import { startCluster } from "../../src/cluster/index.ts";
import { writeSecretKeyFile } from "../../src/keys/index.ts";
import { type ConnectOptions, connect, generateKeyPair, type HawserSocket } from "../../src/net/index.ts";
import { afterwards } from "../net/loopback.ts";
import { hasOtherUsers } from "./other-users.ts";

/** A folder that other users may read, but for what is closed to them. */
export function openFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "hawser-cluster-"));
  chmodSync(path, 0o755);
  afterwards(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A program in one file, which is all that it needs to read. */
export async function bundled(name: string, into: string): Promise<string> {
  const outfile = join(into, `${name}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`${name}.ts`, import.meta.url))],
    ...{ outfile, bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "silent" },
    external: ["sodium-native"],
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
  });
  return outfile;
}

export const clientPair = await generateKeyPair();

export interface Scene {
  readonly folder: string;
  readonly keyPath: string;
  readonly cluster: Cluster;
  readonly events: ClusterEvent[];
  join(options?: Partial<ConnectOptions>): Promise<HawserSocket>;
  count(type: ClusterEvent["type"]): number;
}

export interface SceneOptions {
  readonly workers?: number;
  readonly program?: string;
  readonly workerArgs?: readonly string[];
  readonly choosing?: boolean;
  readonly listen?: ClusterOptions["listen"];
  /** Each process as another user, where the tests are run by root. */
  readonly users?: boolean;
  /** Lets in whom this file of authorized keys lists. */
  readonly authorizedKeys?: string;
  /** How many connections there may be at a time; any number unless given. */
  readonly most?: number;
  readonly passOn?: ClusterOptions["worker"]["passOn"];
  /** Lets workers do anything, as native code could that has taken one over. */
  readonly mayDoAnything?: boolean;
}

/** A cluster whose workers run under the permission model, and may read their program alone. */
export async function scene(options: SceneOptions = {}): Promise<Scene> {
  const { workers = 2, program = "echo-worker", workerArgs = [], choosing = false, users = false } = options;
  const folder = openFolder();
  const keyPath = join(folder, "secret.key");
  await writeSecretKeyFile(keyPath, await generateKeyPair());
  const [acceptor, worker] = await Promise.all([bundled("acceptor", folder), bundled(program, folder)]);
  const events: ClusterEvent[] = [];
  const hasUsers = users && hasOtherUsers;
  const cluster = await startCluster({
    listen: options.listen ?? { host: "127.0.0.1", port: 0 },
    acceptor: {
      module: acceptor,
      args: [
        keyPath,
        choosing ? "by line" : "",
        options.authorizedKeys ?? "",
        `${options.most ?? "Infinity"}`,
      ],
      ...(hasUsers ? { identity: { uid: 61_000, gid: 61_000 } } : {}),
    },
    worker: {
      module: worker,
      args: workerArgs,
      permissions: options.mayDoAnything === true ? false : { read: [worker] },
      ...(options.passOn === undefined ? {} : { passOn: options.passOn }),
      ...(hasUsers ? { identity: (slot: number) => ({ uid: 61_001 + slot, gid: 61_001 + slot }) } : {}),
    },
    workers,
    observe: (event) => events.push(event),
  });
  afterwards(() => cluster.close({ grace: 0 }));
  return {
    ...{ folder, keyPath, cluster, events },
    count: (type) => events.filter((event) => event.type === type).length,
    join: async (more = {}) => {
      const socket = await connect(cluster.url, { keyPair: clientPair, allowHalfOpen: true, ...more });
      socket.on("error", () => undefined);
      afterwards(() => socket.destroy());
      return socket;
    },
  };
}

/** Streams as fast as it goes, and hashes what went and what came back. */
export async function stream(client: HawserSocket, length: number): Promise<{ sent: string; back: string }> {
  const bytes = randomBytes(length);
  const back = createHash("sha256");
  let received = 0;
  client.on("data", (chunk: Buffer) => {
    received += chunk.length;
    back.update(chunk);
  });
  const ended = new Promise<void>((resolve) => client.once("close", () => resolve()));
  for (let at = 0; at < bytes.length && !client.destroyed; at += 16_384)
    if (!client.write(bytes.subarray(at, at + 16_384))) await Promise.race([once(client, "drain"), ended]);
  client.end();
  await ended;
  const sent = createHash("sha256").update(bytes).digest("hex");
  return { sent: `${length} ${sent}`, back: `${received} ${back.digest("hex")}` };
}

/** Who serves it: the worker's slot, its process and what it was told. */
export async function who(
  client: HawserSocket,
  question = "who?",
): Promise<{ slot: string; pid: number; note: string }> {
  client.write(question);
  const [answer] = await once(client, "data");
  const [slot = "", pid = "", ...note] = String(answer).split(" ");
  return { slot, pid: Number(pid), note: note.join(" ") };
}
