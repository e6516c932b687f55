/**
 * Why: the table of the life cycle is what stands against a whole class of attacks. Each of them is played here against the
 * table as specified, where it has to fail, and against the table with one cell changed, where it has to succeed: so the
 * attack is a real one, and that cell is what stops it.
 */
import { describe, expect, it } from "vitest";
import type { ClientChannel, Output, ServerChannel } from "../../src/protocol/index.ts";
import { type Table, table } from "../../src/protocol/machine/table.ts";
import { Actor, type AnyChannel, converse, type Reactions } from "../model/actor.ts";
import { delivered, joined, outputTypes, testClient, testServer } from "../model/pair.ts";
import { rawClient, rawServer } from "../model/raw-peer.ts";
import { type Change, changed } from "./without.ts";

interface Attack extends Change {
  readonly attack: string;
  /** Whether it comes to what the attacker wants. */
  readonly succeeds: (table: Table) => boolean;
}

const one = Uint8Array.of(1);
const eight = new Uint8Array(8);
const nobodyDecides: Reactions<AnyChannel> = { peerKey: () => [] };

const client = (table: Table, options: Parameters<typeof testClient>[0] = {}, reactions = {}) => {
  const channel = testClient({ table, ...options });
  return new Actor<ClientChannel>(channel, reactions).do(channel.start());
};
const server = (table: Table, options: Parameters<typeof testServer>[0] = {}, reactions = {}) =>
  new Actor<ServerChannel>(testServer({ table, ...options }), reactions);

const told = (actor: { readonly outputs: readonly Output[] }, type: Output["type"]): number =>
  outputTypes(actor.outputs).filter((one) => one === type).length;
const said = (actor: { readonly wire: readonly Uint8Array[] }): number => joined(actor.wire).length;

