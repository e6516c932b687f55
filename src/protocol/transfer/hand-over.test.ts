/**
 * Why: what either end of a hand-over says is what a driver sends and does, so each output is held here by itself; that
 * the tables behind them are right is shown by trying all their runs.
 */
import { describe, expect, it } from "vitest";
import { newPair, openPair, primitives, seededBytes } from "../../../properties/model/pair.ts";
import { newMemory } from "../record/memory.ts";
import { UsageError } from "../usage-error.ts";
import { decodeSession } from "./blob.ts";
import { exportSession } from "./export.ts";
import { Giver, Taker } from "./hand-over.ts";
import { holdSession, importSession } from "./import.ts";
import { SeenBlobs } from "./seen.ts";

const options = { primitives, randomBytes: seededBytes("taker"), now: () => 0 };
const blobOf = () => exportSession(openPair().server.channel);
const isWiped = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

describe("who gives a session", () => {
  it("TR-042: offers its blob as it is, gives it with Go, and is done with Done", () => {
    const blob = blobOf();
    const copy = blob.slice();
    const giver = new Giver(primitives, blob);
    expect(giver.state).toBe("Holding");
    expect(giver.offer()).toEqual([{ type: "send", message: "Offer", blob: copy }]);
    expect(giver.state).toBe("Offered");
    expect(giver.receive("Ack")).toEqual([{ type: "send", message: "Go" }]);
    expect([giver.state, isWiped(blob)]).toEqual(["Given", true]);
    expect(giver.receive("Done")).toEqual([]);
    expect(giver.state).toBe("Over");
    expect(giver.takerDied()).toEqual([]);
  });

  it("TR-044 TR-046: has it again when it is refused, or the taker died before Go", () => {
    const blob = blobOf();
    const giver = new Giver(primitives, blob);
    giver.offer();
    expect(giver.receive("Refuse")).toEqual([{ type: "returned" }]);
    giver.offer();
    expect(giver.takerDied()).toEqual([{ type: "returned" }]);
    expect(isWiped(blob)).toBe(false);
    expect(giver.keep()).toBe(blob);
    expect(giver.state).toBe("Kept");
    expect(() => giver.keep()).toThrow(new UsageError("not in state Kept of a hand-over: keep"));
  });

  it("TR-046: says that it is lost when the taker died behind Go", () => {
    const giver = new Giver(primitives, blobOf());
    giver.offer();
    giver.receive("Ack");
    expect(giver.takerDied()).toEqual([{ type: "lost" }]);
    expect(giver.state).toBe("Lost");
    expect(giver.receive("Done")).toEqual([{ type: "fault", message: "Done" }]);
  });

  it("TR-045: wipes what it drops", () => {
    const blob = blobOf();
    const giver = new Giver(primitives, blob);
    expect(giver.drop()).toBeUndefined();
    expect([giver.state, isWiped(blob)]).toEqual(["Dropped", true]);
  });
});

describe("who takes one", () => {
  it("TR-043: says Ack, goes on with Go, and says Done", () => {
    const taker = new Taker(options, new SeenBlobs());
    expect(taker.offered(blobOf())).toEqual([{ type: "send", message: "Ack" }]);
    expect(taker.go()).toEqual([
      { type: "session", left: "Open", outputs: [], channel: expect.objectContaining({ state: "Open" }) },
    ]);
    expect(taker.state).toBe("Running");
    expect(taker.done()).toEqual([{ type: "send", message: "Done" }]);
    expect(taker.state).toBe("Over");
    expect(() => taker.done()).toThrow(new UsageError("not in state Over of a hand-over: done"));
  });

  it("TR-048: wipes what it held when the giver is gone", () => {
    const wiped: number[] = [];
    const watched = { ...primitives, wipe: (bytes: Uint8Array) => void wiped.push(bytes.length) };
    const taker = new Taker({ ...options, primitives: watched }, new SeenBlobs());
    taker.offered(blobOf());
    wiped.length = 0;
    expect(taker.giverGone()).toEqual([{ type: "abandoned" }]);
    expect(wiped).toEqual([32, 32, 64]);
  });

  it("TR-040: refuses without a reason of the blob's where there is no room, and tells its own mistakes", () => {
    const taker = new Taker(options, new SeenBlobs());
    expect(taker.offered(blobOf(), false)).toEqual([{ type: "send", message: "Refuse" }]);
    expect(taker.go()).toEqual([{ type: "fault", message: "Go" }]);
    const mistaken = new Taker({ ...options, recordSize: 0 } as never, new SeenBlobs());
    const blob = blobOf();
    expect(() => mistaken.offered(blob)).toThrow(UsageError);
    expect([mistaken.state, isWiped(blob)]).toEqual(["Waiting", false]);
  });
});

