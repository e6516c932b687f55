/**
 * Why: a blob is parsed by the process that serves the world, and what it makes of one is a channel with keys. What is no
 * blob, was cut or altered must end there, in a clear error; and a session has one form, so that nothing is lost in it.
 */
import { createHash } from "node:crypto";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import {
  type BlobFault,
  exportSession,
  importSession,
  SessionBlobError,
  UsageError,
} from "../src/protocol/index.ts";
import { decodeSession, encodeSession } from "../src/protocol/transfer/blob.ts";
import { maxExporters, SeenBlobs, serialWindow } from "../src/protocol/transfer/seen.ts";
import { openPair, primitives, seededBytes } from "./model/pair.ts";
import { runs } from "./seed.ts";
import { sessions } from "./transfer/sessions.ts";

const encode = (session: Parameters<typeof encodeSession>[1]) => encodeSession(primitives, session);
const decode = (blob: Uint8Array) => decodeSession(primitives, blob);

/** What a blob is refused for; `undefined` where it is not. */
function faultOf(call: () => unknown): BlobFault | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof SessionBlobError) return error.fault;
    throw error;
  }
}

/** A blob with bytes in the place of others, and a checksum that is right, by another implementation of BLAKE2b. */
function altered(blob: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = blob.slice();
  copy.set(bytes, at);
  const sum = createHash("blake2b512").update(copy.subarray(0, -32)).digest().subarray(0, 32);
  copy.set(sum, copy.length - 32);
  return copy;
}

const usual = encode(fc.sample(sessions, 1)[0] as never);
const freshBlob = () => exportSession(openPair().server.channel);
const options = { primitives, randomBytes: seededBytes("importer"), now: () => 0 };

describe("the form", () => {
  test.prop([sessions], { numRuns: runs(200) })(
    "TR-014 TR-015 TR-023 TR-026: what is written comes back, and makes the same bytes again",
    (session) => {
      const blob = encode(session);
      expect(decode(blob)).toEqual(session);
      expect(encode(decode(blob))).toEqual(blob);
    },
  );

  test.prop([sessions, fc.nat(), fc.integer({ min: 1, max: 255 })], { numRuns: runs(600) })(
    "TR-018 TR-019 TR-020 TR-021 TR-023 TR-025 TR-027 TR-028: with any byte altered and a right checksum it is refused, or another session in its one form",
    (session, position, by) => {
      const blob = encode(session);
      const at = position % (blob.length - 32);
      const other = altered(blob, at, (blob[at] ?? 0) ^ by);
      let saved: ReturnType<typeof decode>;
      try {
        saved = decode(other);
      } catch (error) {
        expect(error).toBeInstanceOf(SessionBlobError);
        return;
      }
      expect(encode(saved)).toEqual(other);
    },
  );

  it("TR-026: a silence of more than 2^32 − 1 milliseconds, or of no whole number of them, has its bounds", () => {
    const session = decode(usual);
    const silent = (silence: number) => ({
      ...session,
      live: { ...session.live, liveness: { ...session.live.liveness, silence } },
    });
    expect(decode(encode(silent(2 ** 40))).live.liveness.silence).toBe(2 ** 32 - 1);
    expect(decode(encode(silent(1.9))).live.liveness.silence).toBe(1);
    expect(decode(encode(silent(0))).live.liveness.silence).toBe(0);
  });
});

