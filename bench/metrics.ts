/** A figure of a work, as the tables and the plot show it. */
export interface Metric {
  readonly id: string;
  readonly work: string;
  readonly title: string;
  readonly unit: string;
  readonly better: "more" | "less";
  /** In the plot. */
  readonly isDrawn: boolean;
}

export const metrics: readonly Metric[] = [
  metric("bulk.rate", "Bulk throughput", "MB/s", "more", true),
  metric("bulk.cpu", "CPU of both ends for a gigabyte", "ms", "less", false),
  metric("handshakes.time", "A connection, its handshake and its end", "ms", "less", false),
  metric("handshakes.cpu", "CPU of both ends for a connection", "ms", "less", true),
  metric("handshakes.cpu-over-tcp", "The same without plain TCP's part", "ms", "less", false),
  metric("first-handshakes.cpu", "CPU for each of two processes' first connections", "ms", "less", false),
  metric("concurrent-handshakes.rate", "Connections made, 16 at once", "per second", "more", true),
  metric("round-trips.median", "Request and reply of 64 bytes", "µs", "less", true),
  metric("round-trips.p99", "The same, 99th percentile", "µs", "less", false),
  metric("round-trips.cpu", "CPU of both ends for a request and reply", "µs", "less", false),
  metric("messages.rate", "Stream of 64-byte messages", "messages per second", "more", true),
  metric("messages.cpu", "CPU of both ends for a message", "µs", "less", false),
  metric(
    "turn-messages.rate",
    "The same, one write in each turn of the event loop",
    "messages per second",
    "more",
    false,
  ),
  metric("turn-messages.cpu", "CPU of both ends for such a message", "µs", "less", false),
  metric("idle-memory.rss", "Server's memory for an idle connection (RSS)", "KiB", "less", true),
  metric("idle-memory.heap", "Of that on the heap and in buffers", "KiB", "less", false),
];

function metric(id: string, title: string, unit: string, better: "more" | "less", isDrawn: boolean): Metric {
  const [work = ""] = id.split(".");
  return { id, work, title, unit, better, isDrawn };
}
