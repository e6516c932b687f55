/**
 * The server, which takes what clients send, saves it, and answers with its SHA-256. It is three processes: this one is the
 * admin, which starts the others. Where a process can't be given connections, on Windows, it is this one alone.
 */
import { once } from "node:events";
import { type AddressInfo, createServer as createNetServer } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cluster, type ClusterEvent, createServer, startCluster } from "hawser";
import { takeOrders } from "./actor.ts";
import { type DoorFiles, serverOptions, turnedAway } from "./doorkeeper.ts";
import { type Conduct, readConduct, reported, writeConduct } from "./hold.ts";
import { receive } from "./receive.ts";

/** Where everything of the server's is. */
export interface ServerFiles extends DoorFiles {
  /** The folder that what clients send is saved in. */
  readonly hold: string;
}

/** A process of the server's, and what it is called. */
export interface Role {
  readonly name: string;
  readonly pid: number | undefined;
}

interface Serving {
  readonly url: string;
  readonly roles: readonly Role[];
  close(): Promise<void>;
}

const extension = extname(import.meta.url);
const isCompiled = extension === ".js";
const module = (name: string) => new URL(name + extension, import.meta.url);
const execArgv = isCompiled ? [] : ["--import", import.meta.resolve("tsx")];

async function serveInThree({ hold, ...files }: ServerFiles): Promise<Serving> {
  const cluster: Cluster = await startCluster({
    listen: { host: "127.0.0.1", port: 0 },
    acceptor: { module: module("acceptor"), args: [JSON.stringify(files)], execArgv },
    worker: {
      module: module("worker"),
      execArgv,
      // It reads programs and writes into the hold, and the keys are elsewhere. What compiles as it runs needs more than that.
      permissions: isCompiled && {
        read: [fileURLToPath(new URL("../../", import.meta.url))],
        write: [hold],
      },
    },
    workers: 1,
    observe: tellTrouble,
  });
  const { acceptor, workers } = cluster.pids;
  return {
    url: cluster.url,
    roles: [
      { name: "admin", pid: process.pid },
      { name: "acceptor", pid: acceptor },
      { name: "worker", pid: workers[0] },
    ],
    close: () => cluster.close({ grace: 1_000 }),
  };
}

/** Nothing of it belongs to the play. */
function tellTrouble(event: ClusterEvent): void {
  const isEnd = event.type === "workerEnded" || event.type === "acceptorEnded";
  const isLoss = event.type === "connectionLost" || event.type === "busy" || event.type === "error";
  if (isLoss || (isEnd && event.code !== 0)) console.error(`server: ${JSON.stringify(event)}`);
}

async function serveInOne(files: ServerFiles): Promise<Serving> {
  const server = createServer(await serverOptions(files), (socket) => {
    receive(socket, readConduct(files.conductFile), socket.remotePublicKey);
  });
  server.on("handshakeError", (error, info) => turnedAway(files, error, info));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: server.url(),
    roles: [{ name: "server", pid: process.pid }],
    close: () => server.close(),
  };
}

let serving: Serving | undefined;
let conductFile = "";

const orders = {
  /** Begins to serve, with Hawser and in the clear. */
  async serve(files: ServerFiles) {
    conductFile = files.conductFile;
    serving = await (process.platform === "win32" ? serveInOne : serveInThree)(files);
    const inTheClear = createNetServer({ allowHalfOpen: true }, (socket) => {
      receive(socket, readConduct(conductFile));
    });
    await once(inTheClear.listen(0, "127.0.0.1"), "listening");
    const { port } = inTheClear.address() as AddressInfo;
    return { url: serving.url, roles: serving.roles, portInTheClear: port };
  },

  /** The next client is treated like this. */
  expect: (conduct: Conduct) => writeConduct(conductFile, conduct),

  /** Says what became of that client, once it is gone. */
  report: () => reported(readConduct(conductFile)),

  /** Ends the server's other processes. */
  close: () => serving?.close(),
};

export type ServerOrders = typeof orders;

takeOrders(orders);
