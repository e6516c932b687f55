/**
 * Why: a session that moves while it is used must not be told from one that stays, by its peer or by its application; and
 * whoever had it before must not be able to use its keys once more.
 */

import { isDeepStrictEqual } from "node:util";
import { fc, test } from "@fast-check/vitest";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { loadPrimitives, type Primitives } from "../src/crypto/index.ts";
import { Liveness } from "../src/protocol/channel/liveness.ts";
import { type Channel, exportSession, importSession, UsageError } from "../src/protocol/index.ts";
import { CipherState } from "../src/protocol/noise/cipher-state.ts";
import { ImportedChannel } from "../src/protocol/transfer/imported-channel.ts";
import { SeenBlobs } from "../src/protocol/transfer/seen.ts";
import { openPair, testClient, testServer } from "./model/pair.ts";
import { Ledger } from "./model/sealings.ts";
import { runs, runsFactor } from "./seed.ts";
import { calls } from "./transfer/owners.ts";
import { moves, play, type Run, type Side, scripts, worlds } from "./transfer/script.ts";

let providers: Primitives[];

beforeAll(async () => {
  providers = [await loadPrimitives({ provider: "wasm" }), await loadPrimitives({ provider: "native" })];
  // The name of a process's exports is drawn once: not in the middle of a run that is compared with another.
  exportSession(openPair().server.channel);
});

const provider = (_side: Side, number: number): Primitives => providers[number] as Primitives;

/** What is compared: all but how often a session has moved. */
const outside = ({ client, server }: Run) => ({ client, server });

function refusesEverything(channel: Channel): void {
  const { state } = channel;
  for (const [name, call] of Object.entries(calls)) expect(() => call(channel), name).toThrow(UsageError);
  expect(channel.state).toBe(state);
  expect([channel.handedOver, channel.reading, channel.deadline, channel.channelBinding]).toEqual([
    true,
    false,
    undefined,
    undefined,
  ]);
}

/** What the runs below have come across. */
const seen = { moves: 0, states: new Map<string, number>(), failures: 0, ends: 0 };

describe("a session that moves", () => {
  test.prop([worlds, scripts, moves], { numRuns: runs(400) })(
    "TR-002 TR-006 TR-010 TR-022 TR-024 TR-026 TR-034 RC-005: is no other than one that stays, whatever happens and however often",
    (world, script, moving) => {
      const stayed = play(world, script, [], provider);
      const moved = play(world, script, moving, provider, (channel) => {
        seen.states.set(channel.state, (seen.states.get(channel.state) ?? 0) + 1);
        refusesEverything(channel);
      });
      expect(outside(moved)).toEqual(outside(stayed));
      seen.moves += moved.moved;
      const ends = [stayed.client, stayed.server].flatMap(({ told }) => told as { type?: string }[]);
      seen.failures += ends.filter(({ type }) => type === "failed").length;
      seen.ends += ends.filter(({ type }) => type === "closed").length;
    },
  );

  test.prop([worlds, scripts], { numRuns: runs(60) })(
    "TR-006 TR-035: is no other when it moves behind every single step, at both ends",
    (world, script) => {
      const everywhere = script.flatMap((_, behind) =>
        (["client", "server"] as const).map((at) => ({ behind, at, to: behind % 2 })),
      );
      expect(outside(play(world, script, everywhere, provider))).toEqual(
        outside(play(world, script, [], provider)),
      );
    },
  );

  test.prop([worlds, scripts, moves], { numRuns: runs(200) })(
    "TR-006 RC-003 RC-004 SC-041: seals nothing twice under one nonce",
    (world, script, moving) => {
      const ledger = new Ledger();
      play(world, script, moving, (side, number) => ledger.recording(side, provider(side, number)));
      expect(ledger.repeated).toEqual([]);
      for (const [key, counters] of ledger.countersByKey) {
        const gaps = counters.filter((counter, i) => i > 0 && counter !== (counters[i - 1] ?? 0n) + 1n);
        expect(gaps, key).toEqual([]);
      }
    },
  );

  it("was seen in every state that it can move in, and to its end", () => {
    console.log(JSON.stringify({ ...seen, states: Object.fromEntries(seen.states) }));
    if (runsFactor < 1) return;
    expect([...seen.states.keys()].sort()).toEqual(["HalfClosedLocal", "HalfClosedRemote", "Open"]);
    for (const count of seen.states.values()) expect(count).toBeGreaterThan(30);
    expect(seen.failures).toBeGreaterThan(50);
    expect(seen.ends).toBeGreaterThan(20);
  });
});

