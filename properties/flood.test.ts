/**
 * Why: whoever can connect can try to keep everybody else out, by connections that say nothing, next to nothing,
 * nonsense, or far too much. A server in a process of its own, with little memory, stands in such a flood, and it is
 * counted how many honest clients get in, and how fast.
 */
import { performance } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import { connect } from "../src/net/connect.ts";
import type { FromAttacker, FromServer, Order, Rates, Usage } from "./flood/messages.ts";
import { run, told } from "./flood/processes.ts";
import { clientKey } from "./model/pair.ts";
import { runs } from "./seed.ts";

/** New connections a second, of each kind, beside those that take every place at the start; Ping-spammers all along. */
const rates: Rates = { halfOpen: 60, hello: 20, slow: 20, garbage: 20, spammers: 4 };
const mebibyte = 1_048_576;
/** How much the server's memory may grow, whatever comes; its heap can't grow beyond 64 MiB at all. */
const growth = 128 * mebibyte;
/** An honest client is in after so many milliseconds, its one retry included. */
const patience = 2_000;
/** Of the clients, how many are in by then. */
const share = 0.99;
const perSecond = 25;
/** What may be left of the flood in the server's heap. */
const rest = 8 * mebibyte;
/** The server's limit of handshakes under way: as many as the attacker brings in two seconds and a half. */
const places = 256;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Machines of the attacker's, and of the honest clients, told apart by addresses, of which Linux's loopback has 127.0.0.0/8. */
const attackers = Array.from({ length: 40 }, (_, i) => `127.0.1.${i + 1}`);
const honest = Array.from({ length: 200 }, (_, i) => `127.0.2.${i + 1}`);

/** How long it took an honest client to be let in and hear its own words, in milliseconds; `undefined` if it was not. */
async function comesIn(url: string, localAddress: string): Promise<number | undefined> {
  const since = performance.now();
  for (let attempt = 0; attempt < 2; attempt++) {
    const left = patience - (performance.now() - since);
    if (left <= 0) return undefined;
    try {
      const socket = await connect(url, {
        keyPair: clientKey,
        localAddress,
        signal: AbortSignal.timeout(Math.ceil(left)),
      });
      const took = performance.now() - since;
      socket.on("error", () => undefined).resume();
      socket.end("here I am");
      return took <= patience ? took : undefined;
    } catch {
      // Once more.
    }
  }
  return undefined;
}

interface Flooded {
  /** Of each honest client. */
  readonly times: readonly (number | undefined)[];
  readonly before: Usage;
  readonly most: Usage;
  readonly after: Usage;
  readonly server: Extract<FromServer, { type: "report" }>;
  readonly attacker: Extract<FromAttacker, { type: "report" }>;
}

/** A flood of so many seconds, from these addresses, while honest clients come one after the other. */
async function flood(seconds: number, from: readonly string[], theirs: readonly string[]): Promise<Flooded> {
  const server = run("server.ts", "--max-old-space-size=64", "--expose-gc");
  const attacker = run("attacker.ts");
  const [{ url, port }] = await Promise.all([
    told<FromServer, "listening">(server, "listening"),
    told<FromAttacker, "ready">(attacker, "ready"),
  ]);
  // In peace everybody gets in; and what is loaded once is loaded.
  for (let i = 0; i < 20; i++) expect(await comesIn(url, theirs[0] ?? "")).toBeDefined();
  const collected = async () => {
    const usage = told<FromServer, "usage">(server, "usage");
    server.send("collect");
    return (await usage).usage;
  };
  await collected();
  const before = await collected();
  let most = before;
  server.on("message", (message: FromServer) => {
    if (message.type !== "usage") return;
    const larger = (name: keyof Usage) => Math.max(most[name], message.usage[name]);
    most = {
      rss: larger("rss"),
      heapUsed: larger("heapUsed"),
      arrayBuffers: larger("arrayBuffers"),
      sockets: larger("sockets"),
    };
  });

  const order: Order = { port, url, rates, from, atOnce: places };
  attacker.send(order);
  // The flood is at its height once every place is taken.
  for (let i = 0; i < 100 && most.sockets < Math.min(places, 16 * from.length); i++) await pause(50);
  const coming: Promise<number | undefined>[] = [];
  for (let i = 0; i < seconds * perSecond; i++) {
    coming.push(comesIn(url, theirs[i % theirs.length] ?? ""));
    await pause(1_000 / perSecond);
  }
  const times = await Promise.all(coming);
  const stopped = told<FromAttacker, "report">(attacker, "report");
  attacker.send("stop");
  const attackerReport = await stopped;
  const reported = told<FromServer, "report">(server, "report");
  server.send("report");
  const serverReport = await reported;
  let after = await collected();
  // What is closed is given back a little later.
  for (let i = 0; i < 100 && (after.sockets > 1 || after.heapUsed - before.heapUsed > rest); i++) {
    await pause(50);
    after = await collected();
  }
  return { times, before, most, after, server: serverReport, attacker: attackerReport };
}

function summary(times: readonly (number | undefined)[]) {
  const inTime = times.filter((time) => time !== undefined).sort((a, b) => a - b);
  const at = (part: number) => Math.round(inTime[Math.floor(part * (inTime.length - 1))] ?? -1);
  return { clients: times.length, in: inTime.length, median: at(0.5), p99: at(0.99), max: at(1) };
}

describe("a flood of 120 connections a second", () => {
  it("SC-008 LM-003 LM-004 SC-032: honest clients get in, memory is bounded, the oldest half-open go first", async () => {
    const { times, before, most, after, server, attacker } = await flood(runs(4), attackers, honest);
    const counted = summary(times);
    const mib = (usage: Usage) =>
      `${Math.round(usage.rss / mebibyte)} MiB RSS, ${Math.round(usage.heapUsed / mebibyte)} heap, ${usage.sockets} sockets`;
    console.log(
      `flood: ${JSON.stringify(counted)} ms; made ${JSON.stringify(attacker.made)}, ${attacker.pongs} pongs; ` +
        `${server.opened} came, ${server.gaveWay.length} gave way, ${server.closed} failed; ` +
        `before ${mib(before)}; most ${mib(most)}; after ${mib(after)}`,
    );
    expect(counted.in).toBeGreaterThanOrEqual(Math.ceil(share * times.length));
    // It was one: every place was taken, and more came.
    expect(most.sockets).toBeGreaterThan(places - 20);
    expect(server.gaveWay.length).toBeGreaterThan(50);
    expect(attacker.pongs).toBeGreaterThan(100);
    // Beside those of the handshakes there are those of who was let in, and of who is about to be closed.
    expect(most.sockets).toBeLessThan(places + 150);
    expect(most.rss - before.rss).toBeLessThan(growth);
    // Each is an older one than the next.
    expect(server.gaveWay).toEqual([...server.gaveWay].sort((a, b) => a - b));
    // Nothing is left of it.
    expect(after.sockets).toBe(1);
    expect(after.heapUsed - before.heapUsed).toBeLessThanOrEqual(rest);
  });

  it("keeps honest clients out where it can come from their own address", async () => {
    const { times } = await flood(0.6, ["127.0.0.1"], ["127.0.0.1"]);
    const counted = summary(times);
    console.log(`flood from the clients' address: ${JSON.stringify(counted)}`);
    expect(counted.in).toBeLessThan(share * times.length);
  });
});
