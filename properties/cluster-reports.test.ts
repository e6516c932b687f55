/**
 * Why: whoever lets clients in has to count them, and to say how they ended, while others have the connections; what they say of
 * that comes from processes that nobody trusts.
 */
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ClusterEvent, startCluster } from "../src/cluster/index.ts";
import { writeSecretKeyFile } from "../src/keys/index.ts";
import { connect, generateKeyPair, type HawserSocket } from "../src/net/index.ts";
import { bundled, clientPair, openFolder } from "./cluster/scene.ts";
import { afterwards, until } from "./net/loopback.ts";

async function watched(...args: string[]) {
  const folder = openFolder();
  const keyPath = join(folder, "secret.key");
  await writeSecretKeyFile(keyPath, await generateKeyPair());
  const [acceptor, worker] = await Promise.all([
    bundled("watching-acceptor", folder),
    bundled("reporting-worker", folder),
  ]);
  const events: ClusterEvent[] = [];
  const cluster = await startCluster({
    listen: { host: "127.0.0.1", port: 0 },
    acceptor: { module: acceptor, args: [keyPath, ...args] },
    worker: { module: worker, permissions: { read: [worker] } },
    workers: 1,
    observe: (event) => events.push(event),
  });
  afterwards(() => cluster.close({ grace: 0 }));
  const messages = () => events.flatMap((event) => (event.type === "message" ? [event.message] : []));
  const said = async (message: unknown) => {
    const wanted = JSON.stringify(message);
    await until(() => messages().some((each) => JSON.stringify(each) === wanted));
  };
  const client = async () => {
    const socket = await connect(cluster.url, { keyPair: clientPair, allowHalfOpen: true });
    socket.on("error", () => undefined);
    afterwards(() => socket.destroy());
    return socket;
  };
  return { cluster, events, messages, said, client };
}

interface How {
  readonly isLast?: boolean;
  readonly isForged?: boolean;
}

async function tell(client: HawserSocket, numbers: readonly unknown[], how: How = {}): Promise<string> {
  client.write(`${JSON.stringify({ numbers, ...how })}\n`);
  return String(await once(client, "data", { signal: AbortSignal.timeout(5_000) }));
}

const most = 2 ** 32 - 1;

describe("a watcher", () => {
  it("is told what a worker reports of its connection, and how it ended, after the last of it", async () => {
    const { client, said, messages } = await watched();
    const one = await client();
    await tell(one, [1, 2, most]);
    await said({ numbers: [1, 2, most], isLast: false });
    await tell(one, []);
    await tell(one, Array(16).fill(7), { isLast: true });
    one.end();
    await said({ over: "done" });
    expect(messages().slice(-3)).toEqual([
      { numbers: [], isLast: false },
      { numbers: Array(16).fill(7), isLast: true },
      { over: "done" },
    ]);
  });

  it.each([
    ["more numbers than a report has", Array(17).fill(1), { isForged: true }],
    ["numbers that the watcher takes for none", [666], {}],
  ])("has a worker ended that says %s; its connections are lost", async (_, numbers, how) => {
    const { client, said, events, messages } = await watched();
    const [one, two] = [await client(), await client()];
    await tell(one, [1]);
    await tell(two, [2]);
    await tell(two, numbers, how).catch(() => undefined);
    await said({ over: "lost" });
    await until(() => messages().filter((message) => JSON.stringify(message).includes("lost")).length === 2);
    await until(() => events.filter(({ type }) => type === "workerReady").length === 2);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "workerEnded", why: "it has said what it can't have to say" }),
    );
    await tell(await client(), [3]);
  });

  it("is told nothing of what is no report, which the program of an honest worker hears at once", async () => {
    const { client, said, messages, events } = await watched();
    const one = await client();
    const bad = [Array(17).fill(1), [-1], [1.5], [most + 1], ["1"], [null]];
    for (const numbers of bad) expect(await tell(one, numbers)).toBe("refused");
    expect(await tell(one, [5])).toBe("told");
    await said({ numbers: [5], isLast: false });
    expect(messages()).toHaveLength(1);
    expect(events.some(({ type }) => type === "workerEnded")).toBe(false);
  });

  it("is told that a connection is over whatever its program resolves with", async () => {
    const { client, said, events } = await watched();
    const one = await client();
    await tell(one, [null], { isLast: true });
    one.end();
    await said({ over: "done" });
    expect(events.some(({ type }) => type === "workerEnded")).toBe(false);
  });

  it("is not told without end: a worker that goes on reporting is ended", async () => {
    const { client, messages, events } = await watched();
    const one = await client();
    for (let i = 0; i < 64; i++) await tell(one, [i]);
    expect(events.some(({ type }) => type === "workerEnded")).toBe(false);
    one.write(`${JSON.stringify({ numbers: [64], isLast: false })}\n`.repeat(2_000));
    await until(() => events.some(({ type }) => type === "workerEnded"));
    const told = messages().filter((message) => Object.hasOwn(message as object, "numbers")).length;
    expect(told).toBeGreaterThanOrEqual(64);
    expect(told).toBeLessThan(1_000);
  });

  it("is there, or nothing may be reported", async () => {
    const { client, cluster, said, events } = await watched();
    cluster.tell(cluster.acceptor as number, "unwatched");
    await said({ back: "unwatched" });
    await tell(await client(), [1]).catch(() => undefined);
    await until(() => events.some(({ type }) => type === "workerEnded"));
  });
});

describe("the acceptor's program", () => {
  it("refuses a connection by throwing what its client is to hear", async () => {
    const { client } = await watched();
    const one = await client();
    one.write("!");
    one.resume();
    if (!one.closed) await new Promise<void>((resolve) => one.once("close", () => resolve()));
    expect(one.failure).toMatchObject({ alertName: "cancelled", words: "as it was told" });
  });

  it("keeps limits.connections, though the connections are elsewhere", async () => {
    const { client, said } = await watched("1");
    const one = await client();
    await tell(one, [1]);
    await expect(client()).rejects.toMatchObject({ alertName: "busy" });
    one.end();
    await said({ over: "done" });
    await tell(await client(), [2]);
  });

  it("hears what the admin says, at each of two that are there while one takes over", async () => {
    const { client, cluster, events, said } = await watched();
    const before = cluster.acceptor as number;
    const one = await client();
    await tell(one, [1]);
    await cluster.reload();
    const now = cluster.acceptor as number;
    expect(now).not.toBe(before);
    for (const acceptor of [before, now]) cluster.tell(acceptor, { to: acceptor });
    for (const acceptor of [before, now]) {
      await said({ back: { to: acceptor } });
      expect(events).toContainEqual({ type: "message", acceptor, message: { back: { to: acceptor } } });
    }
    one.end();
    await until(() => events.some((event) => event.type === "acceptorEnded" && event.acceptor === before));
    cluster.tell(before, "nobody");
    const kinds = events.filter(({ type }) => type === "acceptorStarted" || type === "acceptorReady");
    expect(kinds.map((event) => [event.type, "acceptor" in event && event.acceptor])).toEqual([
      ["acceptorStarted", before],
      ["acceptorReady", before],
      ["acceptorStarted", now],
      ["acceptorReady", now],
    ]);
  });
});
