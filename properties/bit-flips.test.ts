/**
 * Why: an attacker on the wire changes a bit and waits for somebody to believe it. Every bit of the four messages of
 * a handshake is turned, one at a time, between two honest ends: none of them may open on it, and each must end
 * as the specification says.
 */
import { describe, expect, it } from "vitest";
import type { FailureCode, Role, ServerOptions } from "../src/protocol/index.ts";
import { Actor, converse, type Network, type Sides } from "./model/actor.ts";
import { joined, testClient, testServer } from "./model/pair.ts";
import { pattern } from "./model/scenarios.ts";

/** Turns one bit of a direction's bytes, and lets everything else pass. */
function flipping(role: Role, bit: number): Network {
  let passed = 0;
  return (from, bytes) => {
    if (from !== role) return bytes;
    const at = (bit >> 3) - passed;
    passed += bytes.length;
    return at < 0 || at >= bytes.length ? bytes : bytes.with(at, (bytes[at] ?? 0) ^ (1 << (bit & 7)));
  };
}

/** A client with a mind to talk, and its server. */
function start(options: Partial<ServerOptions> = {}): Sides {
  const client = new Actor(testClient(), { open: (channel) => channel.write(pattern(20, 1)) });
  const server = new Actor(testServer(options), { open: (channel) => channel.write(pattern(20, 2)) });
  return { client: client.do(client.channel.start()), server };
}

function run(role: Role, bit: number, options: Partial<ServerOptions> = {}): Sides {
  const sides = start(options);
  converse(sides, flipping(role, bit));
  return sides;
}

const bits = (from: number, to: number) => Array.from({ length: (to - from) * 8 }, (_, i) => from * 8 + i);

function expectNoTrust({ client, server }: Sides, where: string): void {
  for (const actor of [client, server]) {
    expect(actor.has("open"), where).toBe(false);
    expect(actor.has("data"), where).toBe(false);
  }
  expect(server.has("peerKey"), where).toBe(false);
}

function codes({ client, server }: Sides): (FailureCode | undefined)[] {
  return [client.channel.failure?.code, server.channel.failure?.code];
}

describe("a bit of the Hello", () => {
  it("HS-008: in HWSR: the server closes and says nothing", () => {
    for (const bit of bits(0, 4)) {
      const sides = run("client", bit);
      expectNoTrust(sides, `bit ${bit}`);
      expect(codes(sides), `bit ${bit}`).toEqual(["no_answer", "not_hawser"]);
      expect(joined(sides.server.wire)).toHaveLength(0);
    }
  });

  it("HS-009 HS-012 HS-013: in version, suite or flags: the server's hint, which the client calls altered", () => {
    for (const bit of bits(4, 8)) {
      const sides = run("client", bit);
      expectNoTrust(sides, `bit ${bit}`);
      expect(codes(sides), `bit ${bit}`).toEqual(["hint", "unsupported_header"]);
      expect(sides.client.channel.failure?.reason).toEqual({
        code: "hint",
        same: true,
        peer: { version: 1, suite: 1, flags: 0 },
      });
      expect(joined(sides.server.wire)).toEqual(Uint8Array.of(0x48, 0x57, 0x53, 0x52, 1, 1, 0, 0));
    }
  });

  it("HS-055 ST-025: in the ephemeral key or the route: a Challenge that does not authenticate", () => {
    for (const bit of bits(8, 88)) {
      const sides = run("client", bit);
      expectNoTrust(sides, `bit ${bit}`);
      expect(codes(sides), `bit ${bit}`).toEqual(["bad_challenge", "abandoned"]);
      expect(joined(sides.client.wire)).toHaveLength(88);
      expect(joined(sides.server.wire)).toHaveLength(98);
    }
  });

  it("RT-020 RT-021: anywhere: a stealthy server sends nothing", () => {
    for (const bit of bits(0, 88)) {
      const sides = run("client", bit, { stealth: true });
      expectNoTrust(sides, `bit ${bit}`);
      expect(joined(sides.server.wire), `bit ${bit}`).toHaveLength(0);
      expect(sides.server.channel.state, `bit ${bit}`).toBe("Hiding");
      expect(sides.server.has("closeTransport"), `bit ${bit}`).toBe(false);
    }
  });
});

describe("a bit of the Challenge", () => {
  it("HS-055 HS-064: anywhere: the client fails and says nothing more", () => {
    for (const bit of bits(0, 98)) {
      const sides = run("server", bit);
      expectNoTrust(sides, `bit ${bit}`);
      expect(codes(sides), `bit ${bit}`).toEqual(["bad_challenge", "abandoned"]);
      expect(sides.client.has("dh"), `bit ${bit}`).toBe(false);
      expect(joined(sides.client.wire), `bit ${bit}`).toHaveLength(88);
    }
  });
});

describe("a bit of the Response", () => {
  it("HS-079 HS-085: anywhere: the server answers bad_response in the channel", () => {
    for (const bit of bits(88, 88 + 96)) {
      const sides = run("client", bit);
      expectNoTrust(sides, `bit ${bit}`);
      expect(codes(sides), `bit ${bit}`).toEqual(["alert_received", "bad_response"]);
      expect(sides.client.outputs, `bit ${bit}`).toContainEqual({ type: "alert", code: 2, message: "" });
      expect(sides.server.channel.failure?.alertSent, `bit ${bit}`).toBe(2);
    }
  });
});

describe("a bit of the Verdict", () => {
  const length = 2 + 256 + 16;

  it("HS-096: which is of this length", () => {
    const sides = start();
    converse(sides);
    expect(sides.server.wire[1]).toHaveLength(length);
    expect(sides.client.has("open")).toBe(true);
  });

  it("HS-099 HS-103: in the ciphertext: the client does not open and alerts bad_record", () => {
    for (const bit of bits(98 + 2, 98 + length)) {
      const sides = run("server", bit);
      expect(sides.client.has("open"), `bit ${bit}`).toBe(false);
      expect(sides.client.has("data"), `bit ${bit}`).toBe(false);
      expect(codes(sides), `bit ${bit}`).toEqual(["bad_record", "alert_received"]);
      expect(sides.client.channel.failure?.reason).toEqual({ code: "bad_record", check: "cipher" });
      expect(sides.server.outputs, `bit ${bit}`).toContainEqual({ type: "alert", code: 5, message: "" });
    }
  });

  it("HS-099 HS-104: in the length: bad_record, or a wait that ends with the transport", () => {
    const seen = new Set<string | undefined>();
    for (const bit of bits(98, 98 + 2)) {
      const sides = run("server", bit);
      const { client, server } = sides;
      if (client.channel.failure === undefined) client.do(client.channel.transportEnded());
      expect(client.has("open"), `bit ${bit}`).toBe(false);
      expect(client.has("data"), `bit ${bit}`).toBe(false);
      expect(server.has("data"), `bit ${bit}`).toBe(false);
      seen.add(client.channel.failure?.code);
    }
    expect([...seen].sort()).toEqual(["bad_record", "truncated"]);
  });
});
