// HTTP by a server in three: a process that has the key and makes the handshakes, and workers that have the connections
// and no key. Which worker gets a connection is decided by the first line of its request.
//
//     node examples/http-workers/main.js
//
// This is the admin, which starts the others; and the client, for the example's sake.
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, generateKeyPair, startCluster, writeSecretKeyFile } from "hawser";

const folder = await mkdtemp(join(tmpdir(), "hawser-http-"));
const keyPath = join(folder, "server.key");
await writeSecretKeyFile(keyPath, await generateKeyPair());
const keyPair = await generateKeyPair();

const cluster = await startCluster({
  listen: { host: "127.0.0.1", port: 0 },
  acceptor: { module: new URL("acceptor.js", import.meta.url), args: [keyPath, keyPair.publicKeyText] },
  worker: {
    module: new URL("worker.js", import.meta.url),
    // It may read its program and the library, and nothing else: keys are elsewhere.
    permissions: { read: [fileURLToPath(new URL("../../", import.meta.url))] },
  },
  workers: 2,
});

try {
  for (const path of ["/static/logo", "/api/orders", "/static/style"])
    console.log(`client: ${await get(path)}`);
} finally {
  await cluster.close();
  await rm(folder, { recursive: true });
}

async function get(path) {
  const socket = await connect(cluster.url, { keyPair });
  const answer = await new Promise((resolve, reject) => {
    http.get({ path, createConnection: () => socket }, resolve).on("error", reject);
  });
  const parts = await answer.setEncoding("utf8").toArray();
  return parts.join("");
}
