// A server in three, of the installed package: it stands on what each Node has inside, which no declaration tells. This file
// is the program of all its processes.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import {
  connect,
  generateKeyPair,
  readKeyFile,
  runAcceptor,
  runWorker,
  startCluster,
  writeSecretKeyFile,
} from "hawser";

const [keyPath] = process.argv.slice(2);
const role = process.env["HAWSER_CLUSTER"];
if (role === "acceptor") {
  await runAcceptor(async () => ({ keyPair: await readKeyFile(keyPath), authorize: () => true }));
} else if (role === "worker") {
  await runWorker((socket) => void socket.pipe(socket), { allowHalfOpen: true });
} else if (process.platform !== "win32") {
  await admin();
}

async function admin() {
  const folder = mkdtempSync(join(tmpdir(), "hawser-package-"));
  try {
    const key = join(folder, "secret.key");
    await writeSecretKeyFile(key, await generateKeyPair());
    const module = fileURLToPath(import.meta.url);
    const cluster = await startCluster({
      listen: { host: "127.0.0.1", port: 0 },
      acceptor: { module, args: [key] },
      worker: { module, permissions: { read: [process.cwd()] } },
      workers: 2,
    });
    const words = "passed on ".repeat(10_000);
    for (let turn = 0; turn < 4; turn++) {
      const socket = await connect(cluster.url, { keyPair: await generateKeyPair() });
      socket.end(words);
      assert.equal(await text(socket), words);
    }
    await cluster.close();
    console.log("cluster.mjs: two workers have had their connections");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
