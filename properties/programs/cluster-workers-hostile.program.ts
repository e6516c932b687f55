/**
 * Why: a worker that is taken over has ways to the others. Whatever it says over them, and whatever it hands them, they and their
 * connections come to no harm, nor do the acceptor and the admin.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { HawserSocket } from "../../src/net/index.ts";
import type { Attack, Line } from "../cluster/hostile-passer.ts";
import { failureOf, keyed } from "../cluster/keyed-scene.ts";
import { type Scene, type SceneOptions, scene, stream } from "../cluster/scene.ts";
import { until } from "../net/loopback.ts";

const workers = 5;
const hostile = workers - 1;
const python =
  spawnSync("python3", ["-c", "import sys; print(sys.executable)"]).stdout?.toString().trim() ?? "";

const setting: SceneOptions = {
  ...{ workers, program: "hostile-passer", passOn: true, choosing: true },
  workerArgs: [`${hostile}`, python],
};
const cluster = (options: SceneOptions = {}) => scene({ ...setting, ...options });

/** A connection to the worker of a slot, which is told what to do. */
async function told({ join }: Scene, slot: number, line: Line): Promise<HawserSocket> {
  const client = await join();
  client.write(`${JSON.stringify({ slot, ...line })}\n`);
  return client;
}

/** Streams at all workers but the hostile one, and what waits for their ends. */
async function bystanders(all: Scene): Promise<() => Promise<void>> {
  const clients = await Promise.all([0, 1, 2, 3].map((slot) => told(all, slot, { do: "echo" })));
  for (const client of clients) expect(String((await once(client, "data"))[0])).toBe("ready");
  const streams = clients.map((client) => stream(client, 2_000_000));
  return async () => {
    const results = await Promise.all(streams);
    expect(results.filter(({ sent, back }) => sent !== back)).toEqual([]);
  };
}

const doubts = ({ events }: Scene) => events.filter(({ type }) => type === "workerDoubted");
const descriptorsOf = ({ cluster: { pids } }: Scene) =>
  pids.workers.slice(0, hostile).map((pid) => readdirSync(`/proc/${pid}/fd`).length);

const attacks: readonly (readonly Attack[])[] = [
  ["no frame", "another frame", "an Offer of sixteen megabytes", "a blob that is none"],
  ["a note without an end", "Go before an Offer", "Go of another", "two Offers"],
  ["an Offer without Go", "what it never had"],
  ["a session in another's name"],
  ["a hundred thousand Offers"],
];
const attacksOfNativeCode: readonly Attack[] = ["sixty files", "sixty sockets"];

async function expectHarmless(all: Scene, kinds: readonly Attack[]): Promise<void> {
  const { pids } = all.cluster;
  const goOn = await bystanders(all);
  await Promise.all(kinds.map((kind, to) => told(all, hostile, { do: kind, to })));
  await until(() => doubts(all).length === kinds.length);
  await goOn();
  expect(all.cluster.pids).toEqual(pids);
  const by = new Set(doubts(all).map((event) => event.type === "workerDoubted" && event.by));
  expect(by.size).toBe(kinds.length);
}

describe("TR-056 TR-057 TR-058 TR-061: a worker that is taken over, and gives another", () => {
  it.each(attacks.map((kinds) => [kinds.join("; "), kinds] as const))(
    "%s: has its way to it closed, and no more",
    async (_, kinds) => {
      const all = await cluster();
      await expectHarmless(all, kinds);
    },
  );

  it.runIf(python !== "")(`${attacksOfNativeCode.join("; ")}: leaves none of them there`, async () => {
    const all = await cluster({ mayDoAnything: true });
    await (await bystanders(all))();
    const before = descriptorsOf(all);
    await expectHarmless(all, attacksOfNativeCode);
    await until(() => descriptorsOf(all).every((count, i) => count <= (before[i] ?? 0)));
  });

  it.each(["what nobody was offered", "what goes to nobody"] as const)(
    "TR-059: says that it gives %s, and loses it",
    async (kind) => {
      const all = await cluster();
      const { pids } = all.cluster;
      const goOn = await bystanders(all);
      const client = await told(all, hostile, { do: kind, to: 2 });
      await until(() => all.count("connectionLost") === 1);
      client.destroy(); // Of which it says that it is done with that, and is ended.
      await until(() => all.count("workerEnded") === 1);
      await goOn();
      expect(all.cluster.pids.acceptor).toBe(pids.acceptor);
      expect(all.cluster.pids.workers.slice(0, hostile)).toEqual(pids.workers.slice(0, hostile));
    },
  );
});

