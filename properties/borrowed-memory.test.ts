/**
 * Memory that is handed in is the caller's again when the call returns, also where it is a Node `Buffer`, whose
 * `slice` makes no copy; memory that is handed out is not the channel's any more.
 */
import { describe, expect, it } from "vitest";
import type { Channel, ClientChannel, Output, ServerChannel } from "../src/protocol/index.ts";
import { clientKey, joined, serverKey, testClient, testKey, testServer } from "./model/pair.ts";

type Lend = (bytes: Uint8Array) => Uint8Array;

/** Bytes that are overwritten as soon as the call that got them has returned. */
class Lender {
  readonly #lent: Uint8Array[] = [];

  readonly lend: Lend = (bytes) => {
    const copy = Buffer.from(bytes);
    this.#lent.push(copy);
    return copy;
  };

  takeBack(): void {
    for (const bytes of this.#lent.splice(0)) bytes.fill(0xee);
  }
}

const keep: Lend = (bytes) => bytes;

/** A whole conversation, with DHs that are answered later; what both ends transmitted and delivered. */
function converse(lend: Lend, done: () => void): { wire: Uint8Array; data: Uint8Array } {
  const borrowed = (key: ReturnType<typeof testKey>) => ({
    publicKey: lend(key.publicKey),
    dh: (publicKey: Uint8Array) => lend(key.dh(publicKey) as Uint8Array),
  });
  const via = testKey("via");
  const client: ClientChannel = testClient({
    keyHolder: borrowed(clientKey),
    serverKey: lend(serverKey.publicKey),
    via: lend(via.publicKey),
    context: "door",
  });
  const server: ServerChannel = testServer({ keyHolders: [borrowed(serverKey)], contexts: ["door"] });
  done();

  const wire: Uint8Array[] = [];
  const data: Uint8Array[] = [];
  const call = (channel: Channel, outputs: Output[]): void => {
    const kept = outputs.map((output) =>
      "bytes" in output ? { ...output, bytes: output.bytes.slice() } : output,
    );
    for (const output of outputs) {
      if ("bytes" in output) output.bytes.fill(0xdd);
      if (output.type === "peerKey") output.publicKey.fill(0xdd);
    }
    done();
    const peer = channel === client ? server : client;
    for (const output of kept) {
      if (output.type === "transmit") {
        wire.push(output.bytes);
        call(peer, peer.receive(lend(output.bytes)));
      } else if (output.type === "data") {
        data.push(output.bytes);
      } else if (output.type === "dh") {
        const own = channel === client ? client : server;
        const result = output.keyHolder.dh(output.publicKey) as Uint8Array;
        output.publicKey.fill(0xdd);
        call(channel, own.dhDone(output.keyHolder, result));
      } else if (output.type === "peerKey") {
        call(server, server.accept());
      }
    }
  };
  call(client, client.write(lend(Uint8Array.of(1, 2, 3))));
  call(client, client.start());
  call(client, client.write(lend(Uint8Array.of(4, 5))));
  call(server, server.write(lend(Uint8Array.of(6))));
  call(client, client.ping(lend(new Uint8Array(8).fill(9))));
  expect([client.state, server.state]).toEqual(["Open", "Open"]);
  expect(client.remotePublicKey).toEqual(serverKey.publicKey);
  expect(server.remotePublicKey).toEqual(clientKey.publicKey);
  return { wire: joined(wire), data: joined(data) };
}

describe("borrowed memory", () => {
  it("HS-003, ST-008: Buffers that are overwritten at once change nothing", () => {
    const lender = new Lender();
    const plain = converse(keep, () => {});
    const lent = converse(lender.lend, () => lender.takeBack());
    expect(lent.wire).toEqual(plain.wire);
    expect([...lent.data].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("HS-005: nor do outputs that are overwritten, the hint among them", () => {
    const [hint] = testServer().receive(Uint8Array.of(0x48, 0x57, 0x53, 0x52, 9, 9, 0, 0));
    if (hint?.type !== "transmit") throw new Error("a hint is transmitted");
    hint.bytes.fill(0);
    const [hello] = testClient().start();
    if (hello?.type !== "transmit") throw new Error("a Hello is transmitted");
    expect([...hello.bytes.slice(0, 8)]).toEqual([0x48, 0x57, 0x53, 0x52, 1, 1, 0, 0]);
  });
});
