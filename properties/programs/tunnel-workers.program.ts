/**
 * Why: with --workers the tunnel is several processes, of which any may end, come anew, or be asked for by limits that hold for
 * all; whoever uses it is to notice nothing of that, but where a worker's own connections end with it.
 *
 * What one process has to do is asked of several by the suites of the tunnel's operation, with HAWSER_WORKERS=2.
 */
import { chmodSync, cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OwnKey, ownKey } from "../cli/in-process.ts";
import { type Built, buildCommand, type Spawned, spawnProgram } from "../cli/spawned.ts";
import { hasOtherUsers, isOpenToAll } from "../cluster/other-users.ts";
import { rejection, until } from "../net/loopback.ts";
import { Load, type ServiceScene, serviceScene } from "../tunnel/service.ts";

let built: Built;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built.remove());
const scene = (action: (scene: ServiceScene) => Promise<void>) => serviceScene(() => built, action);
const isRoot = process.getuid?.() === 0;

/** The processes that a service has started, by their programs. */
function processesOf({ child }: Spawned): { acceptors: number[]; workers: number[] } {
  const found = { acceptors: [] as number[], workers: [] as number[] };
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      if (!new RegExp(`\\) [A-Z] ${child.pid} `).test(readFileSync(`/proc/${name}/stat`, "utf8"))) continue;
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8");
      if (words.includes("serve-acceptor.js")) found.acceptors.push(Number(name));
      if (words.includes("serve-worker.js")) found.workers.push(Number(name));
    } catch {
      // It is over.
    }
  }
  return found;
}

const reloaded = async (service: Spawned, times = 1) => {
  service.child.kill("SIGHUP");
  await service.said(new RegExp(`(?:read anew[\\s\\S]*){${times}}`));
};
const loads = (it: ServiceScene, url: string, count: number, key?: OwnKey) =>
  Promise.all(Array.from({ length: count }, async (_, i) => new Load(await it.join(url, key), i)));

/** Words, the exit code, and a part of what is said. */
type Mistake = [words: string[], code: number, why: string];

/** What `hawser status --json` says. */
async function pageOf(it: ServiceScene, path: string) {
  return JSON.parse((await it.asked("status", "--json", path)).out);
}

