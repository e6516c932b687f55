/**
 * Why: a connection that has gone from one worker to another is served by a process that the first one can't reach, over pipes
 * that neither trusts. Whichever of the two ends, at whatever moment, its client has to get each byte once, or hear that it is
 * lost; and the acceptor has to know who has it, which is what its load, its key's removal and its loss are told by.
 */
import { once } from "node:events";
import { rename, writeFile } from "node:fs/promises";
import { join as joinPath } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { formatPublicKey } from "../src/keys/index.ts";
import type { HawserSocket } from "../src/net/index.ts";
import type { Moment } from "./cluster/dying.ts";
import type { Line } from "./cluster/ordered-worker.ts";
import { clientPair, openFolder, type Scene, type SceneOptions, scene, stream } from "./cluster/scene.ts";
import { rejection, until } from "./net/loopback.ts";

const ordered = (options: SceneOptions = {}) =>
  scene({ workers: 2, program: "ordered-worker", passOn: true, ...options });

function say(client: HawserSocket, line: Line): void {
  client.write(`${JSON.stringify(line)}\n`);
}

/** What comes next, or that nothing will. */
async function answer(client: HawserSocket): Promise<string> {
  return Promise.race([
    new Promise<string>((resolve) => client.once("data", (bytes) => resolve(String(bytes)))),
    closed(client).then(() => "closed"),
  ]);
}

/** Reads a little at a time: how much there was, to a clean end. */
async function slowly(client: HawserSocket): Promise<number> {
  client.on("data", () => {
    client.pause();
    setTimeout(() => client.resume(), 1);
  });
  await once(client, "end");
  return client.bytesRead;
}

/** The slot of who serves it, and what it was told. */
async function who(client: HawserSocket): Promise<{ slot: number; note: string }> {
  say(client, { do: "who" });
  const [slot = "", , ...note] = (await answer(client)).split(" ");
  return { slot: Number(slot), note: note.join(" ") };
}

/** A client of the worker of a slot. */
async function clientOf(all: Scene, slot: number): Promise<HawserSocket> {
  for (;;) {
    const client = await all.join();
    if ((await who(client)).slot === slot) return client;
  }
}

/** The first client for which there is room again. */
async function untilOneIsIn(all: Scene): Promise<HawserSocket> {
  for (;;) {
    const client = await all.join().catch((error: Error) => error);
    if (!(client instanceof Error)) return client;
    expect(client.message).toMatch(/busy/);
    await sleep(20);
  }
}

/** Passes a client's connection on, and asks where it is then. */
async function passed(
  client: HawserSocket,
  worker: number,
  note = "on",
): Promise<{ slot: number; note: string }> {
  say(client, { do: "pass", worker, note });
  return who(client);
}

