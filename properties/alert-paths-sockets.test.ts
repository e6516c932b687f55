/**
 * Why: over sockets there are two queues more, the system's, and an end of file may overtake what one thought was sent.
 * So every pair of code, state, side, condition and sequel is tried over real ones: one alert, all the data before it,
 * nothing after it, and no answer.
 */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { DiagnosticMessages } from "../src/net/diagnostics.ts";
import { AlertError } from "../src/net/errors.ts";
import type { HawserSocket } from "../src/net/socket.ts";
import { type AlertName, alertCodes } from "../src/protocol/index.ts";
import { pattern, until } from "./net/loopback.ts";
import { type Linked, linked, outcomeOf, rejected } from "./socket/linked.ts";
import { allPairs, pairsOf, pairwise, type Row } from "./socket/pairwise.ts";

const questions = {
  code: [...(Object.keys(alertCodes) as AlertName[]), 0x8000, 0xffff],
  side: ["client", "server"],
  state: ["before the decision", "open", "ended", "peer ended"],
  condition: ["idle", "mid-record", "unread data", "backpressure", "half-closed"],
  sequel: ["alert", "FIN", "RST", "stall"],
} as const satisfies Record<string, readonly unknown[]>;
type Path = Row<typeof questions>;

const paths = pairwise(questions);
const words = "“enough”";
/** What a peer gives up with that does so at the same time. */
const peersAlert = 0x9001;
/** Both ends have closed by then, so that the connection is over cleanly and there is nobody to alert. */
const isOverBefore = ({ state, condition }: Path) => state === "peer ended" && condition === "half-closed";
/** What is written before the alert, and what is more than all buffers on the way take. */
const some = pattern(3_000, 5);
const much = pattern(6 * 1_048_576, 6);
/** Long enough for everything to pass on a busy machine; a stalled connection is waited for as long. */
const drain = { timeout: 1_500, bytes: 64 * 1_048_576 };
const peersWords = pattern(50_000, 9);

type Side = "client" | "server";

/** A path under way. */
interface Scene {
  readonly linked: Linked;
  /** The end that gives up, and its peer; `undefined` for a server that has not decided. */
  readonly giver: HawserSocket | undefined;
  readonly peer: HawserSocket | undefined;
  /** Decides about the client, where that is waited for. */
  readonly decide: (answer: true | { code: number | AlertName; message: string }) => void;
  /** What the giver's application has written, and whether that is too much to be taken. */
  readonly written: Buffer[];
}

/** Both ends in the state. */
async function enter({ side, state }: Path): Promise<Scene> {
  const early = state === "before the decision";
  let decide: Scene["decide"] = () => undefined;
  let asked: () => void = () => undefined;
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const ends = await linked({
    client: { drain, allowHalfOpen: true },
    server: {
      drain,
      allowHalfOpen: true,
      authorize: () => {
        asked();
        return early ? new Promise((resolve) => (decide = resolve)) : true;
      },
    },
  });
  if (early) {
    await isAsked;
    await until(() => ends.link.toServer?.count === 88 + 96);
    const [giver, peer] = side === "client" ? [ends.client, undefined] : [undefined, ends.client];
    return { linked: ends, giver, peer, decide, written: [] };
  }
  await ends.client.ready;
  const server = await ends.accepted;
  const [giver, peer] = side === "client" ? [ends.client, server] : [server, ends.client];
  const scene = { linked: ends, giver, peer, decide, written: [] as Buffer[] };
  if (state === "ended") {
    await write(scene, some);
    giver.end();
    await giver.flush();
  }
  if (state === "peer ended") {
    peer.end();
    giver.resume();
    await once(giver, "end");
  }
  return scene;
}

async function write({ giver, written }: Scene, bytes: Buffer, flushes = true): Promise<void> {
  if (giver === undefined || giver.writableEnded) return;
  giver.write(bytes);
  written.push(bytes);
  if (flushes) await giver.flush();
}

/** What is the matter when the giver gives up. */
async function prepare(path: Path, scene: Scene): Promise<void> {
  const { condition, side } = path;
  const { giver, linked: ends } = scene;
  const { toGiver, fromGiver } = directions(path.side, ends);
  // Who may still say something to the giver: a server that has not decided can't.
  const talker = side === "client" && scene.peer === undefined ? undefined : (scene.peer ?? ends.client);
  const talks = async (bytes: Buffer) => {
    if (talker === undefined) return;
    if (talker.writableEnded) void talker.ping().catch(() => undefined);
    else talker.write(bytes);
    const before = toGiver.count;
    await until(() => toGiver.count > before || toGiver.isUsedUp);
  };
  if (condition === "backpressure") {
    fromGiver.hold();
    await write(scene, much, false);
    await new Promise((resolve) => setTimeout(resolve, 30));
    return;
  }
  await write(scene, some);
  if (condition === "mid-record") {
    toGiver.limit(10);
    await talks(Buffer.alloc(40));
  }
  if (condition === "unread data") {
    giver?.pause();
    await talks(peersWords);
  }
  if (condition === "half-closed") (giver ?? ends.client).end();
}

