import type { Metric } from "../metrics.ts";

/** What is shown of tunnels; the ids are the works'. */
export const tunnelMetrics: readonly Metric[] = [
  metric("bulk.rate", "Throughput of one connection", "MB/s", "more"),
  metric("bulk.cpu", "CPU of the tunnel's two ends for a gigabyte", "ms", "less"),
  metric("round-trips.median", "Request and reply of 64 bytes", "µs", "less"),
  metric("round-trips.p99", "The same, 99th percentile", "µs", "less"),
  metric("handshakes.time", "A connection, a byte each way, and its end", "ms", "less"),
  metric("handshakes.cpu", "CPU of the tunnel's two ends for it", "ms", "less"),
  metric("concurrent-handshakes.rate", "Connections, 16 at once", "per second", "more"),
  metric("idle-memory.start", "Memory of the two ends with 50 connections (RSS)", "MiB", "less"),
  metric("idle-memory.rss", "Memory of the two ends for each idle connection more (RSS)", "KiB", "less"),
];

function metric(id: string, title: string, unit: string, better: "more" | "less"): Metric {
  const [work = ""] = id.split(".");
  return { id, work, title, unit, better, isDrawn: false };
}
