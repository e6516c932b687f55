import type { Registry } from "prom-client";
import type { Observe, TunnelEvent } from "./observer.ts";
import type { Operable } from "./operable.ts";

/** The part of prom-client that is needed; handed in, so that who wants no metrics does not load it. */
type PromClient = Pick<typeof import("prom-client"), "Counter" | "Gauge" | "Histogram">;

/** Seconds: a handshake costs milliseconds near by, and ends at 10 s unless told otherwise. */
const handshakeBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Counts what a tunnel tells. Labels are codes and names of this project's alone, so that there are few series, and none says
 * who was there: no keys, no addresses, no names of keys.
 *
 * @param status the connections that are open, whose bytes are counted too
 */
export function countTunnel(
  { Counter, Gauge, Histogram }: PromClient,
  registry: Registry,
  status: Operable["status"],
): Observe {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter<L>({ name, help, labelNames, registers });
  const closed = { in: 0, out: 0 };
  new Gauge({
    name: "hawser_connections",
    help: "Connections that are open.",
    registers,
    collect() {
      this.set(status().length);
    },
  });
  new Counter({
    name: "hawser_bytes_total",
    help: "Bytes of applications that came out of the channel (in) and went into it (out).",
    labelNames: ["direction"],
    registers,
    collect() {
      const open = status();
      this.reset();
      this.inc(
        { direction: "in" },
        open.reduce((sum, { bytesIn }) => sum + bytesIn, closed.in),
      );
      this.inc(
        { direction: "out" },
        open.reduce((sum, { bytesOut }) => sum + bytesOut, closed.out),
      );
    },
  });
  const connections = counter("hawser_connections_total", "Connections that were opened.");
  const failed = counter(
    "hawser_connections_failed_total",
    "Connections that did not come to the end of both directions, by code.",
    "code",
  );
  const handshakes = counter(
    "hawser_handshakes_total",
    "Handshakes that are over, by outcome: open, or the code of what kept it from that.",
    "outcome",
  );
  const seconds = new Histogram({
    name: "hawser_handshake_seconds",
    help: "How long handshakes took that led to a connection.",
    buckets: handshakeBuckets,
    registers,
  });
  const alerts = counter(
    "hawser_alerts_total",
    "Alerts, by name and whether they were sent or received.",
    "code",
    "direction",
  );
  const limits = counter("hawser_limits_reached_total", "How often a limit turned somebody away.", "limit");
  const backends = counter(
    "hawser_backend_failures_total",
    "The service could not be reached, by code.",
    "code",
  );
  const connects = counter(
    "hawser_connect_failures_total",
    "The server could not be reached, by code.",
    "code",
  );
  const reloads = counter(
    "hawser_reloads_total",
    "Reloads, by outcome: ok, or the code of the fault.",
    "outcome",
  );
  const reloaded = new Gauge({
    name: "hawser_last_reload_timestamp_seconds",
    help: "When keys were last taken anew; the start, until then.",
    registers,
  });
  reloaded.setToCurrentTime();
  const pool = new Gauge({ name: "hawser_pool_ready", help: "Connections that stand ready.", registers });
  for (const direction of ["sent", "received"]) alerts.inc({ code: "internal_error", direction }, 0);
  handshakes.inc({ outcome: "open" }, 0);
  reloads.inc({ outcome: "ok" }, 0);

  return (event: TunnelEvent) => {
    switch (event.type) {
      case "connectionOpened":
        connections.inc();
        return;
      case "connectionClosed":
        closed.in += event.bytesIn;
        closed.out += event.bytesOut;
        if (event.failure !== undefined) failed.inc({ code: event.failure.code });
        return;
      case "handshakeDone":
        handshakes.inc({ outcome: event.outcome });
        if (event.outcome === "open") seconds.observe(event.milliseconds / 1_000);
        return;
      case "alertSent":
        alerts.inc({ code: event.name ?? "unknown", direction: "sent" });
        return;
      case "alertReceived":
        alerts.inc({ code: event.name ?? "unknown", direction: "received" });
        return;
      case "limitReached":
        limits.inc({ limit: event.limit });
        return;
      case "backendFailed":
        backends.inc({ code: event.failure.code });
        return;
      case "connectFailed":
        connects.inc({ code: event.failure.code });
        return;
      case "reloaded":
        reloads.inc({ outcome: "ok" });
        reloaded.setToCurrentTime();
        return;
      case "reloadFailed":
        reloads.inc({ outcome: event.failure.code });
        return;
      case "poolChanged":
        pool.set(event.ready);
        return;
      default:
        return;
    }
  };
}
