/**
 * Why: a transport cuts and joins bytes as it likes. What comes of them must not depend on it, or the same peer
 * would be a good one over one network and a bad one over another.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { Output } from "../src/protocol/index.ts";
import { atOnce, byteByByte, type Cut, cutBy, cuts } from "./arbitraries/cuts.ts";
import { Actor, type AnyChannel, merged } from "./model/actor.ts";
import { joined, outputTypes, testServer } from "./model/pair.ts";
import { parts, type RawPeer, rawClient } from "./model/raw-peer.ts";
import { type Scenario, scenarios, transcript } from "./model/scenarios.ts";
import { runs } from "./seed.ts";

const roles = ["client", "server"] as const;
type Role = (typeof roles)[number];

const transcripts = new Map(scenarios.map((scenario) => [scenario, transcript(scenario)]));

/** What the peer sent in the scenario, and the end of file if there is to be one. */
function peersBytes(scenario: Scenario, role: Role): Uint8Array {
  const streams = transcripts.get(scenario);
  if (streams === undefined) throw new Error("every scenario has a transcript");
  return role === "client" ? streams.server : streams.client;
}

/** An end by itself, which says nothing that depends on when it is asked. */
function end(scenario: Scenario, role: Role): Actor<AnyChannel> {
  const actor = role === "client" ? scenario.client({ passive: true }) : scenario.server({ passive: true });
  return actor as Actor<AnyChannel>;
}

function outputsOf(scenario: Scenario, role: Role, cut: Cut, atEnd: boolean): Output[] {
  const actor = end(scenario, role);
  for (const piece of cut(peersBytes(scenario, role))) actor.receive(piece);
  if (atEnd) actor.do(actor.channel.transportEnded());
  return merged(actor.outputs);
}

describe.each(scenarios)("$name", (scenario) => {
  describe.each(roles)("at the %s", (role) => {
    it("HS-003 RC-045 ST-003: byte by byte and all at once come to the same", () => {
      for (const atEnd of [false, true]) {
        const whole = outputsOf(scenario, role, atOnce, atEnd);
        expect(outputsOf(scenario, role, byteByByte, atEnd)).toEqual(whole);
      }
    });

    test.prop([cuts, fc.boolean()], { numRuns: runs(15) })(
      "HS-003 RC-045: any cutting comes to the same",
      (cut, atEnd) => {
        expect(outputsOf(scenario, role, cut, atEnd)).toEqual(outputsOf(scenario, role, atOnce, atEnd));
      },
    );

    it("ST-008 ST-011: input that waited for a key holder and a decision comes to the same", () => {
      const whole = outputsOf(scenario, role, atOnce, false);
      for (const cut of [atOnce, byteByByte]) {
        const waiting: (() => Output[])[] = [];
        const patient = end(scenario, role);
        const channel = patient.channel;
        // The same end, whose questions are answered only once everything is in.
        const late = new Actor<AnyChannel>(channel, {
          dh: (_channel, { keyHolder, publicKey }) => {
            waiting.push(() => channel.dhDone(keyHolder, keyHolder.dh(publicKey) as Uint8Array));
            return [];
          },
          peerKey: () => {
            waiting.push(() => ("trust" in channel ? channel.trust() : channel.accept()));
            return [];
          },
        });
        late.outputs.push(...patient.outputs);
        for (const piece of cut(peersBytes(scenario, role))) late.receive(piece);
        for (let answer = waiting.shift(); answer !== undefined; answer = waiting.shift()) late.do(answer());
        expect(merged(late.outputs)).toEqual(whole);
      }
    });
  });
});

/** A server, open, before a client that knows its keys. */
function withRawClient(): { server: Actor<AnyChannel>; peer: RawPeer } {
  const server = new Actor(testServer());
  const peer = rawClient(server);
  server.flush();
  return { server: server as Actor<AnyChannel>, peer };
}

describe("Pings", () => {
  const body = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const other = body.map((byte) => byte + 1);

  test.prop([cuts])(
    "RC-043 RC-045: without a flushed in between, two are one too many in any cutting",
    (cut) => {
      const { server, peer } = withRawClient();
      const bytes = joined([
        peer.record("ping", body),
        peer.record("ping", other),
        peer.record("data", body),
      ]);
      for (const piece of cut(bytes)) server.receive(piece);
      expect(outputTypes(server.outputs).slice(-4)).toEqual([
        "transmit",
        "transmit",
        "failed",
        "endTransport",
      ]);
      expect(server.channel.failure?.reason).toEqual({
        code: "unexpected_record",
        type: "ping",
        state: "Open",
      });
      expect(peer.open(joined(server.sent)).map((content) => parts(content).type)).toEqual([5, 1]);
    },
  );

  test.prop([fc.nat({ max: 28 })])(
    "RC-040 RC-041: what counts is whether the Pong was handed over before the next Ping is opened",
    (flushedAt) => {
      const { server, peer } = withRawClient();
      const [first, second] = [peer.record("ping", body), peer.record("ping", other)];
      server.receive(joined([first, second.slice(0, flushedAt)]));
      const pong = server.flush();
      server.receive(second.slice(flushedAt));
      expect(flushedAt).toBeLessThan(second.length);
      expect(server.channel.state).toBe("Open");
      expect(peer.open(joined([pong, server.flush()])).map((content) => parts(content).body)).toEqual([
        body,
        other,
      ]);
    },
  );

  it("RC-043: a flushed after the second Ping has come is too late", () => {
    const { server, peer } = withRawClient();
    server.receive(joined([peer.record("ping", body), peer.record("ping", other)]));
    server.flush();
    expect(server.channel.failure?.code).toBe("unexpected_record");
  });
});

describe("memory handed in", () => {
  it.each(roles)("HS-003: may be used again at once, at the %s", (role) => {
    for (const scenario of scenarios) {
      const actor = end(scenario, role);
      const buffer = new Uint8Array(7);
      for (const piece of cutBy(buffer.length)(peersBytes(scenario, role))) {
        const view = buffer.subarray(0, piece.length);
        view.set(piece);
        actor.receive(view);
        buffer.fill(0xee);
      }
      expect(merged(actor.outputs), scenario.name).toEqual(outputsOf(scenario, role, atOnce, false));
    }
  });
});