describe("a connection that is passed on", () => {
  it("TR-006 TR-040 TR-050: many times, at random bytes while its client streams, is one stream with nothing lost or repeated", async () => {
    const all = await scene({ workers: 4, program: "passing-worker", passOn: true, workerArgs: ["8"] });
    const streams = Array.from({ length: 40 }, async () => stream(await all.join(), 2_000_000));
    const results = await Promise.all(streams);
    expect(results.filter(({ sent, back }) => sent !== back)).toEqual([]);
    expect(all.events.filter(({ type }) => /Lost|Doubted|workerEnded/.test(type))).toEqual([]);
  });

  it("TR-051: is with who was asked for, with the note, and comes back the same way", async () => {
    const all = await ordered({ workers: 3 });
    const client = await clientOf(all, 0);
    for (const slot of [2, 0, 1, 0, 2])
      expect(await passed(client, slot, `to ${slot}`)).toEqual({ slot, note: `to ${slot}` });
    await expectEcho(client);
  });

  it("TR-059 TR-060: counts for the worker that has it, until that one is done with it", async () => {
    const all = await ordered({ most: 2 });
    const first = await all.join();
    const { slot } = await who(first);
    await passed(first, 1 - slot);
    const second = await all.join();
    expect((await who(second)).slot).toBe(slot);
    expect(await rejection(all.join())).toMatchObject({ message: expect.stringMatching(/busy/) });
    first.end();
    // Its client hears of the end before the acceptor does, which lets nobody in until then.
    const third = await untilOneIsIn(all);
    expect((await who(third)).slot).toBe(1 - slot);
  });

  it("TR-046: is lost with the worker that has it, and each is told of once", async () => {
    const all = await ordered();
    const killed = numberOf(all, 1);
    const clients = await Promise.all(Array.from({ length: 6 }, () => all.join()));
    const slots = (await Promise.all(clients.map(who))).map(({ slot }) => slot);
    const asked = slots.filter((slot) => slot === 1).length;
    for (const client of clients.filter((_, i) => slots[i] === 0).slice(0, 3)) await passed(client, 1);
    process.kill(all.cluster.pids.workers[1] as number, "SIGKILL");
    await until(() => all.count("workerReady") === 3);
    const lost = all.events.filter(({ type }) => type === "connectionLost");
    // Besides these, those that it had of the acceptor.
    expect(lost).toEqual(lost.map(() => ({ type: "connectionLost", worker: killed })));
    expect(lost.length).toBe(3 + asked);
  });

  it("KT-049: ends when its key is taken out of the authorized keys", async () => {
    const authorizedKeys = joinPath(openFolder(), "clients");
    await writeFile(authorizedKeys, `${formatPublicKey(clientPair.publicKey)}\n`, { mode: 0o600 });
    const all = await ordered({ authorizedKeys });
    const client = await clientOf(all, 0);
    await passed(client, 1);
    await writeFile(`${authorizedKeys}.new`, "# nobody\n", { mode: 0o600 });
    await rename(`${authorizedKeys}.new`, authorizedKeys);
    await closed(client);
    expect(client.failure?.message).toMatch(/not_authorized/);
  });

  it("can be passed on while its generation drains, and goes away with it at the end", async () => {
    const all = await ordered();
    const client = await clientOf(all, 0);
    await all.cluster.reload();
    expect((await passed(client, 1)).slot).toBe(1);
    expect((await passed(client, 0)).slot).toBe(0);
    await all.cluster.close({ grace: 50 });
    await closed(client);
    expect(client.failure?.message).toMatch(/going_away/);
  });
});

describe("a connection that its worker is done with", () => {
  it("has all that was written to it, though its peer takes that later", async () => {
    const all = await ordered({ listen: { path: joinPath(openFolder(), "s") } });
    const bytes = 8_192_000;
    const received = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const client = await all.join();
        client.end(`${JSON.stringify({ do: "send", bytes } satisfies Line)}\n`);
        return slowly(client);
      }),
    );
    expect(received).toEqual(Array(6).fill(bytes));
    expect(all.count("workerEnded")).toBe(0);
  });

  it("is not passed on any more, and ends nobody where that is tried", async () => {
    const all = await ordered();
    const { pids } = all.cluster;
    for (let i = 0; i < 4; i++) {
      const client = await all.join();
      say(client, { do: "passLate" });
      await once(client, "data");
      client.resume().end();
      await once(client, "close");
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const slot of [0, 1]) await clientOf(all, slot);
    expect([all.cluster.pids, all.count("workerEnded")]).toEqual([pids, 0]);
  });
});

describe("a connection that nobody takes", () => {
  it("stays where it is, in its socket where nobody was asked, and else in another", async () => {
    const all = await ordered({ workerArgs: ["1"] });
    const client = await clientOf(all, 0);
    say(client, { do: "pass", worker: 7 });
    expect(await answer(client)).toBe("ERR_HAWSER_PASS_ON_REFUSED the same");
    await clientOf(all, 1);
    say(client, { do: "pass" });
    expect(await answer(client)).toBe("ERR_HAWSER_PASS_ON_REFUSED another");
    expect((await who(client)).slot).toBe(0);
    await expectEcho(client);
    expect(all.count("connectionLost")).toBe(0);
  });

  it("is one more than a worker takes of a single other", async () => {
    const all = await ordered();
    const clients = [];
    for (let i = 0; i < 4; i++) clients.push(await clientOf(all, 0));
    for (const client of clients.slice(0, 3)) expect((await passed(client, 1)).slot).toBe(1);
    say(clients[3] as HawserSocket, { do: "pass", worker: 1 });
    expect(await answer(clients[3] as HawserSocket)).toBe("ERR_HAWSER_PASS_ON_REFUSED another");
  });

  it("is passed only where the admin has made a way", async () => {
    const all = await ordered({ workers: 3, passOn: (from, to) => from === 0 && to === 2 });
    const [client, other] = [await clientOf(all, 0), await clientOf(all, 1)];
    for (const [one, worker] of [
      [client, 1],
      [other, 0],
      [other, 2],
    ] as const) {
      say(one, { do: "pass", worker });
      expect(await answer(one)).toBe("ERR_HAWSER_PASS_ON_REFUSED the same");
    }
    expect((await passed(client, 2)).slot).toBe(2);
  });
});

