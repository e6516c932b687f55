/** Why: what is counted wrongly is trusted all the same; and what stands in a label is kept, for all to see, for years. */
import client from "prom-client";
import { describe, expect, it } from "vitest";
import { countTunnel } from "./metrics.ts";
import type { TunnelEvent } from "./observer.ts";
import type { ConnectionStatus } from "./operable.ts";

const peer = { keyName: "alice-the-name", publicKey: "hawser1secretish", address: "192.0.2.77:5" };
const failure = { code: "ERR_HAWSER_TUNNEL_RESET", words: "The service at 192.0.2.99 broke off." };
const opened: TunnelEvent = { type: "connectionOpened", connection: 1, peer, backend: "db.internal:1" };
const closed = (amounts: { bytesIn: number; bytesOut: number }, isFailed = false): TunnelEvent => ({
  type: "connectionClosed",
  connection: 1,
  peer,
  backend: "db.internal:1",
  milliseconds: 9,
  ...amounts,
  failure: isFailed ? failure : undefined,
});

function scene() {
  const registry = new client.Registry();
  const open: ConnectionStatus[] = [];
  const observe = countTunnel(client, registry, () => open);
  /** Every series with its value. */
  const read = async () => {
    const lines = (await registry.metrics())
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
    );
  };
  return { open, observe, read, registry };
}

describe("the metrics of a tunnel", () => {
  it("count connections, and bytes of those that are open too, never back", async () => {
    const { open, observe, read } = scene();
    observe(opened);
    const status = { connection: 1, ...peer, backend: "b", milliseconds: 1, bytesIn: 10, bytesOut: 20 };
    open.push(status);
    expect(await read()).toMatchObject({
      hawser_connections: 1,
      hawser_connections_total: 1,
      'hawser_bytes_total{direction="in"}': 10,
      'hawser_bytes_total{direction="out"}': 20,
    });
    open.pop();
    observe(closed({ bytesIn: 11, bytesOut: 22 }, true));
    expect(await read()).toMatchObject({
      hawser_connections: 0,
      'hawser_bytes_total{direction="in"}': 11,
      'hawser_bytes_total{direction="out"}': 22,
      'hawser_connections_failed_total{code="ERR_HAWSER_TUNNEL_RESET"}': 1,
    });
  });

  it("count handshakes by outcome, and time those that led to a connection", async () => {
    const { observe, read } = scene();
    expect(await read()).toMatchObject({ 'hawser_handshakes_total{outcome="open"}': 0 });
    observe({ type: "handshakeDone", outcome: "open", milliseconds: 4 });
    observe({ type: "handshakeDone", outcome: "ERR_HAWSER_TIMEOUT", milliseconds: 10_000 });
    expect(await read()).toMatchObject({
      'hawser_handshakes_total{outcome="open"}': 1,
      'hawser_handshakes_total{outcome="ERR_HAWSER_TIMEOUT"}': 1,
      'hawser_handshake_seconds_bucket{le="0.0025"}': 0,
      'hawser_handshake_seconds_bucket{le="0.005"}': 1,
      hawser_handshake_seconds_count: 1,
      hawser_handshake_seconds_sum: 0.004,
    });
  });

  it("count alerts by name and direction; one that nobody knows is one series", async () => {
    const { observe, read } = scene();
    observe({ type: "alertSent", alert: 9, name: "busy" });
    observe({ type: "alertReceived", alert: 77, name: undefined });
    observe({ type: "alertReceived", alert: 78, name: undefined });
    expect(await read()).toMatchObject({
      'hawser_alerts_total{code="busy",direction="sent"}': 1,
      'hawser_alerts_total{code="unknown",direction="received"}': 2,
    });
  });

  it("count limits, failures and reloads", async () => {
    const { observe, read } = scene();
    const before = Date.now() / 1_000 - 1;
    observe({
      type: "limitReached",
      limit: "connectionsPerKey",
      address: peer.address,
      keyName: peer.keyName,
    });
    observe({ type: "backendFailed", connection: 1, backend: "db", failure });
    observe({ type: "connectFailed", failure, address: undefined, retryIn: undefined });
    observe({ type: "reloaded", publicKeys: [peer.publicKey] });
    observe({ type: "reloadFailed", failure: { code: "ERR_HAWSER_KEY_PREFIX", words: "" } });
    observe({ type: "poolChanged", ready: 3, wanted: 4 });
    const series = await read();
    expect(series).toMatchObject({
      'hawser_limits_reached_total{limit="connectionsPerKey"}': 1,
      'hawser_backend_failures_total{code="ERR_HAWSER_TUNNEL_RESET"}': 1,
      'hawser_connect_failures_total{code="ERR_HAWSER_TUNNEL_RESET"}': 1,
      'hawser_reloads_total{outcome="ok"}': 1,
      'hawser_reloads_total{outcome="ERR_HAWSER_KEY_PREFIX"}': 1,
      hawser_pool_ready: 3,
    });
    expect(series["hawser_last_reload_timestamp_seconds"]).toBeGreaterThan(before);
  });

  it("say of nobody who it was", async () => {
    const { observe, registry } = scene();
    observe(opened);
    observe(closed({ bytesIn: 1, bytesOut: 1 }, true));
    observe({ type: "refused", failure, address: peer.address, publicKey: peer.publicKey });
    observe({
      type: "limitReached",
      limit: "connectionsPerKey",
      address: peer.address,
      keyName: peer.keyName,
    });
    observe({ type: "backendFailed", connection: 1, backend: "db.internal:1", failure });
    observe({ type: "reloaded", publicKeys: [peer.publicKey] });
    const text = await registry.metrics();
    for (const part of ["alice", "hawser1", "192.0.2", "db.internal"]) expect(text).not.toContain(part);
  });
});
