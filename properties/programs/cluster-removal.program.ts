/**
 * Why: whoever takes a key out of the authorized keys counts on its connections to end, and those are in processes that know
 * neither the file nor, after a reload, the acceptor that does.
 */
import { describe, expect, it } from "vitest";
import type { HawserSocket } from "../../src/net/index.ts";
import { failureOf, keyed, other } from "../cluster/keyed-scene.ts";
import { who } from "../cluster/scene.ts";
import { until } from "../net/loopback.ts";

const served = async (client: HawserSocket) => {
  await who(client);
  return client;
};

describe("connections of a key that is taken out of the authorized keys", () => {
  it("KT-049: end with not_authorized at whichever worker they are, and no others do", async () => {
    const { join, remove } = await keyed({ workers: 3 });
    const removed = await Promise.all(Array.from({ length: 6 }, () => join().then(served)));
    const stays = await join({ keyPair: other }).then(served);
    remove();
    for (const client of removed) expect(await failureOf(client)).toMatch(/not_authorized/);
    expect(await who(stays, "still")).toMatchObject({ slot: "still" });
    await expect(join()).rejects.toThrow(/not_authorized/);
  });

  it("KT-049: end too where newer processes have taken over, whose elders stay until the last is over", async () => {
    const { join, remove, cluster, events } = await keyed();
    const before = await join().then(served);
    const stays = await join({ keyPair: other }).then(served);
    const { acceptor } = cluster.pids;
    await cluster.reload();
    await cluster.reload();
    expect(cluster.pids.acceptor).not.toBe(acceptor);
    remove();
    expect(await failureOf(before)).toMatch(/not_authorized/);
    expect(await who(stays, "still")).toMatchObject({ slot: "still" });
    const ended = () => events.filter(({ type }) => type === "acceptorEnded").length;
    expect(ended()).toBe(1); // The one between the two, which never had a connection.
    stays.end();
    await until(() => ended() === 2);
  });

  it("end with going_away at a reload where the acceptor that knew them has died", async () => {
    const { join, remove, cluster } = await keyed();
    const orphan = await join().then(served);
    const { acceptor } = cluster.pids;
    process.kill(acceptor as number, "SIGKILL");
    await until(() => cluster.pids.acceptor !== acceptor);
    remove();
    expect(await who(orphan, "still")).toMatchObject({ slot: "still" });
    await cluster.reload();
    expect(await failureOf(orphan)).toMatch(/going_away/);
  });
});

it("a worker that does not end a connection is ended itself, after fifteen seconds", async () => {
  const { join, remove, events, count } = await keyed({ workers: 1, program: "hostile-worker" });
  const client = await join();
  client.write(`${JSON.stringify({ do: "hang" })}\n`);
  remove();
  await until(() => count("workerEnded") === 1);
  expect(events).toContainEqual(
    expect.objectContaining({ type: "workerEnded", why: "it has not ended a connection" }),
  );
}, 30_000);
