/**
 * Why: both ends change a direction's key at the same counter without a word about it. One that is off by one record
 * fails long connections only, and only there; so the boundaries are crossed here, near and far from the beginning,
 * and the last counters of all are reached.
 */
import { createCipheriv } from "node:crypto";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { Primitives } from "../src/crypto/primitives.ts";
import { alertCodes } from "../src/protocol/index.ts";
import { Actor, type AnyChannel, converse, type Sides } from "./model/actor.ts";
import { delivered, joined, outputTypes, primitives, testClient, testServer } from "./model/pair.ts";
import { pattern } from "./model/scenarios.ts";
import { settle } from "./model/stages.ts";
import { runs } from "./seed.ts";

const last = 2n ** 64n - 2n;

interface Sealing {
  readonly key: string;
  readonly counter: bigint;
}

/** Primitives that note the key and the counter of whatever is sealed. */
function noting(into: Sealing[]): Primitives {
  return {
    ...primitives,
    name: primitives.name,
    x25519: (a, b) => primitives.x25519(a, b),
    x25519PublicKey: (a) => primitives.x25519PublicKey(a),
    blake2b: (a) => primitives.blake2b(a),
    open: (...args) => primitives.open(...args),
    equal: (a, b) => primitives.equal(a, b),
    wipe: (a) => primitives.wipe(a),
    seal: (key, nonce, ...rest) => {
      const counter = Buffer.from(nonce).readBigUInt64LE(4);
      into.push({ key: Buffer.from(key).toString("hex"), counter });
      primitives.seal(key, nonce, ...rest);
    },
  };
}

/** REKEY of Noise rev 34 §4.2, by OpenSSL: the first 32 bytes of the encryption of zeros under the counter 2^64 − 1. */
function rekeyed(key: string): string {
  const nonce = Buffer.from("00000000ffffffffffffffff", "hex");
  const cipher = createCipheriv("chacha20-poly1305", Buffer.from(key, "hex"), nonce, { authTagLength: 16 });
  return cipher.update(Buffer.alloc(32)).toString("hex");
}

/** Both ends open, with counters that begin here. */
function openAt(client: bigint, server: bigint, noted: Sealing[] = []): Sides {
  const firstNonces = { client, server };
  return settle(
    new Actor(testClient({ firstNonces, primitives: noting(noted) })),
    new Actor(testServer({ firstNonces })),
  );
}

/** The keys and counters of the client's records: what it sealed after its handshake. */
function records(noted: readonly Sealing[], first: bigint): Sealing[] {
  return noted.filter(({ counter }) => counter >= first && counter !== 2n ** 64n - 1n && counter > 10n);
}

