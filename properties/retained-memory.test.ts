/**
 * Why: an application may keep what it is handed for as long as it likes. A peer that pads a byte of data to a whole
 * record would make it keep the padding with it, 64 KiB for each byte.
 */
import { describe, expect, it } from "vitest";
import type { Output } from "../src/protocol/index.ts";
import { delivered, openPair, testClient, testServer } from "./model/pair.ts";

const largest = 65_519;

function dataOf(outputs: readonly Output[]): Uint8Array[] {
  return outputs.flatMap((output) => (output.type === "data" ? [output.bytes] : []));
}

describe("data that was delivered", () => {
  it.each([1, 2, 100, 1_000, 32_000])("has not the padding of a full record with it: %i bytes", (length) => {
    const padding = { block: largest };
    const { client, server } = openPair(testClient({ padding }), testServer());
    const sent = client.channel.write(new Uint8Array(length).fill(7));
    const wire = sent.flatMap((output) => (output.type === "transmit" ? [output.bytes] : []));
    expect(wire.map((bytes) => bytes.length)).toEqual([2 + largest + 16]);
    const data = wire.flatMap((bytes) => dataOf(server.channel.receive(bytes)));
    expect(data.map((bytes) => [...bytes])).toEqual([new Array(length).fill(7)]);
    for (const { buffer } of data) expect(buffer.byteLength).toBeLessThanOrEqual(2 * length);
  });

  it("neither where it comes before the server has decided", () => {
    const padding = { block: 60_000 };
    const client = testClient({ padding });
    const written = client.write(Uint8Array.of(7));
    expect(written).toEqual([]);
    const { server } = openPair(client, testServer());
    expect([...delivered(server)]).toEqual([7]);
    for (const { buffer } of dataOf(server.outputs)) expect(buffer.byteLength).toBeLessThanOrEqual(2);
  });
});
