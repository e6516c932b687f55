import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { countTunnel } from "../tunnel/metrics.ts";
import type { Observe } from "../tunnel/observer.ts";
import type { Operable } from "../tunnel/operable.ts";
import { CommandError } from "./errors.ts";
import { isLoopback, type OperationSettings } from "./operation-options.ts";

/** Metrics of a tunnel and of this process, and the page that Prometheus reads them from. */
export interface Metrics {
  readonly observe: Observe;
  /** Where they are, `http://HOST:PORT/metrics`. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

/** More than a scraper or two need; who takes them all keeps nobody but other scrapers waiting. */
const maxConnections = 32;

/** Loads prom-client. */
export async function openMetrics(
  place: NonNullable<OperationSettings["metrics"]>,
  status: Operable["status"],
): Promise<Metrics> {
  const { default: client } = await import("prom-client");
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry });
  const observe = countTunnel(client, registry, status);
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead || request.url?.split("?")[0] !== "/metrics") {
      response
        .writeHead(isRead ? 404 : 405, { "content-type": "text/plain" })
        .end("Metrics are at /metrics.\n");
      return;
    }
    registry.metrics().then(
      (text) => void response.writeHead(200, { "content-type": registry.contentType }).end(text),
      () => void response.writeHead(500).end(),
    );
  });
  server.maxConnections = maxConnections;
  return {
    observe,
    listen: () => listen(server, place),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
        registry.clear();
      }),
  };
}

/** @throws CommandError ERR_HAWSER_LISTEN */
async function listen(server: Server, place: NonNullable<OperationSettings["metrics"]>): Promise<string> {
  const { host, port, isPublic } = place;
  const address = await new Promise<AddressInfo>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const words = `The metrics can't be served at ${host}, port ${port}: ${cause.message}.`;
      reject(new CommandError("ERR_HAWSER_LISTEN", words, { cause }));
    });
    server.listen({ host, port }, () => resolve(server.address() as AddressInfo));
  });
  // What localhost is, a file says that anybody's package may have changed.
  if (!isPublic && !isLoopback(address.address)) {
    server.close();
    throw new CommandError(
      "ERR_HAWSER_LISTEN",
      `The metrics' host ${host} is not on the loopback of this machine.`,
    );
  }
  server.on("error", () => undefined);
  const name = address.address.includes(":") ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}/metrics`;
}
