/**
 * Why: between the protocol's own idea of a cut wire and a real one stand the system's buffers, Node's streams and
 * errors that come at a time of their own. So the wire of a whole conversation is cut, by an end of file, a reset or
 * silence, around every boundary of both its streams and at a hundred places in between.
 */
import { performance } from "node:perf_hooks";
import { fc } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { HawserSocket } from "../src/net/socket.ts";
import { runs, seed } from "./seed.ts";
import type { Cut } from "./socket/link.ts";
import {
  type Linked,
  type LinkedOptions,
  linked,
  type Outcome,
  outcomeOf,
  rejected,
} from "./socket/linked.ts";

const said = { client: ["early", "then this"], server: ["an answer", "the last words"] } as const;
const whole = { client: said.client.join(""), server: said.server.join("") };

/** One asks, the other answers, each in a record of its own; then both end. */
function talkAtClient(client: HawserSocket): void {
  client.write(said.client[0]);
  client.once("data", () => client.end(said.client[1]));
}

function talkAtServer(server: HawserSocket): void {
  server.once("data", () => server.write(said.server[0]));
  server.on("end", () => server.end(said.server[1]));
}

interface Ran {
  readonly client: Outcome;
  readonly server: Outcome;
  readonly linked: Linked;
  readonly milliseconds: number;
}

/** The conversation, over a wire that may be cut, until both ends are closed. */
async function converse(options: LinkedOptions): Promise<Ran> {
  const since = performance.now();
  const halfOpen = { allowHalfOpen: true };
  const ends = await linked({
    ...options,
    client: { ...halfOpen, ...options.client },
    server: { ...halfOpen, ...options.server },
  });
  talkAtClient(ends.client);
  const atServer = ends.accepted.then((socket) => {
    talkAtServer(socket);
    return outcomeOf(socket);
  }, rejected);
  const [client, server] = await Promise.all([outcomeOf(ends.client), atServer]);
  return { client, server, linked: ends, milliseconds: performance.now() - since };
}

/** A cut of one direction of the wire. */
interface Place {
  /** The direction to this end is cut. */
  readonly to: "client" | "server";
  readonly after: number;
  readonly cut: Cut;
}

/** Where a stream's messages and records end, after the handshake's own. */
function boundaries(to: Place["to"], stream: Buffer): number[] {
  const ends = to === "server" ? [0, 88, 88 + 96] : [0, 98];
  for (let at = ends.at(-1) ?? 0; at < stream.length; ) {
    at += 2 + stream.readUInt16BE(at);
    ends.push(at);
  }
  return ends;
}

/** Long for a conversation of a few milliseconds on a busy machine, short for who waits for it. */
const quick = { handshakeTimeout: 1_500, liveness: { pingAfter: 700, timeout: 1_500 } };

const undisturbed = await converse({});
const streams = {
  server: Buffer.concat(undisturbed.linked.link.toServer?.passed ?? []),
  client: Buffer.concat(undisturbed.linked.link.toClient?.passed ?? []),
};
await undisturbed.linked.close();

const nearBoundaries = (["client", "server"] as const).flatMap((to) =>
  [...new Set(boundaries(to, streams[to]).flatMap((at) => [at - 1, at, at + 1]))]
    .filter((after) => after >= 0 && after <= streams[to].length)
    .map((after) => ({ to, after })),
);

/** What the end that is cut off must report, by hand: `undefined` for a clean end. */
function expectedAt({ to, after, cut }: Place): string | undefined {
  if (after >= streams[to].length) return undefined;
  if (cut === "stall") return "ERR_HAWSER_TIMEOUT";
  if (after === 0 && cut === "FIN") return to === "client" ? "ERR_HAWSER_NO_ANSWER" : "ERR_HAWSER_CLOSED";
  if (to === "server" && after >= 88 && after < 88 + 96) return "ERR_HAWSER_ABANDONED";
  return "ERR_HAWSER_TRUNCATED";
}

/** What the other end may report: it may have what it needs, or hear of the cut, or be told of it. */
const elsewhere: readonly (string | undefined)[] = [
  undefined,
  "ERR_HAWSER_NO_ANSWER",
  "ERR_HAWSER_CLOSED",
  "ERR_HAWSER_ABANDONED",
  "ERR_HAWSER_TRUNCATED",
  "ERR_HAWSER_TIMEOUT",
  "ERR_HAWSER_ALERT_RECEIVED",
];

const longest = { milliseconds: 0 };