describe("what can't be left", () => {
  const inState: Record<string, () => Channel> = {
    Start: () => testClient(),
    AwaitChallenge: () => {
      const channel = testClient();
      channel.start();
      return channel;
    },
    AwaitHello: () => testServer(),
    Failed: () => {
      const channel = testClient();
      channel.close();
      return channel;
    },
    Draining: () => {
      const { channel } = openPair().server;
      channel.alert("cancelled");
      return channel;
    },
    Closing: () => {
      const { client, server } = openPair();
      for (const output of client.channel.close())
        if (output.type === "transmit") server.channel.receive(output.bytes);
      server.channel.close();
      return server.channel;
    },
  };

  it.each(Object.entries(inState))("TR-004 TR-011: a channel in %s stays as it is", (state, make) => {
    const channel = make();
    expect(channel.state).toBe(state);
    expect(() => exportSession(channel)).toThrow(UsageError);
    expect([channel.state, channel.handedOver]).toEqual([state, false]);
    if (state === "Start") expect(() => (channel as ReturnType<typeof testClient>).start()).not.toThrow();
  });

  it("TR-015: a session with more than a blob can carry stays, and goes on", () => {
    const { client, server } = openPair();
    expect(() => exportSession(server.channel, { unread: new Uint8Array(16_777_216) })).toThrow(/16777216/);
    const [sent] = server.channel.write(Uint8Array.of(7));
    if (sent?.type !== "transmit") throw new Error("it is sent");
    expect(client.channel.receive(sent.bytes)).toEqual([{ type: "data", bytes: Uint8Array.of(7) }]);
    const room = 16_777_216 - 365 - 32;
    expect(exportSession(server.channel, { unread: new Uint8Array(room) })).toHaveLength(16_777_216);
  });

  it("TR-004: an export from within a call of the channel is refused", () => {
    let refused: unknown;
    const server = testServer({
      padding: (length) => {
        try {
          exportSession(server);
        } catch (error) {
          refused = error;
        }
        return length;
      },
    });
    openPair(testClient(), server);
    server.write(Uint8Array.of(1));
    expect(refused).toBeInstanceOf(UsageError);
    expect(server.handedOver).toBe(false);
  });

  it("TR-025: bytes that wait, of which the channel was told that they do not, are the driver's mistake", () => {
    const { server } = openPair();
    server.channel.flushed();
    expect(() => exportSession(server.channel, { unsent: Uint8Array.of(1) })).toThrow(UsageError);
    expect(server.channel.handedOver).toBe(false);
  });
});

describe("the suite finds", () => {
  afterEach(() => vi.restoreAllMocks());

  const finds = (): boolean =>
    fc.check(
      fc.property(worlds, scripts, moves, (world, script, moving) => {
        const stayed = outside(play(world, script, [], provider));
        let moved: unknown;
        try {
          moved = outside(play(world, script, moving, provider));
        } catch {
          return false;
        }
        return isDeepStrictEqual(moved, stayed);
      }),
      { numRuns: runs(200), endOnFailure: true },
    ).failed;

  it("nothing where there is nothing to be found", () => expect(finds()).toBe(false));

  it("a session that two go on with", () => {
    const ledger = new Ledger();
    const recorded = ledger.recording("server", provider("server", 0));
    const { server } = openPair(testClient(), testServer({ primitives: recorded }));
    const blob = exportSession(server.channel);
    const options = { primitives: recorded, randomBytes: (n: number) => new Uint8Array(n), now: () => 0 };
    for (const copy of [blob.slice(), blob.slice()])
      importSession(copy, options, new SeenBlobs()).channel.write(Uint8Array.of(1));
    expect(ledger.repeated).toHaveLength(1);
  });

  it("what was known of Pings, left behind", () => {
    vi.spyOn(Liveness.prototype, "resume").mockImplementation(() => undefined);
    expect(finds()).toBe(true);
  });

  it("half a record, left behind", () => {
    const { goOn } = ImportedChannel.prototype;
    vi.spyOn(ImportedChannel.prototype, "goOn").mockImplementation(function (this: ImportedChannel, saved) {
      return goOn.call(this, { ...saved, live: { ...saved.live, unopened: new Uint8Array(0) } });
    });
    expect(finds()).toBe(true);
  });

  it("a rekeying that is forgotten at a boundary", () => {
    const { copyKey } = CipherState.prototype;
    vi.spyOn(CipherState.prototype, "copyKey").mockImplementation(function (this: CipherState) {
      // As if it had been done before the session left; the importer does it once more.
      if (this.isAtMultiple(65_536)) this.rekey();
      return copyKey.call(this);
    });
    expect(finds()).toBe(true);
  });

  it("what waits to be sent, sent again", () => {
    const { goOn } = ImportedChannel.prototype;
    vi.spyOn(ImportedChannel.prototype, "goOn").mockImplementation(function (this: ImportedChannel, saved) {
      const outputs = goOn.call(this, saved);
      return [...outputs.filter(({ type }) => type === "transmit"), ...outputs];
    });
    expect(finds()).toBe(true);
  });
});
