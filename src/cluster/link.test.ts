/**
 * Why: an acceptor ends workers by what their links say of connections. Where a connection is while something about it is found out
 * changes, and a worker must not be ended for one that it does not have.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, onTestFinished } from "vitest";
import type { Handle } from "../net/handoff-handle.ts";
import type { Giver } from "../protocol/index.ts";
import { type CreditType, credit } from "./credits.ts";
import { Descriptor } from "./descriptor.ts";
import { type FrameType, frameTypes } from "./frames.ts";
import { Link } from "./link.ts";
import type { Passage } from "./passage.ts";

const ends: Socket[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end.destroy();
});

/** A connection's two ends, the first as its handle. */
async function pair(): Promise<[Handle, Socket]> {
  const folder = mkdtempSync(join(tmpdir(), "hawser-link-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const server = createServer({ pauseOnConnect: true }).listen(join(folder, "s"));
  await once(server, "listening");
  const far = connect(join(folder, "s"));
  const [near] = (await once(server, "connection")) as [Socket & { _handle: Handle | null }];
  server.close();
  const handle = near._handle as Handle;
  near._handle = null;
  ends.push(far);
  return [handle, far];
}

interface Worker {
  readonly link: Link;
  readonly faults: string[];
  say(type: CreditType, id: number, to?: number): void;
  /** The frames that it has been sent; a Hand of what is to end is told apart. */
  heard(): string[];
}

const names = new Map(Object.entries(frameTypes).map(([name, type]) => [type as number, name as FrameType]));

async function worker(
  number: number,
  others: () => readonly Link[] = () => [],
  reads = true,
): Promise<Worker> {
  const [[link, frames], [credits, pipe]] = await Promise.all([pair(), pair()]);
  const faults: string[] = [];
  const heard: string[] = [];
  const onData = (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += 9 + bytes.readUInt32BE(at + 5)) {
      const name = names.get(bytes[at] as number) as FrameType;
      heard.push(name === "Hand" && bytes[at + 9] === 1 ? "Hand, to end" : name);
    }
  };
  if (reads) frames.on("data", onData);
  const nothing = () => undefined;
  const own = new Link(number, { slot: number, passesOn: true }, link, credits, {
    ...{ ready: nothing, returned: nothing, lost: nothing, settled: nothing, over: nothing },
    doubted: () => false,
    passed: (passage, to) => {
      const next = others().find((other) => other.worker === to);
      next?.hand(passage);
      return next !== undefined;
    },
    fault: (_, why) => faults.push(why),
  });
  return {
    ...{ link: own, faults },
    say: (type, id, to) => void pipe.write(credit(type, id, to)),
    heard: () => heard,
  };
}

/** A connection that is with a worker already. */
async function given({ link }: Worker, id = 7, descriptor?: Descriptor): Promise<Passage> {
  const giver = { state: "Given", offer: () => [], receive: () => [], takerDied: () => [{ type: "lost" }] };
  const passage: Passage = {
    ...{ id, giver: giver as unknown as Giver, publicKey: new Uint8Array(32), whose: new Uint8Array(161) },
    descriptor: descriptor ?? new Descriptor((await pair())[0]),
    ...{ watcher: undefined, note: new Uint8Array(0), wanted: undefined, timer: undefined },
    ...{ refusedBy: new Set<Link>(), holder: undefined, isEnding: false, wasEnding: false, isHanded: true },
  };
  link.offer(passage);
  clearTimeout(passage.timer);
  return passage;
}

/** Until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** All that it was sent before it is asked whether it is there. */
async function heardUntilAsked({ link, heard }: Worker): Promise<string[]> {
  link.ask();
  await until(() => heard().includes("Ask"));
  return heard().filter((type) => type !== "Ask");
}

it("a connection that is over by the time that its key is found to be removed ends nobody", async () => {
  const one = await worker(1);
  await given(one);
  const [removable] = one.link.given;
  one.say("Done", 7);
  await until(() => !one.link.has(7));
  removable?.dismiss(undefined as never);
  expect(await heardUntilAsked(one)).toEqual([]);
});

it("a connection that has gone on by then is ended where it is", async () => {
  const two = await worker(2);
  const one = await worker(1, () => [two.link]);
  await given(one);
  const [removable] = one.link.given;
  one.say("Pass", 7, 2);
  await until(() => two.link.has(7));
  removable?.dismiss(undefined as never);
  expect(await heardUntilAsked(two)).toEqual(["Hand", "End"]);
  expect(await heardUntilAsked(one)).toEqual([]);
});

it("a connection that is to end goes on to one more worker, and no further", async () => {
  const links: Link[] = [];
  const [one, two, three] = await Promise.all([1, 2, 3].map((number) => worker(number, () => links)));
  if (one === undefined || two === undefined || three === undefined) throw new Error("there are three");
  links.push(one.link, two.link, three.link);
  await given(one);
  one.link.given[0]?.dismiss(undefined as never);
  one.say("Pass", 7, 2); // Which crosses the End.
  await until(() => two.link.has(7));
  expect(await heardUntilAsked(two)).toEqual(["Hand, to end"]);
  expect(one.faults).toEqual([]);
  two.say("Pass", 7, 3);
  await until(() => two.faults.length > 0);
  expect(three.link.has(7)).toBe(false);
});

it("what a worker says of a connection that it has not been handed yet ends it, and nobody who gave it", async () => {
  const two = await worker(2, undefined, false);
  const one = await worker(1, () => [two.link]);
  const descriptor = new Descriptor((await pair())[0]);
  const most = 1_000; // Of which its pipe takes some hundreds.
  for (let id = 1; id <= most; id++) {
    await given(one, id, descriptor);
    one.say("Pass", id, 2);
  }
  await until(() => two.link.has(most));
  two.say("Lost", 1);
  await until(() => !two.link.has(1));
  expect([one.faults, two.faults]).toEqual([[], []]);
  two.say("Lost", most);
  await until(() => two.faults.length > 0);
  expect(one.faults).toEqual([]);
});