/** What is wrong with how the two ends came out. */
function faultsOf(place: Place, { client, server, linked: { link }, milliseconds }: Ran): string[] {
  longest.milliseconds = Math.max(longest.milliseconds, milliseconds);
  const faults: string[] = [];
  const ends = { client, server };
  for (const end of ["client", "server"] as const) {
    const { data, hasEnded, code } = ends[end];
    const peers = whole[end === "client" ? "server" : "client"];
    if (!peers.startsWith(data.toString())) faults.push(`${end} was given something else`);
    if (hasEnded && data.toString() !== peers) faults.push(`${end} was told of an end that is none`);
    if (code === undefined && !hasEnded) faults.push(`${end} ended without an end and without an error`);
  }
  const expected = expectedAt(place);
  if (ends[place.to].code !== expected) faults.push(`${ends[place.to].code}, not ${expected}`);
  const other = ends[place.to === "client" ? "server" : "client"].code;
  if (!elsewhere.includes(other)) faults.push(`the other end: ${other}`);
  if (link.toClient === undefined) faults.push("there was no connection");
  return faults.map((fault) => `${JSON.stringify(place)}: ${fault} (${client.code} / ${server.code})`);
}

/** Cuts at each of the places, so many at once; a cut that is silence is noticed by deadlines, which are short then. */
async function cutAll(places: readonly Place[], atOnce = 40): Promise<string[]> {
  const faults: string[] = [];
  const waiting = [...places];
  const work = async () => {
    for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
      const { to, after, cut } = place;
      const course = to === "server" ? { toServer: { after, cut } } : { toClient: { after, cut } };
      const timing = cut === "stall" ? { ...quick, drain: { timeout: 300 } } : {};
      const ran = await converse({ ...course, client: timing, server: timing });
      faults.push(...faultsOf(place, ran));
      await ran.linked.close();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return faults;
}

describe("an undisturbed wire", () => {
  it("SC-005: brings everything, and both ends are told of the end", () => {
    expect(undisturbed.client).toMatchObject({ hasEnded: true, code: undefined });
    expect(undisturbed.server).toMatchObject({ hasEnded: true, code: undefined });
    expect(undisturbed.client.data.toString()).toBe(whole.server);
    expect(undisturbed.server.data.toString()).toBe(whole.client);
  });

  it("has these boundaries, and so many places next to them", () => {
    const data = (text: string) => 2 + 3 + text.length + 16;
    const close = 2 + 3 + 16;
    const sizes = (first: number, ...records: readonly number[]) => {
      let at = first;
      return [at, ...records.map((size) => (at += size))];
    };
    expect(boundaries("server", streams.server)).toEqual([
      0,
      88,
      ...sizes(184, ...said.client.map(data), close),
    ]);
    expect(boundaries("client", streams.client)).toEqual([
      0,
      ...sizes(98, 2 + 256 + 16, ...said.server.map(data), close),
    ]);
    expect(nearBoundaries).toHaveLength(2 * (6 * 3 - 2));
  });
});

describe("a wire that is cut", () => {
  it.each<Cut>(["FIN", "RST", "stall"])(
    "SC-005 SC-006 SC-039 RC-033 ST-024 ST-025 ST-026 HS-120: by %s, at every boundary and a byte before and after it, is told as what it is",
    async (cut) => {
      expect(await cutAll(nearBoundaries.map((place) => ({ ...place, cut })))).toEqual([]);
    },
  );

  it("SC-005 SC-006 SC-039: at a hundred places more", async () => {
    const places = fc.sample(
      fc.constantFrom("client", "server").chain((to) =>
        fc.record({
          to: fc.constant(to),
          after: fc.nat(streams[to].length),
          cut: fc.constantFrom<Cut>("FIN", "RST", "stall"),
        }),
      ) as fc.Arbitrary<Place>,
      { seed, numRuns: runs(100) },
    );
    expect(places.length).toBeGreaterThanOrEqual(runs(100));
    expect(await cutAll(places)).toEqual([]);
  });

  it("would be noticed to be mistaken for an end, told as something else, or believed", async () => {
    const place = { to: "client", after: 98 + 274 + 5, cut: "FIN" } as const;
    const ran = await converse({ toClient: place });
    const { client } = ran;
    await ran.linked.close();
    const faults = (wrong: Partial<Outcome>) => faultsOf(place, { ...ran, client: { ...client, ...wrong } });
    expect(faults({})).toEqual([]);
    expect(faults({ code: undefined, hasEnded: true }).join()).toMatch(/an end that is none.*undefined, not/);
    expect(faults({ code: "ECONNRESET" }).join()).toMatch(/ECONNRESET, not ERR_HAWSER_TRUNCATED/);
    expect(faults({ data: Buffer.from("an answes") }).join()).toMatch(/something else/);
  });

  it("SC-008: is over for both ends in bounded time", () => {
    console.log(`cuts: the longest took ${Math.round(longest.milliseconds)} ms`);
    // Handshake or liveness, then draining, on a machine that has other things to do.
    expect(longest.milliseconds).toBeGreaterThan(0);
    expect(longest.milliseconds).toBeLessThan(8_000);
  });
});
