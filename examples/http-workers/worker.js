// A worker: it is given connections that are open, with all that their clients have said, the first line included.
import { readFileSync } from "node:fs";
import http from "node:http";
import { runWorker } from "hawser";

const slot = process.env.HAWSER_CLUSTER_SLOT;
const server = http.createServer((request, response) => {
  response.end(
    `${request.url} by worker ${slot}, which ${mayRead("/etc/hostname") ? "may" : "can't"} read files`,
  );
});

await runWorker((socket) => server.emit("connection", socket));

function mayRead(path) {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
