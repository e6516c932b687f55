/**
 * Why: all connections of a process seal their records into the same memory, and read into the same. Bytes of one that
 * is slow must be left alone until they have gone, whatever the others do meanwhile.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect as connectNet } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { connect } from "../src/net/connect.ts";
import type { HawserSocket } from "../src/net/socket.ts";
import { clientKey, serverKey } from "./model/pair.ts";
import { afterwards, joinIn, pattern, readAll, serve } from "./net/loopback.ts";

/** Bytes that differ from one connection to the next. */
const blob = (length: number, seed: number) => pattern(length, seed + 1);
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function write(socket: HawserSocket, data: Uint8Array, size: (i: number) => number): Promise<void> {
  for (let at = 0, i = 0; at < data.length; i++) {
    const end = at + size(i);
    if (!socket.write(data.subarray(at, end))) await once(socket, "drain");
    at = end;
  }
  socket.end();
}

describe("connections that share memory", () => {
  it("G5: deliver what was sent, echoed, while some of them do not read for a while", async () => {
    const server = await serve(
      async (socket) => {
        const { data, end } = await readAll(socket);
        expect(end).toBe("end");
        await write(socket, data, (i) => 1 + ((i * 7_919) % 100_000));
      },
      { allowHalfOpen: true },
    );
    const one = async (seed: number): Promise<void> => {
      const sent = blob(1_500_000 + seed * 1_001, seed);
      const client = await joinIn(server, { allowHalfOpen: true });
      const heard = setTimeout(seed % 3 === 0 ? 150 : 0).then(() => readAll(client));
      await write(client, sent, (i) => 1 + ((i * 104_729 * (seed + 1)) % (seed % 2 === 0 ? 200_000 : 5_000)));
      const { data, end } = await heard;
      expect(end).toBe("end");
      expect(hash(data)).toBe(hash(sent));
    };
    await Promise.all(Array.from({ length: 9 }, (_, seed) => one(seed)));
  }, 60_000);

  it("leave alone what a transport has not taken yet", async () => {
    const stalled: HawserSocket[] = [];
    const server = await serve((socket) => {
      if (stalled.length === 0) stalled.push(socket);
      else socket.resume();
    });
    const slow = await joinIn(server);
    const sent = blob(12_000_000, 1);
    const written = write(slow, sent, () => 50_000);
    // Now its records wait, and another connection uses the memory over and over.
    const busy = await joinIn(server);
    await write(busy, blob(8_000_000, 2), () => 65_536);
    const { data } = await readAll(stalled[0] as HawserSocket);
    await written;
    expect(hash(data)).toBe(hash(sent));
  }, 60_000);

  it("deliver the same over a socket that was handed in, which reads in its own way", async () => {
    const server = await serve((socket) => void socket.pipe(socket));
    const { port } = server.address() as AddressInfo;
    const stream = connectNet(port, "127.0.0.1");
    await once(stream, "connect");
    const client = await connect({ stream, keyPair: clientKey, serverKey: serverKey.publicKey });
    afterwards(() => client.destroy());
    const sent = blob(700_000, 3);
    const heard = readAll(client);
    await write(client, sent, (i) => 1 + ((i * 7_919) % 60_000));
    expect(hash((await heard).data)).toBe(hash(sent));
  }, 60_000);
});
