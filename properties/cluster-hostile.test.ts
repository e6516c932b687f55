/**
 * Why: a worker is there to be taken over instead of whoever has the key. So what a worker can do has to be next to nothing,
 * and what comes out of one has to harm nobody but itself.
 */
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { credit } from "../src/cluster/credits.ts";
import { readSecretKeyFile } from "../src/keys/index.ts";
import type { HawserSocket } from "../src/net/index.ts";
import type { Order } from "./cluster/hostile-worker.ts";
import { hasInMemory } from "./cluster/memory.ts";
import { hasOtherUsers } from "./cluster/other-users.ts";
import { type Scene, scene, stream } from "./cluster/scene.ts";
import { until } from "./net/loopback.ts";

const hostile = (workers: number) =>
  scene({ workers, program: "hostile-worker", choosing: true, users: true });

/** A connection to the worker of a slot, which is told what to do. */
async function order({ join }: Scene, slot: number, told: Order): Promise<HawserSocket> {
  const socket = await join();
  socket.write(`${JSON.stringify({ slot, ...told })}\n`);
  return socket;
}

/** Connections to the workers of other slots, that stream until they are told to stop. */
async function bystanders(all: Scene, slots: readonly number[]): Promise<() => Promise<void>> {
  const clients = await Promise.all([...slots, ...slots].map((slot) => order(all, slot, { do: "echo" })));
  await Promise.all(clients.map((client) => once(client, "data")));
  const streams = clients.map((client) => stream(client, 3_000_000));
  return async () => {
    const results = await Promise.all(streams);
    expect(results.filter(({ sent, back }) => sent !== back)).toEqual([]);
  };
}

