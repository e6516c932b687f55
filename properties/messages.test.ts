/**
 * Why: what goes over the wire in a handshake is fixed to the byte, and what a receiver may not make of it is as well: a
 * port that says a little more, or refuses a little more, works with itself and with nobody else.
 */
import { fc, test } from "@fast-check/vitest";
import NoiseState from "noise-handshake";
import { describe, expect, it } from "vitest";
import { openRoute, sealRoute } from "../src/protocol/handshake/route.ts";
import type { ClientChannel, ServerChannel } from "../src/protocol/index.ts";
import { Ephemeral } from "../src/protocol/noise/ephemeral.ts";
import { Actor, converse } from "./model/actor.ts";
import { delivered, joined, primitives, serverKey, testClient, testKey, testServer } from "./model/pair.ts";
import { plaintext, rawClient, rawServer, sealed } from "./model/raw-peer.ts";
import { pattern } from "./model/scenarios.ts";
import { runs } from "./seed.ts";

const nothing = new Uint8Array(0);

function client(options: Parameters<typeof testClient>[0] = {}): Actor<ClientChannel> {
  const channel = testClient(options);
  return new Actor<ClientChannel>(channel).do(channel.start());
}

describe("a handshake", () => {
  it("HS-001 HS-002 HS-126: is 88, 98, 96 bytes and the Verdict, and not a byte between them", () => {
    const [ours, theirs] = [client(), new Actor<ServerChannel>(testServer())];
    ours.do(ours.channel.write(nothing));
    const sizes: number[] = [];
    converse({ client: ours, server: theirs }, (_from, bytes) => {
      sizes.push(bytes.length);
      return bytes;
    });
    expect(sizes).toEqual([88, 98, 96, 2 + 256 + 16]);
    expect([ours.channel.state, theirs.channel.state]).toEqual(["Open", "Open"]);
  });

  it("HS-002: a byte more between two messages is the beginning of the next one, and spoils it", () => {
    for (const extra of [0, 0x48]) {
      const [ours, theirs] = [client(), new Actor<ServerChannel>(testServer())];
      converse({ client: ours, server: theirs }, (from, bytes) =>
        from === "client" && bytes.length === 88 ? joined([bytes, Uint8Array.of(extra)]) : bytes,
      );
      expect(theirs.channel.failure?.code).toBe("bad_response");
    }
  });
});

describe("a route", () => {
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const header = fc.uint8Array({ minLength: 8, maxLength: 8 });

  test.prop([key, key, key, header], { numRuns: runs(50) })(
    "RT-001 RT-002 RT-003 RT-004 RT-005 RT-006 RT-008: is the one message of Noise N that noise-handshake makes",
    (e, viaSecret, wanted, head) => {
      const via = primitives.x25519PublicKey(viaSecret);
      const pair = { secretKey: Buffer.from(e), publicKey: Buffer.from(primitives.x25519PublicKey(e)) };
      // XK's first message is all of N's one: only the name differs.
      const theirs = new NoiseState("XK", true, pair);
      theirs.protocol = Buffer.from("Noise_N_25519_ChaChaPoly_BLAKE2b");
      theirs.initialise(Buffer.concat([Buffer.from("hawser route"), head]), Buffer.from(via));
      theirs.e = pair;
      const message = Uint8Array.from(theirs.send(Buffer.from(wanted)));
      expect(sealRoute(primitives, head, new Ephemeral(primitives, e), via, wanted)).toEqual(
        message.slice(32),
      );
      const dh = primitives.x25519(viaSecret, primitives.x25519PublicKey(e)) ?? nothing;
      expect(openRoute(primitives, head, via, message, dh)).toEqual(wanted);
    },
  );
});

describe("a Verdict", () => {
  it.each([0, 1, 252, 253, 254, 4_000, 65_516])(
    "HS-097: with %i bytes of padding lets in as any other does",
    (padding) => {
      const ours = client();
      const { verdict } = rawServer(ours);
      ours.receive(sealed(verdict, plaintext(2, 0, nothing, padding)));
      expect(ours.channel.state).toBe("Open");
    },
  );
});

describe("a server that has let its client in", () => {
  it("HS-124: takes what came before the Verdict as it takes anything, too much of it and a Ping among it", () => {
    const waiting = new Actor<ServerChannel>(testServer(), { peerKey: () => [] });
    const peer = rawClient(waiting);
    const text = pattern(65_000, 1);
    waiting.receive(joined([peer.record("data", text), peer.record("data", text)]));
    waiting.receive(peer.record("ping", new Uint8Array(8)));
    expect(waiting.channel.state).toBe("Deciding");
    waiting.do(waiting.channel.accept());
    expect(delivered(waiting)).toEqual(joined([text, text]));
    expect(waiting.channel.state).toBe("Open");
    const wire = waiting.flush().slice(2 + 256 + 16); // behind the Verdict
    expect(peer.open(wire).map(([type]) => type)).toEqual([5]);
  });
});

describe("a middlebox at its limit", () => {
  it("RT-026 RT-012: refuses, and looks for no server, but hides from who does not know its key", () => {
    const via = testKey("via");
    const middlebox = (options: Parameters<typeof testServer>[0] = {}) => {
      const actor = new Actor<ServerChannel>(testServer({ keyHolders: [via], routes: true, ...options }));
      return actor.do(actor.channel.refuse("busy"));
    };
    const limited = middlebox();
    limited.receive(client({ via: via.publicKey }).flush());
    expect(limited.has("route")).toBe(false);
    expect(limited.channel.failure?.reason).toMatchObject({ code: "hello_refused", alert: 9 });

    const free = new Actor<ServerChannel>(testServer({ keyHolders: [via], routes: true }));
    free.receive(client({ via: via.publicKey }).flush());
    expect(free.outputs.find(({ type }) => type === "route")).toEqual({
      type: "route",
      serverKey: serverKey.publicKey,
    });

    const hidden = middlebox({ stealth: true });
    hidden.receive(client().flush());
    expect(joined(hidden.wire)).toHaveLength(0);
  });
});