/** What is with whom when a worker dies at a moment of a hand-over from worker 0 to worker 1. */
const moments: Readonly<Record<string, { dies: 0 | 1; at: Moment; outcome: "kept" | "lost" | "taken" }>> = {
  "the taker, before its Ack": { dies: 1, at: { byte: 3, isSaid: false, lane: true }, outcome: "kept" },
  "the taker, after its Ack": { dies: 1, at: { byte: 3, isSaid: true, lane: true }, outcome: "lost" },
  "the taker, when it has it": { dies: 1, at: { byte: 5, isSaid: false, lane: true }, outcome: "lost" },
  "the taker, when it has said so": { dies: 1, at: { byte: 5, isSaid: true, lane: true }, outcome: "lost" },
  "the giver, after its Offer": { dies: 0, at: { byte: 1, isSaid: true, lane: true }, outcome: "lost" },
  "the giver, before it tells the acceptor": {
    dies: 0,
    at: { byte: 9, isSaid: false, lane: false },
    outcome: "lost",
  },
  "the giver, between that and Go": { dies: 0, at: { byte: 9, isSaid: true, lane: false }, outcome: "lost" },
  "the giver, after Go": { dies: 0, at: { byte: 2, isSaid: true, lane: true }, outcome: "taken" },
};

describe("TR-042 TR-044 TR-046 TR-048: a worker that dies in a hand-over", () => {
  it.each(Object.entries(moments))("%s", async (_, { dies, at, outcome }) => {
    const all = await ordered({ workerArgs: ["1000", JSON.stringify(at), `${dies}`] });
    const client = await clientOf(all, 0);
    const others = all.events.length;
    say(client, { do: "pass", worker: 1, note: "on" });
    if (outcome === "kept") {
      expect(await answer(client)).toBe("ERR_HAWSER_PASS_ON_REFUSED another");
      expect((await who(client)).slot).toBe(0);
      await expectEcho(client);
    } else if (outcome === "taken") {
      expect(await who(client)).toEqual({ slot: 1, note: "on" });
      await expectEcho(client);
    } else {
      expect(await answer(client)).toBe("closed");
      await until(() => all.count("connectionLost") > 0);
    }
    await until(() => all.count("workerReady") === 3);
    const lost = all.events.slice(others).filter(({ type }) => type === "connectionLost");
    expect(lost.length).toBe(outcome === "lost" ? 1 : 0);
    expect(all.events.filter(({ type }) => type === "workerEnded").length).toBe(1);
  });
});

it("TR-049: who does not answer is asked by the acceptor, and ended; what it was offered is kept", async () => {
  const all = await ordered();
  const client = await clientOf(all, 0);
  const doubted = numberOf(all, 1);
  say(await clientOf(all, 1), { do: "hang" });
  await sleep(100);
  say(client, { do: "pass", worker: 1 });
  expect(await answer(client)).toBe("ERR_HAWSER_PASS_ON_REFUSED another");
  await expectEcho(client);
  expect(all.events).toContainEqual({ type: "workerDoubted", worker: doubted, by: numberOf(all, 0) });
  expect(all.events).toContainEqual(
    expect.objectContaining({
      type: "workerEnded",
      worker: doubted,
      signal: "SIGKILL",
      why: "it has not answered",
    }),
  );
});

/** The number of the first worker of a slot. */
function numberOf({ events }: Scene, slot: number): number {
  const started = events.find((event) => event.type === "workerStarted" && event.slot === slot);
  return started?.type === "workerStarted" ? started.worker : 0;
}

async function closed(client: HawserSocket): Promise<void> {
  if (!client.closed) await new Promise<void>((resolve) => client.once("close", () => resolve()));
}

async function expectEcho(client: HawserSocket): Promise<void> {
  say(client, { do: "echo" });
  expect(await answer(client)).toBe("ready");
  const { sent, back } = await stream(client, 300_000);
  expect(back).toBe(sent);
}