describe("a direction's key", () => {
  const boundaries = fc.oneof(fc.constantFrom(1n, 2n, 3n, 1000n), fc.bigInt({ min: 1n, max: 2n ** 47n }));

  test.prop([boundaries, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })], {
    numRuns: runs(60),
  })(
    "RC-005: is replaced before the record whose counter is a positive multiple of 65,536, and the counter goes on",
    (multiple, before, after) => {
      const boundary = multiple * 65_536n;
      const first = boundary - BigInt(before);
      const noted: Sealing[] = [];
      const sides = openAt(first, 0n, noted);
      for (let i = 0; i < before + after; i++) sides.client.do(sides.client.channel.write(Uint8Array.of(i)));
      converse(sides);
      expect(delivered(sides.server)).toEqual(Uint8Array.from({ length: before + after }, (_, i) => i));
      const used = records(noted, first);
      expect(used.map(({ counter }) => counter)).toEqual(
        Array.from({ length: before + after }, (_, i) => first + BigInt(i)),
      );
      const old = used[0]?.key ?? "";
      for (const { key, counter } of used) expect(key).toBe(counter < boundary ? old : rekeyed(old));
    },
  );

  test.prop([fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })], { numRuns: runs(30) })(
    "RC-005: changes in each direction by itself, for records of every type",
    (a, b) => {
      const sides = openAt(65_536n - BigInt(a), 131_072n - BigInt(b));
      const { client, server } = sides;
      for (let round = 0; round < 4; round++) {
        client.do(client.channel.write(Uint8Array.of(round)));
        server.do(server.channel.write(Uint8Array.of(round)));
        client.do(client.channel.ping());
        server.do(server.channel.ping());
        converse(sides);
      }
      for (const actor of [client, server]) actor.do(actor.channel.close());
      converse(sides);
      for (const actor of [client, server]) {
        expect(delivered(actor)).toEqual(Uint8Array.of(0, 1, 2, 3));
        expect(actor.outputs.filter(({ type }) => type === "pong")).toHaveLength(4);
        expect(actor.channel.state).toBe("Closed");
      }
    },
  );

  it("RC-005: is replaced at 65,536 by a stream that really gets there, and again at 131,072", () => {
    const noted: Sealing[] = [];
    const sides = settle(new Actor(testClient({ recordSize: 1, primitives: noting(noted) })));
    const { client, server } = sides;
    const chunk = pattern(8_192, 1);
    let count = 0;
    // Straight to the channels: an actor would keep every output of them.
    for (let i = 0; i < 17; i++) {
      for (const output of client.channel.write(chunk)) {
        if (output.type !== "transmit") continue;
        const got = server.channel.receive(output.bytes);
        const bytes = joined(got.flatMap((o) => (o.type === "data" ? [o.bytes] : [])));
        expect(Buffer.compare(bytes, chunk)).toBe(0);
        count += bytes.length;
      }
    }
    expect(count).toBe(17 * 8_192);
    const keys = [65_535n, 65_536n, 131_071n, 131_072n].map(
      (counter) => noted.find((sealing) => sealing.counter === counter)?.key ?? "",
    );
    const first = keys[0] ?? "";
    expect(keys).toEqual([first, rekeyed(first), rekeyed(first), rekeyed(rekeyed(first))]);
    // Zero is a multiple of 65,536 as well, but not a positive one.
    expect(noted.filter(({ counter }) => counter === 2n ** 64n - 1n)).toHaveLength(2);
  });

  it("RC-004 RC-013: a record from before the change does not open after it", () => {
    const { client, server } = openAt(65_535n, 0n);
    const before = joined(
      client.channel.write(Uint8Array.of(1)).flatMap((o) => (o.type === "transmit" ? [o.bytes] : [])),
    );
    server.receive(before);
    server.receive(before);
    expect(server.channel.failure?.reason).toEqual({ code: "bad_record", check: "cipher" });
    expect(delivered(server)).toEqual(Uint8Array.of(1));
  });
});

