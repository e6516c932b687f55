/**
 * Why: between the process that has the key and the one that has the connection there are two more, and pipes; whichever of
 * them ends, or is full, or comes anew, the bytes of every other connection have to be those that were sent.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join as joinPath } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { parseConnectionString, writeSecretKeyFile } from "../src/keys/index.ts";
import { generateKeyPair, type HawserSocket } from "../src/net/index.ts";
import { hasOtherUsers } from "./cluster/other-users.ts";
import { openFolder, scene, stream, who } from "./cluster/scene.ts";
import { rejection, until } from "./net/loopback.ts";

const failureOf = async (socket: HawserSocket) => {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return socket.failure?.message ?? "none";
};
const broken = (streams: readonly { sent: string; back: string }[]) =>
  streams.filter(({ sent, back }) => sent !== back);

describe("a server in three", () => {
  it.each(["a port", "a unix socket"])(
    "serves streams whose bytes come back as they were, at %s",
    async (kind) => {
      const path = joinPath(openFolder(), "socket");
      const listen = kind === "a port" ? {} : { listen: { path } };
      const { join, cluster, events } = await scene({ workers: 3, ...listen });
      const streams = Array.from({ length: 120 }, async () => stream(await join(), 100_000));
      expect(broken(await Promise.all(streams))).toEqual([]);
      await cluster.close();
      expect(events.filter(({ type }) => type === "workerEnded")).toEqual(
        Array.from({ length: 3 }, () => expect.objectContaining({ code: 0, signal: null, why: undefined })),
      );
    },
  );

  it("TR-052: the acceptor keeps nothing of a connection that it has passed on", async () => {
    const { join, cluster } = await scene({ workers: 1 });
    const clients = await Promise.all(Array.from({ length: 20 }, () => join()));
    await Promise.all(clients.map((client) => who(client)));
    process.kill(cluster.pids.acceptor as number, "SIGKILL");
    expect(await Promise.all(clients.map((client) => echoed(client)))).toEqual(
      clients.map(() => "still here"),
    );
  });

  it("spreads connections over its workers, each of which is another process", async () => {
    const { join, cluster } = await scene({ workers: 3 });
    const served: string[] = [];
    for (let i = 0; i < 9; i++) served.push((await who(await join())).slot);
    expect(served.sort().join("")).toBe("000111222");
    const { acceptor, workers } = cluster.pids;
    expect(new Set([process.pid, acceptor, ...workers]).size).toBe(5);
  });

  it("ends connections whose time is over with going_away", async () => {
    const { join, cluster } = await scene();
    const client = await join();
    await who(client);
    await cluster.close({ grace: 50 });
    expect(await failureOf(client)).toMatch(/going_away/);
  });

  it("drains: what streams comes to its end, while nobody new is let in", async () => {
    const { join, cluster } = await scene();
    const clients = await Promise.all(Array.from({ length: 12 }, () => join()));
    const streams = clients.map((client) => stream(client, 1_000_000));
    const closing = cluster.close({ grace: 60_000 });
    expect(broken(await Promise.all(streams))).toEqual([]);
    await closing;
    await expect(join()).rejects.toThrow();
  });
});

describe("a worker", () => {
  it("is chosen by the first line, which it reads all the same, with what the acceptor says of it", async () => {
    const { join } = await scene({ workers: 3, choosing: true });
    for (const slot of ["2", "0", "2", "1"]) {
      const question = `who? ${slot}\n`;
      expect(await who(await join(), question)).toMatchObject({ slot, note: question.trim() });
    }
  });

  it("is chosen at the deadline by what has come, at the end by no more, and by nobody where the choice fails", async () => {
    const { join } = await scene({ workers: 2, choosing: true });
    const [slow, short, bad] = await Promise.all([join(), join(), join()]);
    short.end("2");
    expect(String((await once(short, "data"))[0])).toBe("2");
    bad.write("throw\n");
    expect(await failureOf(bad)).toMatch(/internal_error/);
    slow.write("who?");
    expect(await who(slow, "")).toMatchObject({ note: "who?" });
  });

  it("that is full is passed over, and where all are a client hears busy", async () => {
    const { join, count } = await scene({ workers: 2, workerArgs: ["2"], choosing: true });
    const clients: HawserSocket[] = [];
    const slots: string[] = [];
    // One after the other, as who waits for long enough goes anywhere.
    for (let i = 0; i < 4; i++) {
      const client = await join();
      clients.push(client);
      slots.push((await who(client, "who? 1\n")).slot);
    }
    expect(slots).toEqual(["1", "1", "0", "0"]);
    const more = await join();
    more.write("who? 1\n");
    expect(await failureOf(more)).toMatch(/busy/);
    expect(count("busy")).toBe(1);
    clients[0]?.end();
    // Its client may see the end before its worker does, which is full until then.
    let next: string | undefined;
    for (; next === undefined; await sleep(20)) next = await slotOrBusy(await join(), "who? 0\n");
    expect(next).toBe("1");
  });

  it("TR-046: that dies under load takes its own connections along, is told of, and is replaced", async () => {
    const { join, cluster, events, count } = await scene({ workers: 3, choosing: true });
    const clients = await Promise.all(Array.from({ length: 45 }, () => join()));
    // Who serves it, and not who was wanted: on a busy machine the first line may miss its deadline.
    const slots = await Promise.all(
      clients.map(async (client, i) => (await who(client, `who? ${i % 3}\n`)).slot),
    );
    const streams = clients.filter((_, i) => slots[i] !== "1").map((client) => stream(client, 3_000_000));
    // None of that worker's is at its end when it dies: whether such a one is lost nobody could say.
    const own = clients.filter((_, i) => slots[i] === "1");
    const ends = own.map(streamOn);
    await until(() => own.every(({ bytesRead }) => bytesRead > 65_536));
    process.kill(cluster.pids.workers[1] as number, "SIGKILL");
    expect(broken(await Promise.all(streams))).toEqual([]);
    expect(await Promise.all(ends)).toEqual(
      own.map(() => expect.stringMatching(/transport ended in state Open/)),
    );
    expect(own.length).toBeGreaterThan(0);
    await until(() => count("workerReady") === 4);
    expect(count("connectionLost")).toBe(own.length);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "workerEnded", slot: 1, signal: "SIGKILL" }),
    );
    expect(await who(await join(), "who? 1\n")).toMatchObject({ slot: "1" });
  });

  it("that throws ends alone", async () => {
    const { join, count } = await scene({ workers: 2, choosing: true });
    const [one, two] = await Promise.all([join(), join()]);
    await who(one, "who? 0\n");
    await who(two, "who? 1\n");
    two.write("crash!");
    expect(await failureOf(two)).not.toBe("none");
    expect(await echoed(one)).toBe("still here");
    await until(() => count("workerReady") === 3);
  });
});

describe("a reload", () => {
  it("that a close overtakes starts nothing that would be left", async () => {
    const { cluster, count } = await scene();
    const reload = rejection(cluster.reload({ listen: { host: "localhost", port: 0 } })); // It is looked up first.
    await cluster.close({ grace: 0 });
    expect(await reload).toMatchObject({ message: "the cluster is being closed" });
    expect(count("acceptorStarted")).toBe(count("acceptorEnded"));
  });

  it("takes a new key and another port, and no connection is lost", async () => {
    const { join, cluster, keyPath } = await scene();
    const before = cluster.url;
    const clients = await Promise.all(Array.from({ length: 10 }, () => join()));
    const streams = clients.map((client) => stream(client, 2_000_000));
    await rm(keyPath);
    await writeSecretKeyFile(keyPath, await generateKeyPair());
    await cluster.reload({ listen: { host: "127.0.0.1", port: 0 } });
    const [old, now] = [before, cluster.url].map((url) => parseConnectionString(url));
    expect(now?.serverKey).not.toEqual(old?.serverKey);
    expect(now?.endpoint).not.toEqual(old?.endpoint);
    expect(await echoed(await join())).toBe("still here");
    expect(broken(await Promise.all(streams))).toEqual([]);
  });

  it("is noticed by no client that comes meanwhile", async () => {
    const { join, cluster } = await scene();
    let isOver = false;
    const coming = Array.from({ length: 4 }, async () => {
      const results: { sent: string; back: string }[] = [];
      while (!isOver) results.push(await stream(await join(), 20_000));
      return results;
    });
    const before = cluster.pids;
    await cluster.reload();
    await cluster.reload();
    expect(cluster.pids.acceptor).not.toBe(before.acceptor);
    isOver = true;
    const results = (await Promise.all(coming)).flat();
    expect(results.length).toBeGreaterThan(4);
    expect(broken(results)).toEqual([]);
  });

  it("that fails changes nothing", async () => {
    const { join, cluster, keyPath } = await scene();
    const { url, pids } = cluster;
    chmodSync(keyPath, 0o644); // As no key file may be.
    await expect(cluster.reload()).rejects.toThrow(/acceptor has ended/);
    expect([cluster.url, cluster.pids]).toEqual([url, pids]);
    expect(await echoed(await join())).toBe("still here");
  });
});

it("a cluster that is closed has nothing left that would keep its process from ending", async () => {
  const { join, cluster } = await scene();
  await who(await join());
  await cluster.reload();
  await cluster.close({ grace: 0 });
  expect(process.getActiveResourcesInfo().filter((type) => type === "Timeout")).toEqual([]);
});

describe("an acceptor", () => {
  it("that dies is replaced, and clients that come meanwhile wait", async () => {
    const { join, cluster, events } = await scene();
    const client = await join();
    await who(client);
    const { acceptor } = cluster.pids;
    process.kill(acceptor as number, "SIGKILL");
    await until(() => events.some(({ type }) => type === "acceptorEnded"));
    expect(await echoed(await join())).toBe("still here"); // In the backlog until then.
    await until(() => cluster.pids.acceptor !== acceptor);
    expect(await echoed(client)).toBe("still here");
  });

  it.runIf(hasOtherUsers)(
    "gives up root's rights once it has read its key, and workers have never had them",
    async () => {
      const { join, cluster } = await scene({ users: true });
      const { readFileSync } = await import("node:fs");
      const idsOf = (pid: number | undefined) =>
        /^Uid:\s+(.*)\nGid:\s+(.*)\n(?:.*\n)*?Groups:[ \t]*(.*?)[ \t]*\n/m
          .exec(readFileSync(`/proc/${pid}/status`, "utf8"))
          ?.slice(1);
      const { acceptor, workers } = cluster.pids;
      const all = (id: number) => Array(4).fill(id).join("\t");
      expect(idsOf(acceptor)).toEqual([all(61_000), all(61_000), "61000"]);
      expect(workers.map(idsOf)).toEqual([61_001, 61_002].map((id) => [all(id), all(id), ""]));
      expect(await echoed(await join())).toBe("still here");
    },
  );
});

it("makes no cluster of options that make no sense, nor a process a part of one that is none", async () => {
  const { startCluster, runAcceptor, runWorker } = await import("../src/cluster/index.ts");
  const programs = { acceptor: { module: "none" }, worker: { module: "none", permissions: false } } as const;
  const listen = { host: "127.0.0.1", port: 0 };
  await expect(startCluster({ listen, ...programs, workers: 0 })).rejects.toThrow(/1 to 1024/);
  expect(await rejection(startCluster({ listen, ...programs, workers: 1 }))).toMatchObject({
    message: expect.stringMatching(/^(?:the acceptor|a worker) has ended/), // Whichever of the two is the first.
  });
  await expect(runAcceptor(() => Promise.reject(new Error("is not called")))).rejects.toThrow(/startCluster/);
  await expect(runWorker(() => undefined)).rejects.toThrow(/startCluster/);
});

/** Streams for as long as there is a connection, and says what it ended with. */
async function streamOn(client: HawserSocket): Promise<string> {
  const piece = randomBytes(16_384);
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  client.resume();
  while (!client.destroyed) {
    if (client.write(piece)) continue;
    await Promise.race([new Promise<void>((resolve) => client.once("drain", () => resolve())), closed]);
  }
  return failureOf(client);
}

/** Who serves a client; `undefined` where it is told that all are busy. */
async function slotOrBusy(client: HawserSocket, question: string): Promise<string | undefined> {
  const failure = failureOf(client);
  const served = who(client, question).then(
    ({ slot }) => slot,
    () => failure,
  );
  const answer = await Promise.race([served, failure]);
  return /busy/.test(answer) ? undefined : answer;
}

async function echoed(client: HawserSocket): Promise<string> {
  client.write("still here");
  let text = "";
  while (text.length < 10) text += String((await once(client, "data"))[0]);
  return text;
}
