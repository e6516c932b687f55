/** Why: what passes through a tunnel passes unchanged, whatever its size, and never piles up where nobody reads it. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { readAll } from "./net/loopback.ts";
import { runs } from "./seed.ts";
import { hear, joined, plainServer, tunnel } from "./tunnel/scene.ts";

/** Writes so many bytes that can't be guessed, in pieces of several sizes, under back-pressure: their hash. */
async function pour(socket: Socket, amount: number, seed: number): Promise<string> {
  const hash = createHash("sha256");
  const block = randomBytes(1_048_576);
  const sizes = [1, 65_536, 1_000_000, 777, 262_144, 3];
  for (let sent = 0, turn = seed; sent < amount; turn++) {
    const piece = block.subarray(
      turn % 1_000,
      (turn % 1_000) + Math.min(sizes[turn % 6] as number, amount - sent),
    );
    hash.update(piece);
    sent += piece.length;
    if (!socket.write(piece)) await once(socket, "drain");
  }
  socket.end();
  return hash.digest("hex");
}

async function hashOf(socket: Socket): Promise<{ hash: string; length: number }> {
  const hash = createHash("sha256");
  let length = 0;
  socket.on("data", (bytes: Buffer) => {
    hash.update(bytes);
    length += bytes.length;
  });
  await once(socket, "end");
  return { hash: hash.digest("hex"), length };
}

describe("a transfer", () => {
  it("of a hundred megabytes in each direction at once arrives as it was sent", async () => {
    const { near, far, serverTold } = await joined();
    const amount = 100_000_000;
    const [gotNear, gotFar, sentNear, sentFar] = await Promise.all([
      hashOf(near),
      hashOf(far),
      pour(near, amount, 1),
      pour(far, amount, 4),
    ]);
    expect(gotNear).toEqual({ hash: sentFar, length: amount });
    expect(gotFar).toEqual({ hash: sentNear, length: amount });
    const closed = await serverTold.next("connectionClosed");
    expect(closed).toMatchObject({ bytesIn: amount, bytesOut: amount, failure: undefined });
  });

  it.each(["near", "far"] as const)(
    "that the %s end does not read stops, and holds little memory",
    async (side) => {
      const pair = await joined();
      const reader = pair[side];
      const writer = side === "near" ? pair.far : pair.near;
      const piece = Buffer.alloc(65_536, 7);
      const before = process.memoryUsage().arrayBuffers;
      let written = 0;
      let isStuck = false;
      const limit = 400_000_000;
      while (written < limit && !isStuck) {
        written += piece.length;
        if (!writer.write(piece)) {
          isStuck = await Promise.race([
            once(writer, "drain").then(() => false),
            sleep(500).then(() => true),
          ]);
        }
      }
      // What the systems of three connections hold in their buffers is a few megabytes each.
      expect(isStuck).toBe(true);
      expect(written).toBeLessThan(100_000_000);
      // With what waits to be collected: a small part of what was written.
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32_000_000);
      writer.end();
      let got = 0;
      reader.on("data", (bytes: Buffer) => {
        got += bytes.length;
      });
      await once(reader, "end");
      expect(got).toBe(written);
    },
  );

  it("goes on in two hundred connections at once", async () => {
    const { to } = await plainServer((socket) => socket.pipe(socket));
    const { local, server, serverTold } = await tunnel(to, {
      server: { limits: { handshakesPerAddress: 1_000 } },
    });
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const near = await local();
        const all = readAll(near);
        const text = `program ${index} `.repeat(2_000);
        near.end(text);
        const { data, end } = await all;
        return data.toString() === text && end === "end";
      }),
    );
    expect(answers.filter((isGood) => isGood)).toHaveLength(200);
    while (serverTold.of("connectionClosed").length < 200) await sleep(5);
    expect(server.status()).toEqual([]);
    expect(serverTold.of("connectionClosed").filter(({ failure }) => failure !== undefined)).toEqual([]);
  });
});

const sizes = fc.integer({ min: 0, max: 600_000 });
const breaks = fc.record({
  /** Who breaks off: one of the two, or one of the tunnel's ends. */
  who: fc.constantFrom("near", "far", "server", "client", "nobody"),
  after: fc.integer({ min: 0, max: 20 }),
});

describe("a direction", () => {
  test.prop([sizes, sizes, breaks], { numRuns: runs(60) })(
    "looks whole at its reader only if all of it is there, whoever breaks off, and when",
    async (nearSize, farSize, { who, after }) => {
      const { near, far, server, client } = await joined();
      const ends = { near: hear(near), far: hear(far) };
      ends.near.end.write(Buffer.alloc(nearSize, 1));
      ends.near.end.end();
      ends.far.end.write(Buffer.alloc(farSize, 2));
      ends.far.end.end();
      await sleep(after);
      if (who === "near") near.resetAndDestroy();
      else if (who === "far") far.resetAndDestroy();
      else if (who === "server") await server.close({ grace: 0 });
      else if (who === "client") await client.close({ grace: 0 });
      const atNear = await ends.near.heard;
      const atFar = await ends.far.heard;
      expect(atNear.length).toBeLessThanOrEqual(farSize);
      expect(atFar.length).toBeLessThanOrEqual(nearSize);
      if (atNear.isWhole) expect(atNear.length).toBe(farSize);
      if (atFar.isWhole) expect(atFar.length).toBe(nearSize);
      if (who === "nobody") expect([atNear.isWhole, atFar.isWhole]).toEqual([true, true]);
      await Promise.all([server.close({ grace: 0 }), client.close({ grace: 0 })]);
    },
  );
});