describe("what is refused", () => {
  const blob = usual;
  const flags = (value: number) => altered(blobWith({}), 36, value);

  /** A plain session in a state of one's choice. */
  function blobWith({ state = 0, ping = 0 }: { state?: number; ping?: number }): Uint8Array {
    const plain = freshBlob();
    return altered(altered(plain, 35, state), 204, ping);
  }

  it.each<[string, BlobFault, () => Uint8Array]>([
    ["TR-016: nothing", "size", () => new Uint8Array(0)],
    ["TR-016: too little", "size", () => blob.slice(0, 396)],
    ["TR-015 TR-016: too much", "size", () => new Uint8Array(16_777_217)],
    ["TR-016: other first bytes", "magic", () => altered(blob, 0, 0x49)],
    ["TR-016: another version", "version", () => altered(blob, 4, 2)],
    ["TR-016: another suite", "suite", () => altered(blob, 5, 2)],
    ["TR-016: another length", "length", () => altered(blob, 9, (blob[9] ?? 0) ^ 1)],
    ["TR-014: something behind it", "length", () => Uint8Array.of(...blob, 0)],
    [
      "TR-017: another checksum",
      "checksum",
      () => blob.map((byte, i) => (i === blob.length - 1 ? byte ^ 1 : byte)),
    ],
    ["TR-018: a role without a meaning", "field", () => altered(blob, 34, 2)],
    ["TR-018: a state without one", "field", () => altered(blob, 35, 3)],
    ["TR-018: a flag without one", "field", () => flags(32)],
    ["TR-019: a Ping that is not outstanding", "field", () => blobWith({ ping: 1 })],
    ["TR-020: a length that leaves something over", "field", () => altered(blobWith({}), 209, 0, 0, 0, 1)],
    ["TR-020: a length beyond the end", "field", () => altered(blobWith({}), 217, 255, 255, 255, 255)],
    ["TR-021: a context with a space", "field", () => altered(blobWith({}), 101, 0x61, 0x20, 0x61)],
    ["TR-021: a context behind its end", "field", () => altered(blobWith({}), 101, 0x61, 0, 0x61)],
    ["TR-025: a Pong that is owed and was handed over", "field", () => flags(1)],
    ["TR-027: an end of file before the peer's Close", "field", () => flags(8)],
    ["TR-027: an end of file and a Ping", "field", () => altered(blobWith({ state: 2 }), 36, 2 | 8)],
    ["TR-028: a Ping in the silence, of which nothing is known", "field", () => flags(4)],
  ])("%s", (_what, fault, make) => {
    expect(faultOf(() => decode(make()))).toBe(fault);
  });

  it("TR-016 TR-017: a blob with any one bit flipped", () => {
    const plain = freshBlob();
    for (let bit = 0; bit < plain.length * 8; bit++) {
      const flipped = plain.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(
        faultOf(() => decode(flipped)),
        `bit ${bit}`,
      ).toBe(
        bit < 32 ? "magic" : bit < 40 ? "version" : bit < 48 ? "suite" : bit < 80 ? "length" : "checksum",
      );
    }
  });

  it("TR-016: a blob cut anywhere, and two joined", () => {
    const plain = exportSession(openPair().client.channel, { unread: new Uint8Array(60) });
    for (let length = 0; length < plain.length; length++)
      expect(faultOf(() => decode(plain.slice(0, length)))).toBe(length < 397 ? "size" : "length");
    expect(faultOf(() => decode(Uint8Array.of(...plain, ...plain)))).toBe("length");
  });

  test.prop([fc.uint8Array({ maxLength: 600 })], { numRuns: runs(100) })("TR-016: noise", (noise) => {
    expect(faultOf(() => decode(noise))).toBeDefined();
  });

  test.prop([sessions, fc.uint8Array({ maxLength: 200 })], { numRuns: runs(100) })(
    "TR-003: whatever the session says, its channel takes calls and input as any other",
    (session, input) => {
      const { channel } = importSession(encode(session), options, new SeenBlobs());
      if (!["Open", "HalfClosedLocal", "HalfClosedRemote"].includes(channel.state)) return;
      if (!session.live.inputEnded) channel.receive(input);
      channel.alert("cancelled");
      expect(["Draining", "Failed"]).toContain(channel.state);
    },
  );
});

