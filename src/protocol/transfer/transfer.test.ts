import { describe, expect, it } from "vitest";
import { delivered, openPair, primitives, seededBytes, testClient, testServer } from "../../../properties/model/pair.ts";
import { exportSession, importSession, type ImportOptions, UsageError } from "../index.ts";

const options: ImportOptions = { primitives, randomBytes: seededBytes("importer"), now: () => 0 };

describe("a session", () => {
  it("goes on", () => {
    const { client, server } = openPair(testClient(), testServer());
    const blob = exportSession(server.channel);
    const { channel, outputs } = importSession(blob, options);
    expect(outputs).toEqual([]);
    const [sent] = client.channel.write(Uint8Array.of(1, 2, 3));
    expect(sent?.type === "transmit" && channel.receive(sent.bytes)).toEqual([{ type: "data", bytes: Uint8Array.of(1, 2, 3) }]);
    expect(() => server.channel.write(Uint8Array.of(1))).toThrow(UsageError);
  });
});