it("who doubts workers that there are not, again and again, is ended", async () => {
  const all = await cluster();
  const { pids } = all.cluster;
  const goOn = await bystanders(all);
  await told(all, hostile, { do: "doubts without end", to: 1 });
  await until(() => all.count("workerEnded") === 1);
  await goOn();
  expect(all.cluster.pids.workers.slice(0, hostile)).toEqual(pids.workers.slice(0, hostile));
});

it("who ends after it was doubted, and is found to have lied once more, takes along nobody", async () => {
  const all = await cluster();
  const { pids } = all.cluster;
  const goOn = await bystanders(all);
  await told(all, 1, { do: "pass", to: hostile }); // It answers that with what it can't.
  await until(() => doubts(all).length === 1);
  await told(all, hostile, { do: "what it never had, and its end", to: 1 });
  await until(() => all.count("workerEnded") > 0);
  await new Promise((resolve) => setTimeout(resolve, 6_000)); // So long is a descriptor waited for.
  await goOn();
  expect(all.count("workerEnded")).toBe(1);
  expect(all.cluster.pids.workers.slice(0, hostile)).toEqual(pids.workers.slice(0, hostile));
});

it("TR-055: who offers a connection to one that answers what it can't loses that connection alone", async () => {
  const all = await cluster();
  const { pids } = all.cluster;
  const goOn = await bystanders(all);
  const clients = await Promise.all([0, 1, 2, 3].map((slot) => told(all, slot, { do: "pass", to: hostile })));
  const endOf = async (client: HawserSocket | undefined) => {
    let text = "";
    client?.on("data", (bytes) => {
      text += bytes;
      client.end();
    });
    await new Promise<void>((resolve) => client?.once("close", () => resolve()));
    return text;
  };
  // The third has been given away; the last was refused before anything was wrong with that, and is there still.
  expect(await Promise.all([0, 1, 3].map((slot) => endOf(clients[slot])))).toEqual([
    "",
    "",
    "ERR_HAWSER_PASS_ON_REFUSED",
  ]);
  await until(() => all.count("connectionLost") === 1);
  await goOn();
  expect(doubts(all).length).toBe(4);
  expect(all.cluster.pids).toEqual(pids);
});

describe("a connection whose key is taken out of the authorized keys", () => {
  it("TR-055: ends while nobody answers its offer, and its giver goes on", async () => {
    const all = await keyed({ ...setting, workers: 6, workerArgs: ["5", python] });
    const { pids } = all.cluster;
    const offered = await told(all, 4, { do: "pass", to: 5 });
    const waits = await told(all, 4, { do: "pass", to: 5 });
    all.remove();
    expect(await Promise.all([offered, waits].map(failureOf))).toEqual([
      expect.stringMatching(/treat it as cut off/),
      expect.stringMatching(/not_authorized/),
    ]);
    expect(all.cluster.pids).toEqual(pids);
    expect(all.count("workerEnded")).toBe(0);
  });

  it("ends though two that are taken over give it to each other", async () => {
    const all = await keyed({ ...setting, workerArgs: [`${hostile}`, python, "two"] });
    const { pids } = all.cluster;
    const client = await told(all, hostile, { do: "what it keeps", to: hostile - 1 });
    all.remove();
    await failureOf(client);
    await until(() => all.count("connectionLost") === 1);
    expect(all.cluster.pids.acceptor).toBe(pids.acceptor);
    expect(all.cluster.pids.workers.slice(0, hostile - 1)).toEqual(pids.workers.slice(0, hostile - 1));
  });
});