function directions(side: Side, { link: { toClient, toServer } }: Linked) {
  if (toClient === undefined || toServer === undefined) throw new Error("there is no connection");
  return side === "client"
    ? { toGiver: toClient, fromGiver: toServer }
    : { toGiver: toServer, fromGiver: toClient };
}

/** Everything that is wrong with a path, walked over real sockets. */
async function faultsOf(path: Path): Promise<string[]> {
  const scene = await enter(path);
  const { linked: ends, giver, peer, decide, written } = scene;
  const atPeer = peer === undefined ? ends.accepted.then(outcomeOf, rejected) : outcomeOf(peer);
  if (giver !== undefined) giver.on("error", () => undefined);
  await prepare(path, scene);
  const { toGiver, fromGiver } = directions(path.side, ends);
  const code = typeof path.code === "number" ? path.code : alertCodes[path.code];

  const transport = await ends.transports[path.side];
  const finish = async (faults: readonly string[]) => {
    // Whatever the peer does, the giver's transport is closed in the end.
    await until(() => transport.closed);
    await ends.close();
    return faults.map((fault) => `${JSON.stringify(path)}: ${fault}`);
  };

  // --- gives up
  if (giver === undefined) decide({ code: path.code, message: words });
  else giver.destroy(new AlertError(path.code, words));
  if (path.sequel === "alert") {
    if (peer === undefined) decide({ code: peersAlert, message: "too" });
    else peer.destroy(new AlertError(peersAlert, "too"));
  } else if (peer === undefined) decide(true);
  if (path.sequel === "alert") toGiver.limit(Number.POSITIVE_INFINITY);
  if (path.sequel === "FIN" || path.sequel === "stall") void toGiver.cutNow(path.sequel);
  if (path.condition === "backpressure") fromGiver.release();
  await until(() => fromGiver.hasEnded || transport.closed);
  if (path.sequel === "RST") toGiver.resetReceiver();

  // --- and the peer hears
  const faults: string[] = [];
  if (path.sequel === "alert") await atPeer;
  else {
    const { data, error, hasEnded } = await atPeer;
    const all = Buffer.concat(written);
    if (!data.equals(all.subarray(0, data.length))) faults.push("the data is no prefix");
    if (path.condition !== "backpressure" && data.length < all.length)
      faults.push(`${data.length} of ${all.length} bytes of data`);
    if (isOverBefore(path)) {
      if (!hasEnded || error !== undefined) faults.push(`no clean end but ${String(error)}`);
    } else if (hasEnded && path.state !== "ended" && path.condition !== "half-closed") faults.push("an end");
    if (path.state === "ended" && !hasEnded) faults.push("no end");
    if (isOverBefore(path)) return finish(faults);
    if (!(error instanceof AlertError)) faults.push(`no alert but ${String(error)}`);
    else if (error.alert !== code || error.words !== words)
      faults.push(`alert ${error.alert} "${error.words}"`);
  }
  return finish(faults);
}

/** No path is waited for longer than this, in milliseconds, which is many times what it takes. */
const patience = 15_000;

async function within(path: Path): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<string[]>((resolve) => {
    timer = setTimeout(
      () => resolve([`${JSON.stringify(path)}: is not over after ${patience} ms`]),
      patience,
    );
  });
  const faults = await Promise.race([faultsOf(path), tooLong]);
  clearTimeout(timer);
  return faults;
}

describe("every pair of code, side, state, condition and sequel", () => {
  it("is in some path", () => {
    const pairs = allPairs(questions);
    expect(pairs.size).toBe(
      14 * 2 + 14 * 4 + 14 * 5 + 14 * 4 + 2 * 4 + 2 * 5 + 2 * 4 + 4 * 5 + 4 * 4 + 5 * 4,
    );
    expect(new Set(paths.flatMap(pairsOf))).toEqual(pairs);
    console.log(`alert paths over sockets: ${paths.length}, with ${pairs.size} pairs`);
    expect(paths.length).toBeGreaterThanOrEqual(14 * 5);
    expect(paths.length).toBeLessThan(100);
  });

  it("SC-007 AL-006 AL-007 AL-008 AL-013 AL-017 AL-021 ST-035: one alert, the last thing said, after all data, unanswered", async () => {
    const said = new Map<number, number>();
    const onSent = (message: unknown) => {
      const { connection } = message as DiagnosticMessages["hawser:alert:sent"];
      said.set(connection, (said.get(connection) ?? 0) + 1);
    };
    subscribe("hawser:alert:sent", onSent);
    const faults: string[] = [];
    const waiting = [...paths];
    const work = async () => {
      for (let path = waiting.shift(); path !== undefined; path = waiting.shift())
        faults.push(...(await within(path)));
    };
    await Promise.all(Array.from({ length: 12 }, work));
    unsubscribe("hawser:alert:sent", onSent);
    expect(faults).toEqual([]);
    // One of each end that gave up, and none in answer.
    const silent = paths.filter(isOverBefore).length;
    const givers = paths.length - silent + paths.filter(({ sequel }) => sequel === "alert").length;
    expect([...said.values()].every((count) => count === 1)).toBe(true);
    expect(said.size).toBe(givers);
  });
});
