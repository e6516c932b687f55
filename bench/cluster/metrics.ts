import type { Metric } from "../metrics.ts";

/** What is shown of servers; the ids are the works'. */
export const clusterMetrics: readonly Metric[] = [
  metric("connections.median", "A connection until its first byte is back", "ms", "less"),
  metric("connections.p99", "The same, 99th percentile", "ms", "less"),
  metric("connections.cpu", "CPU of all the server's processes for it", "ms", "less"),
  metric("crowded.rate", "Connections, 16 at once", "per second", "more"),
  metric("crowded.median", "Each of them until its first byte is back", "ms", "less"),
  metric("crowded.p99", "The same, 99th percentile", "ms", "less"),
  metric("crowded.cpu", "CPU of all the server's processes for one of them", "ms", "less"),
  metric(
    "handoffs.rate",
    "Open connections that all say their first byte, and are passed on at it",
    "per second",
    "more",
  ),
  metric("handoffs.cpu", "CPU of all the server's processes for one of them", "ms", "less"),
  metric("bulk.rate", "Throughput of one connection", "MB/s", "more"),
  metric("bulk.cpu", "CPU of all the server's processes for a gigabyte", "ms", "less"),
  metric("many-bulk.rate", "Throughput of eight connections", "MB/s", "more"),
  metric("many-bulk.cpu", "CPU of all the server's processes for a gigabyte of theirs", "ms", "less"),
  metric("round-trips.median", "Request and reply of 64 bytes", "µs", "less"),
  metric("round-trips.p99", "The same, 99th percentile", "µs", "less"),
  metric("round-trips.cpu", "CPU of all the server's processes for it", "µs", "less"),
];

function metric(id: string, title: string, unit: string, better: "more" | "less"): Metric {
  const work = id.slice(0, id.indexOf("."));
  return { id, work, title, unit, better, isDrawn: false };
}
