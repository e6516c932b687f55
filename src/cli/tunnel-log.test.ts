/** Why: a service's log is kept and passed around, so it names keys as their owner does, and has nothing that nobody asked for. */
import { describe, expect, it } from "vitest";
import { formatPublicKey } from "../keys/index.ts";
import type { TunnelEvent, TunnelEventType, TunnelPeer } from "../tunnel/observer.ts";
import { Log } from "./log.ts";
import type { Role } from "./status-page.ts";
import { keyLabel, logTunnel } from "./tunnel-log.ts";

const publicKey = formatPublicKey(new Uint8Array(32).fill(5));
const peer: TunnelPeer = { keyName: "alice", publicKey, address: "192.0.2.1:5" };
const nameless: TunnelPeer = { keyName: undefined, publicKey, address: undefined };
const failure = { code: "ERR_HAWSER_TRUNCATED", words: "It broke off." };
const amounts = { bytesIn: 3, bytesOut: 4, milliseconds: 5.00049 };

/** One of each type at least. */
const events: { readonly [T in TunnelEventType]: readonly Extract<TunnelEvent, { type: T }>[] } = {
  listening: [
    { type: "listening", url: "hawser://x", address: "127.0.0.1:1" },
    { type: "listening", url: undefined, address: "127.0.0.1:1" },
  ],
  handshakeDone: [{ type: "handshakeDone", outcome: "open", milliseconds: 1.5 }],
  refused: [{ type: "refused", failure, address: undefined, publicKey }],
  connectionOpened: [
    { type: "connectionOpened", connection: 1, peer, backend: "db:1" },
    { type: "connectionOpened", connection: 2, peer: nameless, backend: "db:1" },
  ],
  connectionClosed: [
    { type: "connectionClosed", connection: 1, peer, backend: "db:1", ...amounts, failure: undefined },
    { type: "connectionClosed", connection: 2, peer: nameless, backend: "db:1", ...amounts, failure },
  ],
  alertSent: [{ type: "alertSent", alert: 8, name: "going_away" }],
  alertReceived: [{ type: "alertReceived", alert: 99, name: undefined }],
  limitReached: [{ type: "limitReached", limit: "connections", address: undefined, keyName: "alice" }],
  backendFailed: [{ type: "backendFailed", connection: 1, backend: "db:1", failure }],
  connectFailed: [{ type: "connectFailed", failure, address: undefined, retryIn: 100 }],
  poolChanged: [{ type: "poolChanged", ready: 1, wanted: 2 }],
  reloaded: [{ type: "reloaded", publicKeys: [publicKey] }],
  reloadFailed: [{ type: "reloadFailed", failure }],
  serverError: [{ type: "serverError", failure }],
  closing: [{ type: "closing", grace: 5_000, connections: 2 }],
  closed: [{ type: "closed" }],
};

function logged(json: boolean, all: readonly TunnelEvent[], role: Role = "serve"): string[] {
  let text = "";
  const stderr = { write: (words: string) => (text += words) };
  const log = new Log({ stderr, env: {} } as never, { json, now: () => 0 });
  log.level = "debug";
  all.forEach(logTunnel(log, role));
  return text.trimEnd().split("\n");
}

describe("the log of a tunnel", () => {
  it.each(Object.entries(events))("%s: a line for people and one for programs, with its code", (_, all) => {
    expect(logged(false, all)).toHaveLength(all.length);
    for (const [index, line] of logged(true, all).entries()) {
      const event = all[index];
      const code = event !== undefined && "failure" in event ? event.failure?.code : undefined;
      expect(JSON.parse(line)).toMatchObject({
        event: expect.stringMatching(/^[a-z_]+$/),
        ...(code && { code }),
      });
    }
  });

  it("says of a server's connection that it is let in, as its service may still not be there", () => {
    const words = (role: Role) => logged(false, events.connectionOpened, role)[0];
    expect(words("serve")).toMatch(/ is let in, for /);
    expect(words("forward")).toMatch(/ is connected to /);
  });

  it("names a connection's key, or tells how it begins, and never all of it", () => {
    const { connectionOpened, connectionClosed, limitReached } = events;
    const lines = logged(true, [...connectionOpened, ...connectionClosed, ...limitReached]);
    expect(lines.map((line) => JSON.parse(line).key)).toEqual([
      "alice",
      `${publicKey.slice(0, 16)}…`,
      "alice",
      `${publicKey.slice(0, 16)}…`,
      "alice",
    ]);
    expect(lines.join()).not.toContain(publicKey);
    expect(keyLabel("bob", publicKey)).toBe("bob");
  });

  it("tells all of a key that was not let in, as it may be missing in the file", () => {
    expect(logged(true, events.refused)[0]).toContain(publicKey);
  });

  it("has levels: what fails matters more than what comes and goes", () => {
    const levels = Object.entries(events).map(([type, all]) => [
      type,
      JSON.parse(logged(true, all).at(-1) ?? "").level,
    ]);
    expect(Object.fromEntries(levels)).toMatchObject({
      listening: "info",
      handshakeDone: "debug",
      refused: "warn",
      connectionOpened: "info",
      connectionClosed: "warn",
      reloadFailed: "error",
      closed: "info",
    });
  });
});
