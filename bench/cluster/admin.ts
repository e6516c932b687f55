/** The server in three: this is its admin. */
import { parseConnectionString, startCluster } from "hawser";
import { givenSetting, readable, ready } from "./setting.ts";

const setting = givenSetting();
const trouble = /Ended$|^connectionLost$|^busy$|^error$/;
const args = [JSON.stringify(setting)];
const cluster = await startCluster({
  listen: { host: "127.0.0.1", port: 0 },
  acceptor: { module: new URL("./acceptor.js", import.meta.url), args },
  worker: {
    module: new URL("./worker.js", import.meta.url),
    args,
    permissions: { read: readable(setting), addons: setting.isNative },
  },
  workers: setting.workers,
  observe: (event) => {
    // A fault in what is measured, which the client will see too.
    if (trouble.test(event.type)) console.error(JSON.stringify(event));
  },
});
const { endpoint } = parseConnectionString(cluster.url);
if (endpoint.transport !== "tcp") throw new Error("the cluster was to listen at a port");
const { acceptor, workers } = cluster.pids;
ready({
  port: endpoint.port,
  parts: [
    { role: "admin", pid: process.pid },
    { role: "acceptor", pid: acceptor as number },
    ...workers.map((pid) => ({ role: "workers", pid: pid as number })),
  ],
});
