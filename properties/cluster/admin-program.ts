/** An admin that is a process of its own: a test that knows a key can't be one that does not. */
import { startCluster } from "../../src/cluster/index.ts";

const [acceptor = "", worker = "", socketPath = ""] = process.argv.slice(2);
const cluster = await startCluster({
  listen: { host: "127.0.0.1", port: 0 },
  acceptor: { module: acceptor, args: [socketPath] },
  worker: { module: worker, permissions: { read: [worker] } },
  workers: 2,
});
process.on("SIGTERM", () => void cluster.close({ grace: 0 }));
console.log(JSON.stringify({ url: cluster.url, ...cluster.pids }));
