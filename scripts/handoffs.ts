/**
 * Whether anything is lost when connections go from an acceptor to workers: over a thousand of them, each handed over at a random
 * byte while its client streams at full speed, with what comes back compared. What a hand-over costs `npm run bench:cluster`
 * measures.
 *
 *     npx tsx scripts/handoffs.ts [CONNECTIONS] [BYTES] [WORKERS]
 */
import { createHash, randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Cluster, startCluster, type WorkerPermissions } from "../src/cluster/index.ts";
import { writeSecretKeyFile } from "../src/keys/index.ts";
import { connect, generateKeyPair, type HawserSocket } from "../src/net/index.ts";

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
  const keyPath = join(folder, "server.key");
  await writeSecretKeyFile(keyPath, serverPair);
  const [acceptor, worker] = await Promise.all([bundled("acceptor"), bundled("echo-worker")]);
  const kinds: Record<string, WorkerPermissions> = {
    // The loader of sodium-native looks at the second, and gives up where it may not.
    "with sodium-native": { read: [root, "/etc/alpine-release"], addons: true },
    "without native code": { read: [worker] },
  };
  for (const [kind, permissions] of Object.entries(kinds)) {
    const cluster = await startCluster({
      listen: { host: "127.0.0.1", port: 0 },
      acceptor: { module: acceptor, args: [keyPath, "bytes"] },
      worker: { module: worker, permissions },
      workers,
    });
    await measured(`${workers} workers ${kind}`, cluster);
    await cluster.close();
  }
} finally {
  rmSync(folder, { recursive: true });
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

async function measured(name: string, cluster: Cluster): Promise<void> {
  let [begun, good] = [0, 0];
  const began = performance.now();
  const lane = async () => {
    while (begun++ < connections) {
      const socket = await connect(cluster.url, { keyPair, allowHalfOpen: true });
      socket.on("error", () => undefined);
      if (await isEchoed(socket)) good++;
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  const seconds = (performance.now() - began) / 1_000;
  console.log(
    `${name}: ${good} of ${connections} came back as they were, ${bytes} bytes each, in ${seconds.toFixed(1)} s; ` +
      `load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
  );
  if (good !== connections) process.exitCode = 1;
}

/** All of it there and back, unchanged. Its first two bytes say after how many more it is handed over. */
async function isEchoed(socket: HawserSocket): Promise<boolean> {
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
