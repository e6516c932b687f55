import { describe, expect, it } from "vitest";
import { Actor } from "../properties/model/actor.ts";
import { testClient, testServer } from "../properties/model/pair.ts";
import { settle } from "../properties/model/stages.ts";
import { loadPrimitives } from "../src/crypto/index.ts";
import { table } from "../src/protocol/machine/table.ts";
import { newServer } from "./support/end.ts";
import { HostilePeer } from "./support/hostile-peer.ts";
import { MemoryJudge } from "./support/memory-judge.ts";
import { primitives } from "./support/primitives.ts";
import { countAll, isCounted, reachableBytes } from "./support/reachable.ts";
import { plaintextOf } from "./support/sealing.ts";

// What the targets count memory with, held to what is known to be there.

class Base {
  readonly #hidden = new Uint8Array(1_000);
  seen = (): number => this.#hidden.length;
}
class Derived extends Base {
  readonly #more = new Map([["key", { deep: [new Uint8Array(200).subarray(0, 1)] }]]);
  readonly open = new Set([new DataView(new ArrayBuffer(30))]);
  seenMore = (): number => this.#more.size;
}

describe("the memory that can be reached", () => {
  it("is counted through private fields, of each class, and through maps, sets and arrays", () => {
    expect(reachableBytes(new Derived())).toBe(1_000 + 200 + 30);
  });

  it("is counted once, and not where it is left out", () => {
    const bytes = new Uint8Array(64);
    const other = new Derived();
    expect(reachableBytes([bytes, bytes.subarray(3), bytes.buffer, other], [other])).toBe(64);
  });

  it("is counted for one input in so many, and for all where it is asked for", () => {
    const inputs = Array.from({ length: 4_096 }, (_, i) => Uint8Array.of(i >> 8, i, 7));
    const counted = inputs.filter((input) => isCounted(input, 16)).length;
    expect(counted).toBeGreaterThan(128);
    expect(counted).toBeLessThan(512);
    countAll();
    expect(inputs.every((input) => isCounted(input, 16))).toBe(true);
  });
});

describe("a client whose early data is all sent", () => {
  it("HS-113: keeps none of it while it waits for the Verdict", () => {
    const { client } = settle(new Actor(testClient()), new Actor(testServer(), { peerKey: () => [] }));
    const before = reachableBytes(client.channel, [primitives, table]);
    client.channel.write(new Uint8Array(40_000));
    expect(client.channel.queuedBytes).toBe(0);
    expect(reachableBytes(client.channel, [primitives, table]) - before).toBeLessThan(1_000);
  });
});

describe("the judge of memory", () => {
  it("RC-022: sees what an end holds of a record that is not whole", () => {
    const peer = new HostilePeer("client");
    const bytes = peer.seal(plaintextOf(0, new Uint8Array(50_000)));
    peer.deliver(bytes.subarray(0, 40_000), 0);
    const held = reachableBytes(peer.channel, [primitives]);
    expect(held).toBeGreaterThanOrEqual(40_000);
    expect(held).toBeLessThan(84_096);
    peer.checkMemory(new Uint8Array(0));
  });

  const channel = { state: "Open", reading: true, queue: { length: 0 } };

  it.each([
    ["input that is kept where all is over", { ...channel, state: "Failed", queue: { length: 1 } }, [], 1],
    ["more held than a record", { ...channel, queue: { length: 65_537 } }, [], 65_537],
    ["data that nobody sent", channel, [{ type: "data" as const, bytes: new Uint8Array(9) }], 8],
    [
      "a few bytes that keep many alive",
      channel,
      [{ type: "data" as const, bytes: new Uint8Array(900).subarray(0, 4) }],
      900,
    ],
    ["a long answer", channel, [{ type: "transmit" as const, bytes: new Uint8Array(513) }], 40],
    ["outputs out of nothing", channel, Array.from({ length: 9 }, () => ({ type: "end" as const })), 0],
  ])("refuses %s", (_, seen, outputs, given) => {
    expect(() => new MemoryJudge().called(seen, outputs, given)).toThrow(/^memory: /);
  });

  it("refuses memory that is asked for and not used", () => {
    const judge = new MemoryJudge();
    judge.memory.forData(101);
    expect(() => judge.called(channel, [], 50)).toThrow(/^memory: /);
    judge.memory.forRecords(1);
    expect(() => judge.called(channel, [], 5_000)).toThrow(/^memory: /);
  });

  it("refuses memory that can be reached and has no reason", () => {
    const judge = new MemoryJudge();
    const hoard = { ...channel, hoard: new Uint8Array(4_096 + 21) };
    judge.called(hoard, [], 10);
    expect(() => judge.checkReachable(hoard, new Uint8Array(0))).toThrow(/^memory: 4117 bytes are kept/);
  });

  it("takes what an honest end does", () => {
    const end = newServer();
    end.receive(Uint8Array.of(0x48, 0x57));
    expect(() => end.checkMemory(new Uint8Array(0))).not.toThrow();
  });
});

it("the targets' primitives have all that the real ones have", async () => {
  expect(Object.keys(primitives).toSorted()).toEqual(Object.keys(await loadPrimitives()).toSorted());
});