describe("a blob that was imported", () => {
  it("TR-013 TR-031: is wiped, and is refused in the same process, whatever became of its channel", () => {
    const blob = freshBlob();
    const again = blob.slice();
    importSession(blob, options);
    expect(blob.every((byte) => byte === 0)).toBe(true);
    expect(faultOf(() => importSession(again, options))).toBe("imported");
    expect(again.every((byte) => byte === 0)).toBe(true);
  });

  it("TR-031: is known by its name, so that no other checksum and no other counter make it a new one", () => {
    const blob = freshBlob();
    const other = altered(blob, 324, 77);
    importSession(blob, options);
    expect(faultOf(() => importSession(other, options))).toBe("imported");
  });

  it("TR-013: is wiped as well when it is refused, and kept where the mistake is in the call", () => {
    const bad = freshBlob();
    bad[100] = (bad[100] ?? 0) ^ 1;
    expect(faultOf(() => importSession(bad, options))).toBe("checksum");
    expect(bad.every((byte) => byte === 0)).toBe(true);
    const good = freshBlob();
    for (const wrong of [
      { ...options, recordSize: 0 },
      { ...options, handshakeTimeout: 1 },
    ])
      expect(() => importSession(good, wrong)).toThrow(UsageError);
    expect(importSession(good, options).channel.state).toBe("Open");
  });

  it("TR-030 TR-035: is one of a process that counts, and can be imported there", () => {
    const names = [freshBlob(), freshBlob(), freshBlob()].map((blob) => decode(blob).name);
    expect(new Set(names.map(({ origin }) => Buffer.from(origin).toString("hex"))).size).toBe(1);
    const [first = 0n, ...rest] = names.map(({ serial }) => serial);
    expect(rest).toEqual([first + 1n, first + 2n]);
    expect(importSession(freshBlob(), options).channel.state).toBe("Open");
  });
});

describe("what a process remembers", () => {
  const origin = (n: number) => Uint8Array.from({ length: 16 }, (_, i) => (n >> (8 * (i % 4))) & 0xff);

  test.prop(
    [
      fc.array(
        fc.record({
          from: fc.nat(2),
          serial: fc.oneof(fc.nat(60), fc.nat(3 * serialWindow), fc.integer({ min: 16_000, max: 17_000 })),
        }),
        { maxLength: 200 },
      ),
    ],
    { numRuns: runs(100) },
  )(
    "TR-031 TR-032: lets each name pass once at the most, and refuses only what is seen or too old",
    (names) => {
      const seen = new SeenBlobs();
      const passed = new Map<number, Set<number>>();
      for (const { from, serial } of names) {
        const before = passed.get(from) ?? new Set();
        passed.set(from, before);
        const newest = Math.max(-1, ...before);
        const wanted =
          serial <= newest - serialWindow ? "stale" : before.has(serial) ? "imported" : ("fresh" as const);
        expect(seen.claim({ origin: origin(from), serial: BigInt(serial) })).toBe(wanted);
        if (wanted === "fresh") before.add(serial);
      }
    },
  );

  it("TR-036: of a giver that is not trusted is one exporter's, and apart from those of others", () => {
    const [one, two] = [new SeenBlobs(1), new SeenBlobs(1)];
    expect(one.claim({ origin: origin(1), serial: 5n })).toBe("fresh");
    expect(one.claim({ origin: origin(2), serial: 0n })).toBe("exporters");
    expect(one.claim({ origin: origin(1), serial: 5n })).toBe("imported");
    expect(two.claim({ origin: origin(1), serial: 5n })).toBe("fresh");
  });

  it("TR-032: has room for so many exporters, forgets none and takes no other", () => {
    const seen = new SeenBlobs();
    for (let i = 0; i < maxExporters; i++)
      expect(seen.claim({ origin: origin(i), serial: 5n })).toBe("fresh");
    expect(seen.claim({ origin: origin(maxExporters), serial: 0n })).toBe("exporters");
    expect(seen.claim({ origin: origin(0), serial: 5n })).toBe("imported");
    expect(seen.claim({ origin: origin(0), serial: 2n ** 64n - 1n })).toBe("fresh");
    expect(seen.claim({ origin: origin(0), serial: 6n })).toBe("stale");
    expect(seen.claim({ origin: origin(maxExporters - 1), serial: 4n })).toBe("fresh");
  });
});