describe.runIf(process.platform === "linux")("hawser serve --workers", () => {
  it(
    "serves from several processes, and logs and counts as one does",
    scene(async (it) => {
      const at = join(it.folder, "status");
      const service = it.serve("--workers", "3", "--json", "--status", at);
      const log = () =>
        service.err
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line));
      const url = (await service.said(/(hawser:\/\/[^"]+)"/))[1] as string;
      const all = await loads(it, url, 6);
      for (const load of all) await load.goesOn();
      expect(processesOf(service)).toMatchObject({ acceptors: [expect.anything()], workers: { length: 3 } });
      for (const pid of processesOf(service).workers) {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
        expect(words.find((word) => word.endsWith("permission"))).toBeDefined();
        const readable = words.flatMap((word) => /^--allow-fs-read=(.*)$/.exec(word)?.[1] ?? []);
        expect(readable.filter((path) => !/\/(dist|package\.json|node_modules\/.+)$/.test(path))).toEqual([]);
        expect(words.some((word) => word.includes(it.folder))).toBe(false);
      }
      let page = await pageOf(it, at);
      while (page.connections.some(({ bytesIn }: { bytesIn: number }) => bytesIn === 0))
        page = await pageOf(it, at);
      expect(page.connections).toHaveLength(6);
      expect(page).toMatchObject({ pid: service.child.pid, connectionsTotal: 6, handshakes: { open: 6 } });
      const bytes = await Promise.all(all.map((load) => load.stop()));
      await until(() => log().filter(({ event }) => event === "closed").length === 6);
      const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
      const closed = log().filter(({ event }) => event === "closed");
      expect(sorted(closed.map(({ bytesIn }) => bytesIn))).toEqual(sorted(bytes));
      expect(sorted(closed.map(({ bytesOut }) => bytesOut))).toEqual(sorted(bytes));
      expect(closed[0]).toEqual({
        ...{ level: "info", time: expect.any(String), event: "closed", message: expect.any(String) },
        ...{
          connection: expect.any(Number),
          key: "alice",
          address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        },
        ...{ backend: `127.0.0.1:${it.backend}`, bytesIn: expect.any(Number), bytesOut: expect.any(Number) },
        milliseconds: expect.any(Number),
      });
      expect(new Set(closed.map(({ connection }) => connection))).toEqual(new Set([1, 2, 3, 4, 5, 6]));
      expect(log()[0]).toMatchObject({ event: "listening", url });
      expect(log().filter(({ event }) => event === "same_user")).toHaveLength(1);
      expect(it.shows(it.server, it.client)).toBe(false);
    }),
    60_000,
  );

  it(
    "leads to unix sockets and to the service of the key, and refuses keys from elsewhere",
    scene(async (it) => {
      const [other, far] = [await ownKey(it.folder, "other.key"), await ownKey(it.folder, "far.key")];
      it.authorize(
        `${it.client.publicKey} alice`,
        `to="unix:${join(it.folder, "nobody")}" ${other.publicKey} bob`,
        `from="192.0.2.1" ${far.publicKey} carol`,
      );
      const service = it.serve("--workers", "2", "--log-level", "debug");
      const url = await service.url();
      const load = new Load(await it.join(url), 1);
      await load.goesOn();
      const lost = (await it.join(url, other)).resume();
      await until(() => lost.closed);
      expect(lost.failure).toMatchObject({
        alertName: "unreachable",
        words: "the service behind this tunnel: its socket is not there (ENOENT)",
      });
      await service.said(
        /#2 \S*nobody: There is no connection to .*ENOENT.*\(ERR_HAWSER_TUNNEL_UNREACHABLE\)/,
      );
      await service.said(/#2 bob .* failed after 0 bytes in, 0 out: .*\(ERR_HAWSER_TUNNEL_UNREACHABLE\)/);
      await service.said(/Sent an alert: unreachable/);
      expect(await rejection(it.join(url, far))).toMatchObject({ alertName: "not_authorized" });
      await service.said(/was not let in.*\(ERR_HAWSER_TUNNEL_ORIGIN\)/);
      await load.stop();
    }),
    60_000,
  );

  it(
    "counts a key's connections over all workers, and over those of before a reload",
    scene(async (it) => {
      it.authorize(`max="3" ${it.client.publicKey} alice`);
      const service = it.serve("--workers", "3");
      const url = await service.url();
      const all = await loads(it, url, 3);
      expect(await rejection(it.join(url))).toMatchObject({ alertName: "busy" });
      await reloaded(service);
      expect(await rejection(it.join(url))).toMatchObject({ alertName: "busy" });
      await all[0]?.stop();
      await service.said(/is done/);
      const again = await loads(it, url, 1);
      expect(await rejection(it.join(url))).toMatchObject({ alertName: "busy" });
      for (const load of [...all.slice(1), ...again]) await load.stop();
    }),
    60_000,
  );

  it(
    "keeps --max-connections and --max-per-address over all workers, and over a reload",
    scene(async (it) => {
      const service = it.serve("--workers", "2", "--max-connections", "2");
      const url = await service.url();
      const all = await loads(it, url, 2);
      expect(await rejection(it.join(url))).toMatchObject({ alertName: "busy" });
      await reloaded(service);
      expect(await rejection(it.join(url))).toMatchObject({ alertName: "busy" });
      for (const load of all) await load.stop();
      const byAddress = it.serve("--workers", "2", "--max-per-address", "1");
      const there = await byAddress.url();
      const [load] = await loads(it, there, 1);
      expect(await rejection(it.join(there))).toMatchObject({ alertName: "busy" });
      await load?.stop();
    }),
    60_000,
  );

  it(
    "loses nothing of what streams while keys are read anew, again and again, and of who comes meanwhile nobody",
    scene(async (it) => {
      const service = it.serve("--workers", "2");
      const url = await service.url();
      const all = await loads(it, url, 8);
      let isOver = false;
      const coming = Array.from({ length: 3 }, async (_, i) => {
        let bytes = 0;
        for (; !isOver; bytes++) {
          const load = new Load(await it.join(url), i);
          await load.goesOn();
          await load.stop();
        }
        return bytes;
      });
      for (const times of [1, 2, 3]) {
        await reloaded(service, times);
        for (const load of all) await load.goesOn();
      }
      isOver = true;
      expect(Math.min(...(await Promise.all(coming)))).toBeGreaterThan(0);
      for (const load of all) await load.stop();
      expect(service.err).not.toMatch(/failed|has ended/);
      await until(
        () => processesOf(service).acceptors.length === 1 && processesOf(service).workers.length === 2,
      );
    }),
    90_000,
  );

  it(
    "keeps what was before where a reload fails, and says why as one process does",
    scene(async (it) => {
      const service = it.serve("--workers", "2");
      const load = new Load(await it.join(await service.url()), 1);
      it.authorize(`${it.client.publicKey} alice`, "mxa=1 nonsense");
      service.child.kill("SIGHUP");
      await service.said(/authorized_keys:2: .*\(ERR_HAWSER_KEY_/);
      expect(service.err).not.toContain("has ended"); // No process has that served anybody.
      await load.goesOn();
      await load.stop();
    }),
    60_000,
  );

  it(
    "ends connections of a removed key at the next SIGHUP, not before, those of older processes too",
    scene(async (it) => {
      const other = await ownKey(it.folder, "other.key");
      it.authorize(`${it.client.publicKey} alice`, `${other.publicKey} bob`);
      const service = it.serve("--workers", "2");
      const url = await service.url();
      const [oldest] = await loads(it, url, 1);
      const [stays] = await loads(it, url, 1, other);
      await reloaded(service);
      const [newer] = await loads(it, url, 1);
      it.authorize(`${other.publicKey} bob`);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await oldest?.goesOn();
      await reloaded(service, 2);
      for (const load of [oldest, newer]) {
        expect(await rejection(load?.done as Promise<number>)).toMatchObject({ alertName: "not_authorized" });
      }
      await service.said(/(?:alice .* failed .*\(ERR_HAWSER_TUNNEL_ENDED\)[\s\S]*){2}/);
      await stays?.goesOn();
      await stays?.stop();
    }),
    60_000,
  );

  it(
    "keeps connections of a key that a SIGHUP has added, though older processes do not know it",
    scene(async (it) => {
      const other = await ownKey(it.folder, "other.key");
      const service = it.serve("--workers", "2");
      const url = await service.url();
      await reloaded(service); // The first processes judge nobody else's connections; these do.
      const [old] = await loads(it, url, 1);
      it.authorize(`${it.client.publicKey} alice`, `${other.publicKey} bob`);
      await reloaded(service, 2);
      const [added] = await loads(it, url, 1, other);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      for (const load of [old, added]) await load?.goesOn();
      for (const load of [old, added]) await load?.stop();
    }),
    60_000,
  );

  it(
    "loses with a worker its own connections alone, says so, and replaces it; with an acceptor none",
    scene(async (it) => {
      const service = it.serve("--workers", "3");
      const url = await service.url();
      const all = await loads(it, url, 9);
      for (const load of all) await load.goesOn();
      const { workers, acceptors } = processesOf(service);
      process.kill(workers[1] as number, "SIGKILL");
      await service.said(/Worker \d has ended \(SIGKILL\)/);
      await service.said(/(?:failed .*\(ERR_HAWSER_TUNNEL_WORKER\)[\s\S]*){3}/);
      await until(() => processesOf(service).workers.length === 3);
      const left: Load[] = [];
      for (const load of all) {
        const isLost = await load.goesOn().then(
          () => false,
          () => true,
        );
        if (!isLost) left.push(load);
      }
      expect(left).toHaveLength(6);
      process.kill(acceptors[0] as number, "SIGKILL");
      await service.said(/The acceptor has ended \(SIGKILL\)/);
      const [late] = await loads(it, url, 1); // It waits in the backlog until there is another.
      for (const load of [...left, late]) await load?.goesOn();
      for (const load of [...left, late]) await load?.stop();
    }),
    60_000,
  );

  it(
    "drains at SIGTERM, and at SIGINT of a terminal that every process gets",
    scene(async (it) => {
      const service = it.serve("--workers", "2", "--grace", "20");
      const url = await service.url();
      const [first, second] = await loads(it, url, 2);
      await first?.goesOn();
      const { acceptors, workers } = processesOf(service);
      for (const pid of [...acceptors, ...workers]) process.kill(pid, "SIGINT");
      service.child.kill("SIGINT");
      await service.said(/No more connections are taken; 2 open get 20 s/);
      expect(await rejection(it.join(url))).toMatchObject({ code: "ERR_HAWSER_CONNECT" });
      for (const load of [first, second]) {
        await load?.goesOn();
        await load?.stop();
      }
      expect(await service.exit).toEqual({ code: null, signal: "SIGINT" });
      expect(service.err).not.toContain("failed");
    }),
    60_000,
  );

  it(
    "asks an agent for the key, which no process of its own has then",
    scene(async (it) => {
      const socket = join(it.folder, "agent.sock");
      const agent = it.run(["agent", "--key", it.server.file, "--socket", `unix:${socket}`]);
      await agent.said(/agent\.sock/);
      const service = it.serve("--workers", "2", "--key", `agent:${socket}`);
      const load = new Load(await it.join(await service.url()), 1);
      await load.goesOn();
      await load.stop();
    }),
    60_000,
  );

  it.runIf(hasOtherUsers && isOpenToAll(import.meta.dirname))(
    "gives acceptor and workers to users of their own, where root asks for it",
    scene(async (it) => {
      chmodSync(dirname(dirname(dirname(built.main))), 0o755); // As an installed package is.
      const service = it.serve("--workers", "2", "--acceptor-user", "nobody", "--worker-user", "daemon");
      const url = await service.url();
      const { acceptors, workers } = processesOf(service);
      const uidOf = (pid: number) => /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      expect(acceptors.map(uidOf)).toEqual(["65534"]);
      expect(workers.map(uidOf)).toEqual(["1", "1"]);
      const load = new Load(await it.join(url), 1);
      await load.goesOn();
      await reloaded(service); // By root again, who alone may read the key.
      await load.goesOn();
      await load.stop();
      expect(service.err).not.toContain("same user");
    }),
    60_000,
  );

  it.runIf(isRoot)(
    "says so where the acceptor alone has a user of its own, as the workers are root's then",
    scene(async (it) => {
      chmodSync(dirname(dirname(dirname(built.main))), 0o755);
      const service = it.serve("--workers", "1", "--acceptor-user", "nobody");
      await service.said(/The workers run as root.*--worker-user/);
    }),
    60_000,
  );

  it(
    "finds its own code where node_modules is a link",
    scene(async (it) => {
      const installed = join(it.folder, "installed");
      cpSync(dirname(dirname(dirname(built.main))), installed, { recursive: true });
      symlinkSync(join(import.meta.dirname, "../../node_modules"), join(installed, "node_modules"));
      const words = [...it.words("--workers", "1"), "127.0.0.1:0"];
      const service = spawnProgram(process.execPath, [join(installed, "dist/cli/main.js"), ...words]);
      try {
        const load = new Load(await it.join(await service.url()), 1);
        await load.goesOn();
        await load.stop();
      } finally {
        service.child.kill("SIGTERM");
        await service.exit;
      }
    }),
    60_000,
  );

  it.each<Mistake>([
    [["--workers", "0"], 2, "--workers takes a whole number, 1 to 1024"],
    [["--workers", "1025"], 2, "--workers takes a whole number, 1 to 1024"],
    [["--workers", "2,5"], 2, "--workers takes a whole number, 1 to 1024"],
    [["--worker-user", "daemon"], 2, "say nothing without --workers"],
    [["--workers", "1", "--key", "-"], 2, "standard input"],
    [["--workers", "1", "--key", "nowhere"], 3, "nowhere: "],
    [["--workers", "1", "--key", "agent:nowhere"], 3, "(ERR_HAWSER_AGENT_UNREACHABLE)"],
    ...((isRoot
      ? [
          [["--workers", "1", "--worker-user", "nosuchuser"], 2, "no such user"],
          [["--workers", "1", "--acceptor-user", "root"], 2, "another user than root"],
          [["--workers", "1", "--acceptor-user", "-x"], 2, "name of a user"],
        ]
      : [[["--workers", "1", "--worker-user", "daemon"], 2, "are for root"]]) as Mistake[]),
  ])("%j ends with %i, and says why", (words, code, why) =>
    scene(async (it) => {
      const service = it.serve(...words);
      expect([(await service.exit).code, service.err]).toEqual([code, expect.stringContaining(why)]);
      expect(service.err).not.toContain("    at ");
      expect(service.err).not.toContain("has ended");
    })(),
  );

  it(
    "says which file is bad, and where another program listens",
    scene(async (it) => {
      writeFileSync(it.authorizedKeys, "nonsense\n");
      const bad = it.serve("--workers", "2");
      expect((await bad.exit).code).toBe(3);
      expect(bad.err).toMatch(/authorized_keys:1: .*\(ERR_HAWSER_KEY_PREFIX\)/);
      it.authorize(`${it.client.publicKey} alice`);
      const first = it.serve("--workers", "1");
      const port = /:(\d+)$/.exec(await first.url())?.[1];
      const second = it.run([...it.words("--workers", "1"), `127.0.0.1:${port}`]);
      expect((await second.exit).code).toBe(4);
      expect(second.err).toContain("EADDRINUSE");
    }),
    60_000,
  );
});
