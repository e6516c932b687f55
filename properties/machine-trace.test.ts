import { describe, expect, it } from "vitest";
import type { ClientChannel, Failure, Output, Role, ServerChannel, State } from "../src/protocol/index.ts";
import {
  absorb,
  clientKey,
  type End,
  exchange,
  newPair,
  openPair,
  serverKey,
  testServer,
} from "./model/pair.ts";
import { checkTrace, traceFaults, traceRules } from "./model/trace.ts";

/**
 * A rule that can't fail guards nothing: for each rule of model/trace.ts, runs that break it.
 */

const bytes = (length: number) => new Uint8Array(length);
const sends = (length: number): Output => ({ type: "transmit", bytes: bytes(length) });
const asks = (keyHolder = clientKey): Output => ({ type: "dh", keyHolder, publicKey: bytes(32) });
const data: Output = { type: "data", bytes: bytes(1) };
const peerKey: Output = { type: "peerKey", publicKey: bytes(32), context: undefined };
const [open, end, closed] = [{ type: "open" }, { type: "end" }, { type: "closed" }] as const;
const [endTransport, closeTransport] = [{ type: "endTransport" }, { type: "closeTransport" }] as const;
const forward: Output = { type: "forward", bytes: bytes(88) };
const alert: Output = { type: "alert", code: 12, message: "" };

function failed(failure: Partial<Failure> = {}): Output {
  const reason = { code: "truncated", state: "Open" } as const;
  return {
    type: "failed",
    failure: { code: "truncated", origin: "peer", requirement: "", reason, ...failure },
  };
}
const said = failed({ alertSent: 6 });
const told = failed({ code: "alert_received" });

const clientOpen = [sends(88), asks(), sends(96), open];
const serverOpen = [asks(serverKey), sends(98), peerKey, sends(274), open];

const sound: readonly (readonly [string, Role, State, readonly Output[]])[] = [
  ["nothing", "client", "Start", []],
  ["an open client", "client", "Open", [...clientOpen, data, sends(30)]],
  ["an open server", "server", "Open", [...serverOpen, data]],
  ["a first use that waits", "client", "Judging", [sends(88), peerKey]],
  ["a clean end, draining", "client", "Closing", [...clientOpen, end, sends(21), closed, endTransport]],
  ["a clean end", "server", "Closed", [...serverOpen, sends(21), end, closed, endTransport, closeTransport]],
  ["an Alert sent", "client", "Draining", [...clientOpen, sends(23), said, endTransport]],
  ["an Alert received", "client", "Failed", [...clientOpen, data, alert, told, closeTransport]],
  ["a truncation", "server", "Failed", [...serverOpen, failed(), closeTransport]],
  ["a hint", "server", "Draining", [sends(8), failed({ code: "unsupported_header" }), endTransport]],
  ["hiding", "server", "Hiding", [failed({ code: "unsupported_header" })]],
  ["a connection without a byte", "server", "Closed", [closed, closeTransport]],
  ["forwarded", "server", "Forwarded", [asks(), { type: "route", serverKey: bytes(32) }, forward, forward]],
];

