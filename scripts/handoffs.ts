/**
 * How fast connections go from an acceptor to workers, and whether anything is lost on the way: over a thousand connections,
 * each handed over at a random byte while its client streams at full speed, and the same server in one process.
 *
 *     npx tsx scripts/handoffs.ts [CONNECTIONS] [BYTES] [WORKERS]
 *
 * Figures of time say as much about what else the machine does; those of CPU less so. All of it runs on this machine.
 */
import { createHash, randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Cluster, startCluster, type WorkerPermissions } from "../src/cluster/index.ts";
import { writeSecretKeyFile } from "../src/keys/index.ts";
import { connect, createServer, generateKeyPair, type HawserSocket } from "../src/net/index.ts";

const [connections = 1_000, bytes = 262_144, workers = 2] = process.argv.slice(2).map(Number);
/** So many at once. */
const width = 50;
// From where `sodium-native` is found.
const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(root, "node_modules", ".hawser-handoffs-"));
chmodSync(folder, 0o755);
const [serverPair, keyPair] = [await generateKeyPair(), await generateKeyPair()];
const payload = randomBytes(bytes);

try {
  const cluster = await started({ read: [root], addons: true });
  const inOne = createServer(
    { keyPair: serverPair, authorize: () => true, allowHalfOpen: true },
    (socket) => {
      socket.on("error", () => undefined);
      socket.pipe(socket);
    },
  );
  inOne.listen(0, "127.0.0.1");
  await once(inOne, "listening");
  console.log(`${cpus().length} CPUs, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`);
  await measured("in three, streaming", cluster.url, streamed, cluster);
  await measured("in one, streaming", inOne.url(), streamed);
  const tight = await started({ read: [join(folder, "echo-worker.mjs")] });
  await measured("in three, streaming, workers without native code", tight.url, streamed, tight);
  await tight.close();
  for (const round of [1, 2, 3]) {
    await measured(`in three, one byte and back (${round})`, cluster.url, firstByte, cluster);
    await measured(`in one, one byte and back (${round})`, inOne.url(), firstByte);
  }
  await Promise.all([cluster.close(), inOne.close()]);
} finally {
  rmSync(folder, { recursive: true });
}

async function started(permissions: WorkerPermissions): Promise<Cluster> {
  const keyPath = join(folder, `key-${randomInt(1e9)}`);
  await writeSecretKeyFile(keyPath, serverPair);
  const [acceptor = "", worker = ""] = await Promise.all(["acceptor", "echo-worker"].map(bundled));
  return startCluster({
    listen: { host: "127.0.0.1", port: 0 },
    acceptor: { module: acceptor, args: [keyPath, "bytes"] },
    worker: { module: worker, permissions },
    workers,
  });
}

async function bundled(name: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`../properties/cluster/${name}.ts`, import.meta.url))],
    ...{ outfile, bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "silent" },
    external: ["sodium-native"],
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
  });
  return outfile;
}

type Measure = (socket: HawserSocket) => Promise<boolean>;

/** All of it there and back, unchanged. Its first two bytes say after how many more it is handed over. */
async function streamed(socket: HawserSocket): Promise<boolean> {
  const head = randomBytes(2);
  const [sent, back] = [createHash("sha256"), createHash("sha256")];
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("data", (chunk: Buffer) => back.update(chunk));
  for (let at = 0; at < bytes && !socket.destroyed; ) {
    const piece = payload.subarray(at, at + randomInt(1, 32_768));
    at += piece.length;
    const chunk = at === piece.length ? Buffer.concat([head, piece]) : piece;
    sent.update(chunk);
    if (!socket.write(chunk)) await Promise.race([once(socket, "drain"), ended]);
  }
  socket.end();
  await ended;
  return sent.digest("hex") === back.digest("hex");
}

async function firstByte(socket: HawserSocket): Promise<boolean> {
  socket.write("x");
  const [answer] = await once(socket, "data");
  socket.end();
  return String(answer) === "x";
}

async function measured(name: string, url: string, measure: Measure, cluster?: Cluster): Promise<void> {
  const times: number[] = [];
  let good = 0;
  const pids = [cluster?.pids.acceptor, ...(cluster?.pids.workers ?? [])].filter((pid) => pid !== undefined);
  const [own, theirs, began] = [process.cpuUsage(), cpuOf(pids), performance.now()];
  let next = 0;
  const one = async () => {
    while (next++ < connections) {
      const start = performance.now();
      const socket = await connect(url, { keyPair, allowHalfOpen: true });
      socket.on("error", () => undefined);
      if (await measure(socket)) good++;
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: width }, one));
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(own);
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(part * (times.length - 1))]?.toFixed(1);
  const cpu = cpuOf(pids).map((after, i) => after - (theirs[i] ?? 0));
  console.log(
    `${name}: ${good} of ${connections} good, ${(connections / seconds).toFixed(0)}/s, ${at(0.5)} ms median, ${at(0.95)} ms p95; ` +
      `CPU s: this process ${((user + system) / 1e6).toFixed(2)}${cpu.length > 0 ? `, acceptor and workers ${cpu.map((s) => s.toFixed(2)).join(" ")}` : ""}`,
  );
  if (good !== connections) process.exitCode = 1;
}

/** Seconds of CPU so far, where the system tells. */
function cpuOf(pids: readonly number[]): number[] {
  return pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  });
}