describe("a worker that is taken over", () => {
  it("gets at no file, no process and no rights", async () => {
    const all = await hostile(2);
    const { acceptor, workers } = all.cluster.pids;
    const pids = [process.pid, acceptor as number, workers[1] as number];
    const { keyPath, cluster } = all;
    const client = await order(all, 0, { do: "look", keyPath, pids, signals: hasOtherUsers });
    const chunks: Buffer[] = [];
    for await (const chunk of client) chunks.push(chunk);
    const found: Record<string, string> = JSON.parse(Buffer.concat(chunks).toString());
    expect(Object.keys(found).length).toBeGreaterThan(30);
    expect(Object.entries(found).filter(([, what]) => what === "it worked")).toEqual([]);
    // By the permission model, and not only for want of rights that the tests' user may have.
    for (const name of [
      "the key file",
      "the key file, later",
      `/proc/${acceptor}/mem`,
      "/proc/self/environ",
    ]) {
      expect([name, found[name]]).toEqual([name, "ERR_ACCESS_DENIED"]);
    }
    expect(cluster.pids).toEqual({ acceptor, workers });
  });

  it("has no key in it, which its acceptor has", async () => {
    const all = await hostile(1);
    const client = await order(all, 0, { do: "echo" });
    await once(client, "data");
    const secretKey = await readSecretKeyFile(all.keyPath);
    const { acceptor, workers } = all.cluster.pids;
    expect(hasInMemory(acceptor as number, secretKey)).toBe(true);
    expect(hasInMemory(workers[0] as number, secretKey)).toBe(false);
  });

  const garbage: Readonly<Record<string, Uint8Array>> = {
    "what is no JSON, as Node's pipe would take": Buffer.from('{"cmd":"NODE_HANDLE_ACK"\n'),
    "an acknowledgement of Node's": Buffer.from('{"cmd":"NODE_HANDLE_ACK"}\n'),
    zeros: new Uint8Array(8),
    "an Ack that nobody asked for": credit("Ack", 4_000_000),
    "a Done of another's connection": credit("Done", 0),
    "that it is ready, once more": credit("Ready", 0),
    "a credit with something in its padding": Uint8Array.of(5, 0, 1, 0, 0, 0, 0, 1),
    "a megabyte": new Uint8Array(1_000_000).fill(3),
  };
  it("is ended for anything that is no credit, at its first byte; all others go on", async () => {
    const all = await hostile(3);
    const { acceptor } = all.cluster.pids;
    const goOn = await bystanders(all, [2]);
    let ended = 0;
    for (const [name, bytes] of Object.entries(garbage)) {
      const slot = ended % 2;
      await order(all, slot, { do: "write", fds: [4], bytes: Buffer.from(bytes).toString("base64") });
      await until(() => all.count("workerEnded") > ended);
      ended++;
      const last = all.events.findLast(({ type }) => type === "workerEnded");
      expect([name, last]).toEqual([
        name,
        expect.objectContaining({ slot, signal: "SIGKILL", why: "it has said what it can't have to say" }),
      ]);
      await until(() => all.count("workerReady") === 3 + ended);
    }
    await goOn();
    expect(all.cluster.pids.acceptor).toBe(acceptor);
    expect(all.count("workerEnded")).toBe(Object.keys(garbage).length);
  });

  it("writes into nobody's connections and processes, whatever its descriptors are", async () => {
    const all = await hostile(2);
    const { acceptor } = all.cluster.pids;
    const goOn = await bystanders(all, [1]);
    // A record that opens for nobody, again and again: of a connection that gets any of it whole, nothing is left.
    const record = Buffer.concat([Uint8Array.of(0, 19), Buffer.alloc(19, 0xff)]);
    const bytes = Buffer.alloc(300_000, record).toString("base64");
    // All that may be open but its standard output and its credits: the pipe that frames come through, and its connections.
    const fds = [3, ...Array.from({ length: 60 }, (_, i) => 5 + i)];
    const client = await order(all, 0, { do: "write", fds, bytes });
    const [error] = await once(client, "error", { signal: AbortSignal.timeout(10_000) });
    expect(error).toMatchObject({ code: "ERR_HAWSER_BAD_RECORD" });
    await goOn();
    expect(all.cluster.pids.acceptor).toBe(acceptor);
    expect(await answer(await order(all, 1, { do: "echo" }))).toBe("ready");
  });

  it("leaks no descriptor into its acceptor", async () => {
    const all = await hostile(2);
    const { acceptor } = all.cluster.pids;
    expect(await answer(await order(all, 1, { do: "echo" }))).toBe("ready");
    const before = readdirSync(`/proc/${acceptor}/fd`).length;
    await order(all, 0, { do: "leak", fds: [3, 4] });
    await until(() => all.count("workerReady") === 3);
    expect(await answer(await order(all, 1, { do: "echo" }))).toBe("ready");
    expect(readdirSync(`/proc/${acceptor}/fd`).length).toBeLessThanOrEqual(before + 2);
  });

  it("TR-042 TR-049: that answers no more is ended, and what it was offered goes to another", async () => {
    const all = await hostile(2);
    await order(all, 0, { do: "hang" });
    const client = await order(all, 0, { do: "echo" });
    expect(await answer(client)).toBe("ready");
    expect(all.events).toContainEqual(
      expect.objectContaining({ type: "workerEnded", slot: 0, why: "it has not answered" }),
    );
  });
});

it("TR-044 TR-046: is waited for by an acceptor that is to end, until all is read that it may have said", async () => {
  const all = await scene({ workers: 2, program: "hostile-worker", choosing: true, mayDoAnything: true });
  const other = await order(all, 1, { do: "echo" });
  expect(await answer(other)).toBe("ready");
  await order(all, 0, { do: "hang", leavingAChild: true });
  const offered = await order(all, 0, { do: "echo" });
  const [worker] = all.cluster.pids.workers;
  await all.cluster.reload();
  process.kill(worker as number, "SIGKILL");
  await until(() => all.count("workerEnded") === 1);
  other.end(); // The last that the old acceptor knows to be with a worker that lives.
  expect(await answer(offered)).toBe("ready");
});

async function answer(client: HawserSocket): Promise<string> {
  return String((await once(client, "data"))[0]);
}