describe("an Offer that can't be", () => {
  it("TR-016: is refused with what is wrong with its blob", () => {
    const taker = new Taker(options, new SeenBlobs());
    const [refuse, refused] = taker.offered(new Uint8Array(9).fill(1));
    expect(refuse).toEqual({ type: "send", message: "Refuse" });
    expect(refused).toMatchObject({ type: "refused", error: { fault: "size" } });
    expect(taker.state).toBe("Refused");
  });

  it("TR-047: is a fault where a session is held already, and wiped", () => {
    const taker = new Taker(options, new SeenBlobs());
    taker.offered(blobOf());
    const again = blobOf();
    expect(taker.offered(again)).toEqual([{ type: "fault", message: "Offer" }]);
    expect([taker.state, isWiped(again)]).toEqual(["Held", true]);
    expect(taker.offered(blobOf(), false)).toEqual([{ type: "fault", message: "Offer" }]);
    const clients = exportSession(openPair().client.channel);
    expect(taker.offered(clients)).toEqual([{ type: "fault", message: "Offer" }]);
    // What goes on is the session that was held.
    expect(taker.go()).toMatchObject([{ type: "session", channel: { role: "server" } }]);
  });
});

describe("a session that goes on", () => {
  it("TR-031: goes on once, and not once it was dropped", () => {
    const held = holdSession(blobOf(), options, new SeenBlobs());
    expect(held.goOn().channel.state).toBe("Open");
    expect(() => held.goOn()).toThrow(new UsageError("this session has been taken on, or dropped"));
    expect(held.drop()).toBeUndefined();
  });

  it("keeps its keys to itself", () => {
    const { channel } = importSession(blobOf(), options, new SeenBlobs());
    const [remote, local] = [channel.remotePublicKey.slice(), channel.localPublicKey.slice()];
    channel.remotePublicKey.fill(0);
    channel.localPublicKey.fill(0);
    expect([channel.remotePublicKey, channel.localPublicKey]).toEqual([remote, local]);
  });

  it("TR-006: fails with its transport as any other, with the cause where there is one", () => {
    const ended = importSession(blobOf(), options, new SeenBlobs()).channel;
    ended.transportEnded();
    expect(ended.failure).toMatchObject({ code: "truncated" });
    expect(ended.failure?.reason).toStrictEqual({ code: "truncated", state: "Open" });
    const reset = importSession(blobOf(), options, new SeenBlobs()).channel;
    const cause = new Error("reset");
    reset.transportFailed(cause);
    expect(reset.failure?.reason).toEqual({ code: "truncated", state: "Open", cause });
  });
});

describe("an argument that makes no sense", () => {
  it.each([
    [{ unopened: 5 }, "unopened"],
    [{ unread: "x" }, "unread"],
    [{ unsent: null }, "unsent"],
    [{ unsend: new Uint8Array(0) }, "exportSession"],
  ])("is named by exportSession: %j", (pending, word) => {
    const { channel } = openPair().server;
    expect(() => exportSession(channel, pending as never)).toThrow(UsageError);
    expect(() => exportSession(channel, pending as never)).toThrow(word);
    expect(channel.state).toBe("Open");
  });

  it("is named by importSession", () => {
    expect(() => importSession(5 as never, options)).toThrow("a session's blob");
    const timed = { ...options, handshakeTimeout: 5 } as never;
    expect(() => importSession(blobOf(), timed)).toThrow("importSession");
  });
});

it("each option of a channel's that a session can go on with is taken by its name", () => {
  const policies = {
    drain: { timeout: 1, bytes: 1 },
    liveness: { pingAfter: 1, timeout: 2 },
    padding: "padme",
    recordSize: 1,
    memory: newMemory,
  } as const;
  const { channel } = importSession(blobOf(), { ...options, ...policies }, new SeenBlobs());
  expect(channel.state).toBe("Open");
});

it("each of the bytes that a driver holds is taken by its name, also where it holds none", () => {
  const none = new Uint8Array(0);
  const blob = exportSession(openPair().server.channel, { unopened: none, unread: none, unsent: none });
  expect(importSession(blob, options, new SeenBlobs()).outputs).toEqual([]);
});

it("TR-034: what was read and not delivered is delivered first, and nothing where there is none", () => {
  const unread = new TextEncoder().encode("unread");
  const blob = exportSession(openPair().server.channel, { unread });
  const { outputs } = importSession(blob, options, new SeenBlobs());
  expect(outputs).toEqual([{ type: "data", bytes: unread }]);
  expect(importSession(blobOf(), options, new SeenBlobs()).outputs).toEqual([]);
});

describe("a session that can't be handed over", () => {
  it("TR-004: stays, and it is said why", () => {
    const { client } = newPair();
    expect(() => exportSession(client.channel)).toThrow(
      /not in state AwaitChallenge: .*handed over while it is open/,
    );
    const { server } = openPair();
    server.channel.alert("cancelled");
    expect(() => exportSession(server.channel)).toThrow(/not in state Draining: .*it is over/);
    expect([client.channel.state, server.channel.state]).toEqual(["AwaitChallenge", "Draining"]);
  });
});

describe("a blob", () => {
  it("TR-030: is named by its exporter and a count", () => {
    const [first, second] = [blobOf(), blobOf()].map((blob) => decodeSession(primitives, blob).name);
    expect(second?.origin).toEqual(first?.origin);
    expect(second?.serial).toBe((first?.serial ?? 0n) + 1n);
  });
});