const attacks: readonly Attack[] = [
  {
    attack: "HS-088 SC-030: early data is delivered before the application has let the client in",
    succeeds: (table) => {
      const target = server(table, {}, nobodyDecides);
      target.receive(rawClient(target).record("data", one));
      return told(target, "data") > 0;
    },
    role: "server",
    state: "AwaitResponse",
    event: "response.ok",
    cell: { to: "Open", outputs: ["peerKey"] },
  },
  {
    attack: "HS-103: a client is open, and takes data, without a Verdict that lets it in",
    succeeds: (table) => {
      const target = client(table);
      const peer = rawServer(target);
      target.receive(peer.record("data", one)).receive(peer.record("data", one));
      return told(target, "open") > 0;
    },
    role: "client",
    state: "AwaitVerdict",
    event: "verdict.bad",
    cell: { to: "Open", outputs: ["open"] },
  },
  {
    attack: "RC-027: a channel that is open is opened again by a second Accept",
    succeeds: (table) => {
      const target = server(table);
      target.receive(rawClient(target).record("accept"));
      return told(target, "open") > 1;
    },
    role: "server",
    state: "Open",
    event: "record.accept",
    cell: { to: "Open", outputs: ["open"] },
  },
  {
    attack: "HS-061 HS-063: a client on first use shows itself to whoever answers",
    succeeds: (table) => {
      const target = client(table, { firstUse: true }, nobodyDecides);
      converse({ client: target, server: server(table) });
      return said(target) > 88;
    },
    role: "client",
    state: "AwaitChallenge",
    event: "challenge.firstUse",
    cell: { to: "Responding", outputs: ["dh"] },
  },
  {
    attack: "AL-013 SC-036: an Alert is answered by an Alert",
    succeeds: (table) => {
      const target = server(table);
      const peer = rawClient(target);
      const before = said(target);
      target.receive(peer.record("alert", Uint8Array.of(0, 12)));
      return said(target) > before;
    },
    role: "server",
    state: "Open",
    event: "record.alert",
    cell: { to: "Draining", outputs: ["alert", "send.alert:cancelled", "failed", "endTransport"] },
  },
  {
    attack: "AL-024: an Alert that makes no sense is answered by an Alert, which may make as little",
    succeeds: (table) => {
      const target = server(table);
      const peer = rawClient(target);
      const before = said(target);
      target.receive(peer.record("alert", Uint8Array.of(0)));
      return said(target) > before;
    },
    role: "server",
    state: "Open",
    event: "record.malformedAlert",
    cell: { to: "Draining", outputs: ["send.alert:bad_record", "failed", "endTransport"] },
  },
  {
    attack: "RC-030: a second Close ends the data twice",
    succeeds: (table) => {
      const target = server(table);
      const peer = rawClient(target);
      target.receive(peer.record("close")).receive(peer.record("close"));
      return told(target, "end") > 1;
    },
    role: "server",
    state: "HalfClosedRemote",
    event: "record.close",
    cell: { to: "HalfClosedRemote", outputs: ["end"] },
  },
  {
    attack: "RC-028 RC-030: data is delivered after the end of the data",
    succeeds: (table) => {
      const target = server(table);
      const peer = rawClient(target);
      target.receive(peer.record("close")).receive(peer.record("data", one));
      return told(target, "data") > 0;
    },
    role: "server",
    state: "HalfClosedRemote",
    event: "record.data",
    cell: { to: "HalfClosedRemote", outputs: ["data"] },
  },
  {
    attack: "SC-006 RC-033: a transport that was cut passes for the end of the data",
    succeeds: (table) => {
      const target = server(table);
      rawClient(target);
      target.do(target.channel.transportEnded());
      return target.has("end");
    },
    role: "server",
    state: "Open",
    event: "eof",
    cell: { to: "HalfClosedRemote", outputs: ["end"] },
  },
  {
    attack: "RC-043: Pings that nobody reads the answers to make the answers pile up",
    succeeds: (table) => {
      const target = server(table);
      const peer = rawClient(target);
      target.flush();
      const before = target.wire.length;
      for (let i = 0; i < 100; i++) target.receive(peer.record("ping", eight));
      return target.wire.length > before + 2;
    },
    role: "server",
    state: "Open",
    event: "record.pingExcess",
    cell: { to: "Open", outputs: ["send.pong"] },
  },
  {
    attack: "RC-044: a Pong that nobody has asked for passes for a sign of life",
    succeeds: (table) => {
      const target = server(table);
      target.receive(rawClient(target).record("pong", eight));
      return target.channel.state === "Open";
    },
    role: "server",
    state: "Open",
    event: "record.pongUnexpected",
    cell: { to: "Open", outputs: [] },
  },
  {
    attack: "RC-023: after a record that does not authenticate the next one is tried",
    succeeds: (table) => {
      const target = server(table);
      const record = rawClient(target).record("data", one);
      target.receive(record.with(-1, (record.at(-1) ?? 0) ^ 1)).receive(record);
      return delivered(target).length > 0;
    },
    role: "server",
    state: "Open",
    event: "record.bad",
    cell: { to: "Open", outputs: [] },
  },
  {
    attack: "HS-119 HS-121: a peer that begins a handshake and goes no further holds its place for ever",
    succeeds: (table) => {
      const clock = { now: 0 };
      const target = server(table, { clock });
      target.receive(client(table).flush().slice(0, 87));
      clock.now = 3_600_000;
      target.do(target.channel.tick());
      return !target.has("closeTransport");
    },
    role: "server",
    state: "AwaitHello",
    event: "time.handshake",
    cell: { to: "AwaitHello", outputs: [] },
  },
  {
    attack: "ST-035: a peer that goes on sending keeps an end that has said its last word for ever",
    succeeds: (table) => {
      const clock = { now: 0 };
      const target = server(table, { clock });
      rawClient(target);
      target.do(target.channel.alert("cancelled"));
      target.flush();
      clock.now = 3_600_000;
      target.receive(one).do(target.channel.tick());
      return !target.has("closeTransport");
    },
    role: "server",
    state: "Draining",
    event: "time.drain",
    cell: { to: "Draining", outputs: [] },
  },
  {
    attack: "RT-020: a stealthy server answers a stranger, and so shows itself",
    succeeds: (table) => {
      const target = server(table, { stealth: true });
      target.receive(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
      return said(target) > 0;
    },
    role: "server",
    state: "AwaitHello",
    event: "hello.hidden",
    cell: { to: "Draining", outputs: ["send.hint", "failed", "endTransport"] },
  },
  {
    attack: "HS-079 HS-085: a client that has proved nothing is let in all the same",
    succeeds: (table) => {
      const [honest, target] = [client(table), server(table)];
      target.receive(honest.flush());
      target.receive(new Uint8Array(96));
      return target.channel.state === "Deciding";
    },
    role: "server",
    state: "AwaitResponse",
    event: "response.bad",
    cell: { to: "Deciding", outputs: [] },
  },
  {
    attack: "HS-104: a transport that was cut passes for a refusal by the server",
    succeeds: (table) => {
      const target = client(table);
      rawServer(target);
      target.do(target.channel.transportEnded());
      return target.has("closed");
    },
    role: "client",
    state: "AwaitVerdict",
    event: "eof",
    cell: { to: "Closed", outputs: ["closed", "closeTransport"] },
  },
  {
    attack: "RC-034 AL-030: an Alert after the peer's Close passes for a clean end",
    succeeds: (table) => {
      const target = server(table);
      const peer = rawClient(target);
      target.receive(peer.record("close")).receive(peer.record("alert", Uint8Array.of(0, 1)));
      return !target.has("failed");
    },
    role: "server",
    state: "HalfClosedRemote",
    event: "record.alert",
    cell: { to: "Closed", outputs: ["closed", "closeTransport"] },
  },
];

describe("an attack on the life cycle", () => {
  it.each(attacks)("$attack: fails, and succeeds without its cell", ({ succeeds, ...change }) => {
    expect(succeeds(table)).toBe(false);
    expect(succeeds(changed(change))).toBe(true);
  });

  it("is played between ends that work", () => {
    const [one, other] = [client(table), server(table)];
    converse({ client: one, server: other });
    expect([one.channel.state, other.channel.state]).toEqual(["Open", "Open"]);
  });
});