const broken: Readonly<Record<string, readonly (readonly [Role, State, readonly Output[]])[]>> = {
  "HS-031": [
    ["client", "AwaitChallenge", [sends(8)]],
    ["client", "AwaitChallenge", [sends(88), sends(96)]],
  ],
  "HS-073": [["client", "AwaitVerdict", [sends(88), asks(), sends(23)]]],
  "HS-044": [
    ["server", "AwaitResponse", [asks(), sends(97)]],
    ["server", "AwaitResponse", [sends(8), sends(98)]],
  ],
  "HS-093": [["server", "Open", [asks(), sends(98), peerKey, sends(274), sends(274), open]]],
  "HS-085": [
    ["server", "Deciding", [asks(), sends(98), peerKey, peerKey]],
    ["server", "Deciding", [sends(98), peerKey]],
    ["server", "Open", [asks(), sends(98), sends(274), open, peerKey]],
  ],
  "HS-063": [
    ["client", "Responding", [sends(88), asks(), asks(serverKey)]],
    ["client", "Judging", [sends(88), peerKey, peerKey]],
    ["client", "Responding", [sends(88), asks(), peerKey]],
  ],
  "NO-022": [
    ["server", "OpeningRoute", [asks(), asks()]],
    ["server", "OpeningRoute", [1, 2, 3, 4, 5].map(() => asks({ ...serverKey }))],
  ],
  "HS-103": [
    ["client", "Open", [...clientOpen, open]],
    ["client", "Open", [sends(88), asks(), sends(96), data, open]],
    ["client", "AwaitVerdict", [sends(88), asks(), sends(96), end]],
  ],
  "RC-030": [
    ["client", "HalfClosedRemote", [...clientOpen, end, data]],
    ["client", "HalfClosedRemote", [...clientOpen, end, end]],
  ],
  "RC-025": [
    ["client", "Open", [...clientOpen, { type: "data", bytes: bytes(0) }]],
    ["client", "Open", [...clientOpen, sends(0)]],
  ],
  "AL-022": [
    ["client", "Failed", [...clientOpen, told, closeTransport]],
    ["client", "Failed", [...clientOpen, alert, failed(), closeTransport]],
    ["client", "Failed", [...clientOpen, alert, sends(23), told, closeTransport]],
    ["client", "Draining", [...clientOpen, alert, told, endTransport]],
  ],
  "AL-006": [
    ["client", "Draining", [...clientOpen, said, endTransport]],
    ["client", "Draining", [...clientOpen, sends(23), failed(), endTransport]],
    ["client", "Failed", [...clientOpen, sends(23), said, closeTransport]],
    ["server", "Draining", [failed({ code: "unsupported_header" }), endTransport]],
  ],
  "ST-007": [
    ["client", "Failed", [...clientOpen, end, closed, endTransport, failed(), closeTransport]],
    ["client", "Failed", [...clientOpen, failed(), failed(), closeTransport]],
    ["client", "Closed", [...clientOpen, closeTransport]],
    ["client", "Open", [...clientOpen, failed()]],
  ],
  "ST-006": [
    ["client", "Draining", [...clientOpen, sends(23), said, endTransport, sends(23)]],
    ["client", "Closing", [...clientOpen, end, closed, endTransport, data]],
    ["server", "Forwarded", [forward, closeTransport]],
  ],
  "RC-035": [["client", "Closing", [...clientOpen, sends(21), closed, endTransport]]],
  "RC-036": [
    ["client", "Open", [...clientOpen, endTransport]],
    ["client", "Draining", [...clientOpen, sends(23), said, endTransport, endTransport]],
    ["client", "Closing", [...clientOpen, end, sends(21), closed]],
    ["client", "Closed", [closed, closeTransport]],
  ],
  "ST-028": [
    ["client", "Failed", [...clientOpen, failed()]],
    ["client", "Draining", [...clientOpen, sends(23), said, endTransport, closeTransport]],
    ["client", "Failed", [...clientOpen, failed(), closeTransport, closeTransport]],
    ["client", "Failed", [...clientOpen, closeTransport, failed()]],
  ],
  "ST-001": [
    ["client", "AwaitVerdict", clientOpen],
    ["client", "Open", [...clientOpen, end]],
    ["server", "Closed", [forward]],
    ["server", "Start", []],
  ],
};

describe("ST-001: rules over what a channel gives out", () => {
  it.each(sound)("accept %s", (_, role, state, outputs) => {
    expect(traceFaults({ role, state, outputs })).toEqual([]);
  });

  it("each rule has runs here that break it, and an ID of its own", () => {
    expect(traceRules.map(({ id }) => id)).toEqual(Object.keys(broken));
  });

  it.each(Object.entries(broken))("%s can fail", (id, traces) => {
    for (const [role, state, outputs] of traces) {
      expect(traceFaults({ role, state, outputs }).map((fault) => fault.split(":")[0])).toContain(id);
    }
  });

  it("a broken rule is an error that says which, and what was given out", () => {
    expect(() => checkTrace("client", { state: "Open" }, clientOpen)).not.toThrow();
    expect(() => checkTrace("client", { state: "Open" }, [...clientOpen, sends(0)])).toThrow(
      /^RC-025: empty transmit\nclient Open: transmit\(88\) dh transmit\(96\) open transmit\(0\)$/,
    );
  });
});

describe("ST-001: real runs keep the rules", () => {
  it("a handshake, data both ways, and a clean end", () => {
    const pair = openPair();
    const check = () => {
      checkTrace("client", pair.client.channel, pair.client.outputs);
      checkTrace("server", pair.server.channel, pair.server.outputs);
    };
    const ends: readonly End<ClientChannel | ServerChannel>[] = [pair.client, pair.server];
    for (const end of ends) absorb(end, end.channel.write(bytes(9)));
    exchange(pair);
    check();
    for (const end of ends) {
      absorb(end, end.channel.close());
      exchange(pair);
      check();
    }
    for (const end of ends) {
      absorb(end, end.channel.flushed());
      absorb(end, end.channel.transportEnded());
      check();
      expect(end.channel.state).toBe("Closed");
    }
  });

  it("a server that does not know the client's header says a hint", () => {
    const { client } = newPair();
    const server = testServer();
    const outputs = server.receive(Uint8Array.of(0x48, 0x57, 0x53, 0x52, 9, 1, 0, 0));
    checkTrace("server", server, outputs);
    checkTrace("client", client.channel, client.outputs);
  });
});
