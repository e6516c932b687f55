/**
 * A worker of `hawser serve --workers`, a program that the command starts: it is given connections of clients that were let
 * in, and joins each to one of its own to the service. It has no key. Its one argument is {@link WorkerSettings} as JSON.
 */
import { setMaxListeners } from "node:events";
import { runWorker } from "../cluster/index.ts";
import type { ServiceAddress } from "../keys/index.ts";
import { AlertError, type HawserSocket } from "../net/index.ts";
import { watchDiagnostics } from "../tunnel/diagnosed.ts";
import { joinService, type ServiceOptions } from "../tunnel/service.ts";
import { amountsToNumbers, lastToNumbers } from "../tunnel/worker-report.ts";

/** What a worker is started with. Times are milliseconds. */
export type WorkerSettings = Pick<ServiceOptions, "connectTimeout" | "idleTimeout">;

/** How often a connection's bytes are reported, in milliseconds. */
const interval = 1_000;

const settings: WorkerSettings = JSON.parse(process.argv[2] ?? "{}");
const ending = new AbortController();
setMaxListeners(0, ending.signal);
process.on("SIGTERM", () => ending.abort(new AlertError("going_away")));
for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => undefined);

/** Alerts that were sent and are not reported yet: they are counted, and it is all the same whose each was. */
const alertsSent: number[] = [];
watchDiagnostics("server", (event) => {
  if (event.type === "alertSent") alertsSent.push(event.alert);
});

/** What reports of each connection, where there is something new. */
const reporters = new Set<() => void>();
setInterval(() => {
  for (const report of reporters) report();
}, interval).unref();

await runWorker(
  async (socket, note, report) => {
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    let reported = 0;
    const reporter = () => {
      const { bytesRead: bytesIn, bytesWritten: bytesOut } = socket;
      if (bytesIn + bytesOut === reported) return;
      reported = bytesIn + bytesOut;
      report(amountsToNumbers({ bytesIn, bytesOut }));
    };
    reporters.add(reporter);
    const to: ServiceAddress = JSON.parse(note);
    const failure = await joinService(socket, to, { ...settings, signal: ending.signal });
    await closed;
    reporters.delete(reporter);
    const { bytesRead: bytesIn, bytesWritten: bytesOut } = socket;
    return lastToNumbers({ bytesIn, bytesOut }, failure, alertsOf(socket));
  },
  { allowHalfOpen: true },
);

/** The alert that came, if that was the end; and one that was sent, by this connection or by another that reports then. */
function alertsOf({ failure }: HawserSocket): Parameters<typeof lastToNumbers>[2] {
  const reason = failure?.failure?.reason;
  return {
    alertSent: alertsSent.shift(),
    alertReceived: reason?.code === "alert_received" ? reason.alert : undefined,
  };
}
