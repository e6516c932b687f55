/**
 * Why: padding blurs sizes on the wire and nothing else. Whatever policy a sender has, even a foolish one, the data
 * arrives as it was written; and the sizes are those that the policy promises.
 */
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { type Padding, UsageError } from "../src/protocol/index.ts";
import { unitsOf } from "./arbitraries/disturbances.ts";
import { paddings, recordSizes } from "./arbitraries/options.ts";
import { Actor, converse, merged } from "./model/actor.ts";
import { delivered, joined, testClient, testServer } from "./model/pair.ts";
import { pattern } from "./model/scenarios.ts";
import { settle } from "./model/stages.ts";
import { runs } from "./seed.ts";

const head = 3;
const largest = 65_519;

/** The plaintext lengths of the records that carry so much data. */
function plaintexts(padding: Padding, size: number, recordSize = 65_516): number[] {
  const { client } = settle(new Actor(testClient({ padding, recordSize })));
  const bytes = client.channel
    .write(pattern(size, 1))
    .flatMap((output) => (output.type === "transmit" ? [output.bytes] : []));
  // Two bytes of length and sixteen of tag are no plaintext; the first two units are the handshake's.
  return unitsOf("client", joined([new Uint8Array(88 + 96), ...bytes]))
    .slice(2)
    .map((unit) => unit.length - 18);
}

const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 65_516 }));

describe("padding", () => {
  test.prop(
    [paddings, paddings, recordSizes, fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 400 })],
    {
      numRuns: runs(80),
    },
  )(
    "RC-009 RC-010: never changes what is delivered, told, or counted",
    (mine, yours, recordSize, there, back) => {
      const talk = (clientPadding: Padding, serverPadding: Padding) => {
        const size = Math.max(recordSize, 20);
        const client = new Actor(testClient({ padding: clientPadding, recordSize: size }), {
          open: (channel) => [...channel.write(there), ...channel.ping(new Uint8Array(8))],
          pong: (channel) => channel.close(),
        });
        const server = new Actor(testServer({ padding: serverPadding, recordSize: size }), {
          open: (channel) => channel.write(back),
          end: (channel) => [...channel.write(there), ...channel.close()],
        });
        const sides = { client: client.do(client.channel.start()), server };
        converse(sides);
        return [client, server].map((actor) =>
          merged(actor.outputs.filter(({ type }) => type !== "transmit" && type !== "dh")),
        );
      };
      expect(talk(mine, yours)).toEqual(talk("none", "none"));
    },
  );

  test.prop([size], { numRuns: runs(50) })("RC-001: none adds nothing", (length) => {
    expect(plaintexts("none", length)).toEqual([length + head]);
  });

  test.prop([size, fc.integer({ min: 1, max: largest })], { numRuns: runs(100) })(
    "RC-002: a block makes every record a multiple of it, or the largest there is",
    (length, block) => {
      const [padded = 0, ...more] = plaintexts({ block }, length);
      expect(more).toEqual([]);
      expect(padded).toBeGreaterThanOrEqual(length + head);
      expect(padded % block === 0 || padded === largest).toBe(true);
      expect(padded - (length + head)).toBeLessThan(block);
    },
  );

  test.prop([size], { numRuns: runs(100) })(
    "RC-009: Padmé adds at most 12 %, and leaves few sizes",
    (length) => {
      const [padded = 0] = plaintexts("padme", length);
      const plain = length + head;
      expect(padded).toBeGreaterThanOrEqual(plain);
      expect(padded - plain).toBeLessThanOrEqual(0.12 * plain);
      // Nikitin et al., PURBs, §4: the exponent's own bits are the only ones set beside it.
      const exponent = Math.floor(Math.log2(plain));
      const low = exponent - (Math.floor(Math.log2(exponent)) + 1);
      expect(padded === largest || padded % 2 ** Math.max(0, low) === 0).toBe(true);
    },
  );

  it("RC-009: Padmé makes of all sizes up to 64 KiB fewer than 250", () => {
    const sizes = new Set<number>();
    const { client } = settle(new Actor(testClient({ padding: "padme" })));
    for (let length = 1; length <= 65_516; length += length < 600 ? 1 : 61) {
      for (const output of client.channel.write(new Uint8Array(length))) {
        if (output.type === "transmit") sizes.add(output.bytes.length);
      }
    }
    expect(sizes.size).toBeLessThan(250);
    expect(sizes.size).toBeGreaterThan(100);
  });

  test.prop([size, fc.double({ noDefaultInfinity: true }), fc.boolean()], { numRuns: runs(100) })(
    "RC-002 RC-009: a function's answer is brought into the range of a record",
    (length, wish, relative) => {
      const policy = (plain: number) => (relative ? plain + wish : wish);
      const plain = length + head;
      const wanted = Math.floor(policy(plain));
      const expected = wanted >= plain ? Math.min(wanted, largest) : plain;
      expect(plaintexts(policy, length)).toEqual([expected]);
    },
  );

  test.prop([fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 500 })], { numRuns: runs(50) })(
    "RC-024: data is cut into records of the size asked for, and no record is empty",
    (length, recordSize) => {
      const sizes = plaintexts("none", length, recordSize);
      expect(sizes).toHaveLength(Math.ceil(length / recordSize));
      expect(sizes.slice(0, -1).every((plain) => plain === recordSize + head)).toBe(true);
      expect(sizes.reduce((sum, plain) => sum + plain - head, 0)).toBe(length);
    },
  );

  it("RC-025: an empty write is no record at all", () => {
    const sides = settle();
    expect(sides.client.channel.write(new Uint8Array(0))).toEqual([]);
    expect(delivered(sides.server)).toHaveLength(0);
  });

  it("LM-002: a policy or a record size that makes no sense is misuse", () => {
    for (const padding of [
      { block: 0 },
      { block: -1 },
      { block: 1.5 },
      { block: largest + 1 },
      { block: Number.NaN },
      {},
      "pkcs7",
      5,
    ]) {
      expect(() => testClient({ padding: padding as Padding })).toThrow(UsageError);
    }
    for (const recordSize of [0, -1, 1.5, 65_517, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => testServer({ recordSize })).toThrow(UsageError);
    }
  });
});

describe("the Verdict", () => {
  it("HS-096 SC-012: is as long when it accepts as when it refuses, up to 251 bytes of words", () => {
    const lengths = new Set<number>();
    const deciding = () => settle(undefined, new Actor(testServer(), { peerKey: () => [] }));
    const accepting = deciding().server;
    lengths.add(
      accepting.channel.accept().flatMap((o) => (o.type === "transmit" ? [o.bytes.length] : []))[0] ?? 0,
    );
    for (const words of ["", "no", "x".repeat(251)]) {
      const { server } = deciding();
      for (const output of server.channel.refuse("not_authorized", words)) {
        if (output.type === "transmit") lengths.add(output.bytes.length);
      }
    }
    expect([...lengths]).toEqual([2 + 256 + 16]);
    const { server } = deciding();
    const [long] = server.channel.refuse("not_authorized", "x".repeat(252));
    expect(long?.type === "transmit" && long.bytes.length).toBe(2 + 512 + 16);
  });
});