describe("the last counters", () => {
  const sides = (first: bigint, role: "client" | "server" = "client") =>
    role === "client" ? openAt(first, 0n) : openAt(0n, first);

  it("RC-006 RC-008: 2^64 − 3 is for anything, 2^64 − 2 for an Alert or a Close", () => {
    const pair = sides(last - 1n);
    pair.client.do(pair.client.channel.write(Uint8Array.of(1)));
    pair.client.do(pair.client.channel.close());
    converse(pair);
    expect(outputTypes(pair.server.outputs).slice(-2)).toEqual(["data", "end"]);
    const alerting = sides(last);
    alerting.client.do(alerting.client.channel.alert(0x8001, "last words"));
    converse(alerting);
    expect(alerting.server.outputs).toContainEqual({ type: "alert", code: 0x8001, message: "last words" });
  });

  it.each([
    ["write", (actor: Actor<AnyChannel>) => actor.do(actor.channel.write(Uint8Array.of(1)))],
    ["ping", (actor: Actor<AnyChannel>) => actor.do(actor.channel.ping())],
  ] as const)("RC-006: a %s that would need 2^64 − 2 is the Alert internal_error", (_what, act) => {
    for (const role of ["client", "server"] as const) {
      const pair = sides(last, role);
      const [actor, peer] = role === "client" ? [pair.client, pair.server] : [pair.server, pair.client];
      act(actor as Actor<AnyChannel>);
      expect(actor.channel.failure?.reason).toEqual({ code: "nonces_exhausted" });
      expect(actor.channel.failure?.alertSent).toBe(alertCodes.internal_error);
      converse(pair);
      expect(peer.channel.failure?.reason).toMatchObject({ code: "alert_received", alert: 1 });
      expect(delivered(peer as Actor<AnyChannel>)).toHaveLength(0);
      actor.check();
    }
  });

  it("RC-006 RC-053 AL-008: what the counters can carry is sent before it", () => {
    const firstNonces = { client: last - 2n, server: 0n };
    const pair = settle(
      new Actor(testClient({ firstNonces, recordSize: 10 })),
      new Actor(testServer({ firstNonces })),
    );
    pair.client.do(pair.client.channel.write(pattern(35, 1)));
    expect(pair.client.channel.failure?.code).toBe("nonces_exhausted");
    converse(pair);
    expect(delivered(pair.server)).toEqual(pattern(20, 1));
    expect(pair.server.channel.failure?.reason).toMatchObject({ code: "alert_received", alert: 1 });
  });

  it("RC-006: a Pong that would need it as well", () => {
    const pair = sides(last);
    pair.server.do(pair.server.channel.ping());
    converse(pair);
    expect(pair.client.channel.failure?.code).toBe("nonces_exhausted");
    expect(pair.server.channel.failure?.reason).toMatchObject({ code: "alert_received", alert: 1 });
  });

  /** An end that has no counter left for its own direction; the client's last one went into its Close. */
  function spent(role: "client" | "server"): Actor<AnyChannel> {
    if (role === "server") return sides(last + 1n, role).server as Actor<AnyChannel>;
    const pair = sides(last);
    pair.client.do(pair.client.channel.close());
    return pair.client as Actor<AnyChannel>;
  }

  const calls = {
    write: (actor: Actor<AnyChannel>) => actor.do(actor.channel.write(Uint8Array.of(1))),
    ping: (actor: Actor<AnyChannel>) => actor.do(actor.channel.ping()),
    close: (actor: Actor<AnyChannel>) => actor.do(actor.channel.close()),
    alert: (actor: Actor<AnyChannel>) => actor.do(actor.channel.alert("cancelled")),
  };

  it.each([
    ["write", "server"],
    ["ping", "server"],
    ["close", "server"],
    ["alert", "server"],
    ["ping", "client"],
    ["alert", "client"],
  ] as const)("RC-007: a %s that would need 2^64 − 1 fails in silence, at the %s", (call, role) => {
    const actor = spent(role);
    const said = actor.wire.length;
    calls[call](actor);
    expect(actor.wire.length).toBe(said);
    expect(actor.channel.failure?.reason).toEqual({ code: "nonces_exhausted" });
    expect(outputTypes(actor.outputs).slice(-2)).toEqual(["failed", "closeTransport"]);
    actor.check();
  });

  it("RC-007: a record that would be opened with it fails in silence", () => {
    const receivers = [
      settle(new Actor(testClient({ firstNonces: { client: 0n, server: last + 1n } }))).client,
      settle(undefined, new Actor(testServer({ firstNonces: { client: last + 1n, server: 0n } }))).server,
    ];
    for (const receiver of receivers as Actor<AnyChannel>[]) {
      const said = receiver.wire.length;
      receiver.receive(joined([Uint8Array.of(0, 19), new Uint8Array(19)]));
      expect(receiver.wire.length).toBe(said);
      expect(receiver.channel.failure?.reason).toEqual({ code: "nonces_exhausted" });
      receiver.check();
    }
  });
});
