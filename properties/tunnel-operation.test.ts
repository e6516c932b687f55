/** Why: a service is run by what its signals, its log and its numbers say, at night, by somebody else. */
import { once } from "node:events";
import { statSync } from "node:fs";
import { get, request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Built, buildCommand, type Spawned } from "./cli/spawned.ts";
import { rejection, until } from "./net/loopback.ts";
import { Load, type ServiceScene, serviceScene } from "./tunnel/service.ts";

let built: Built;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built.remove());
const scene = (action: (scene: ServiceScene) => Promise<void>) => serviceScene(() => built, action);

interface Answer {
  readonly code: number | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

function fetched(url: string, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = (method === "GET" ? get : request)(url, { method, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => {
        resolve({ code: response.statusCode, type: response.headers["content-type"], text });
      });
    });
    asking.on("error", reject).end();
  });
}

/** The text format of Prometheus, strictly: every line a comment or a series with its number, every series explained before. */
function parsed(text: string): Map<string, number> {
  const series = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split("\n").slice(0, -1)) {
    if (line === "") continue;
    const [, kind, about, rest] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? [];
    if (kind === "TYPE" && about !== undefined && rest !== undefined) types.set(about, rest);
    if (kind !== undefined) continue;
    const [, name = "", labels = "", value = ""] =
      /^(\w+)(\{(?:\w+="[^"\\\n]*",?)+\})? (\S+)$/.exec(line) ?? [];
    const family = [name, name.replace(/_(bucket|sum|count)$/, "")].find((each) => types.has(each));
    // What has not been measured yet is "Nan" to prom-client; Prometheus reads it in any case.
    const isNumber = !Number.isNaN(Number(value)) || /^nan$/i.test(value);
    if (family === undefined || !isNumber || series.has(name + labels)) {
      throw new Error(`this is no line of metrics: ${line}`);
    }
    series.set(name + labels, Number(value));
  }
  return series;
}

/** Asks until the answer is as it should be: where other processes have the connections that takes a moment. */
async function again<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The address of the metrics, once they are there. */
async function metricsOf(service: Spawned): Promise<string> {
  return (await service.said(/(http:\/\/[^\s"]+\/metrics)/))[1] as string;
}

describe("hawser serve, stopped", () => {
  it(
    "by SIGTERM: takes no more, lets those that are here end, and is over with 0 when the last has",
    scene(async (it) => {
      const service = it.serve("--grace", "20");
      const url = await service.url();
      const load = new Load(await it.join(url), 1);
      await load.goesOn();
      service.child.kill("SIGTERM");
      await service.said(/No more connections are taken; 1 open get 20 s/);
      expect(await rejection(it.join(url))).toMatchObject({ code: "ERR_HAWSER_CONNECT" });
      await load.goesOn();
      service.child.kill("SIGHUP"); // Comes too late to mean anything.
      await load.stop();
      expect(await service.exit).toEqual({ code: 0, signal: null });
      expect(service.err).not.toContain("read anew");
    }),
    30_000,
  );

  it(
    "by SIGTERM: tells those that stay longer than --grace why it ends them",
    scene(async (it) => {
      const service = it.serve("--grace", "0.3");
      const load = new Load(await it.join(await service.url()), 1);
      await load.goesOn();
      service.child.kill("SIGTERM");
      expect(await rejection(load.done)).toMatchObject({ alertName: "going_away" });
      expect(await service.exit).toEqual({ code: 0, signal: null });
    }),
    30_000,
  );

  it(
    "by SIGINT: ends by it, as shells expect",
    scene(async (it) => {
      const service = it.serve();
      await service.url();
      service.child.kill("SIGINT");
      expect(await service.exit).toEqual({ code: null, signal: "SIGINT" });
    }),
    30_000,
  );

  it.each(["SIGTERM", "SIGINT"] as const)(
    "by a second %s: ends at once",
    (signal) =>
      scene(async (it) => {
        const service = it.serve("--grace", "60");
        const load = new Load(await it.join(await service.url()), 1);
        await load.goesOn();
        service.child.kill("SIGTERM");
        await service.said(/No more connections are taken/);
        service.child.kill(signal);
        expect(await service.exit).toEqual({ code: null, signal });
        expect(await rejection(load.done)).toMatchObject({ code: "ERR_HAWSER_TRUNCATED" });
      })(),
    30_000,
  );
});

describe("metrics", () => {
  it(
    "are what Prometheus reads, count what happened, and say of nobody who it was",
    scene(async (it) => {
      it.authorize(`max="1" ${it.client.publicKey} alice`);
      const service = it.serve("--metrics", "0");
      const url = await service.url();
      const at = await metricsOf(service);
      expect(at).toMatch(/^http:\/\/127\.0\.0\.1:/);
      const before = parsed((await fetched(at)).text);
      expect(before.get("hawser_connections")).toBe(0);
      const load = new Load(await it.join(url), 1);
      await load.goesOn();
      expect(await rejection(it.join(url))).toMatchObject({ alertName: "busy" });
      const bytesIn = 'hawser_bytes_total{direction="in"}';
      const during = await again(
        async () => parsed((await fetched(at)).text),
        (series) => series.get(bytesIn) !== 0,
      );
      expect(during.get("hawser_connections")).toBe(1);
      expect(during.get(bytesIn)).toBeGreaterThan(0);
      const bytes = await load.stop();
      await service.said(/#1 alice .*is done/);
      service.child.kill("SIGHUP");
      await service.said(/read anew/);
      const { code, type, text } = await fetched(at);
      expect([code, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
      const after = parsed(text);
      expect(Object.fromEntries(after)).toMatchObject({
        hawser_connections: 0,
        hawser_connections_total: 1,
        'hawser_bytes_total{direction="in"}': bytes,
        'hawser_bytes_total{direction="out"}': bytes,
        'hawser_handshakes_total{outcome="open"}': 1,
        'hawser_alerts_total{code="busy",direction="sent"}': 1,
        'hawser_limits_reached_total{limit="connectionsPerKey"}': 1,
        'hawser_reloads_total{outcome="ok"}': 1,
        hawser_handshake_seconds_count: 1,
      });
      expect(after.get("process_resident_memory_bytes")).toBeGreaterThan(0);
      for (const part of ["alice", "hawser1", "127.0.0.1"]) expect(text).not.toContain(part);
    }),
    30_000,
  );

  it(
    "are read at one path alone, and only read",
    scene(async (it) => {
      const service = it.serve("--metrics", "[::1]:0");
      const at = await metricsOf(service);
      expect((await fetched(at, "HEAD")).code).toBe(200);
      expect((await fetched(`${at}?x=1`)).code).toBe(200);
      expect((await fetched(at.replace("/metrics", "/"))).code).toBe(404);
      expect((await fetched(at, "POST")).code).toBe(405);
    }),
    30_000,
  );

  it(
    "are not served to other machines by mistake, nor where another program listens",
    scene(async (it) => {
      const service = it.serve("--metrics", "0.0.0.0:0");
      expect((await service.exit).code).toBe(2);
      expect(service.err).toContain("--metrics-public");
      const open = it.serve("--metrics", "0.0.0.0:0", "--metrics-public");
      expect((await fetched((await metricsOf(open)).replace("0.0.0.0", "127.0.0.1"))).code).toBe(200);
      const taken = createServer();
      await once(taken.listen(0, "127.0.0.1"), "listening");
      const { port } = taken.address() as { port: number };
      const late = it.serve("--metrics", String(port));
      expect((await late.exit).code).toBe(4);
      expect(late.err).toContain("EADDRINUSE");
      taken.close();
    }),
    30_000,
  );
});

describe("hawser status", () => {
  it(
    "tells of a server and of a client how they do, by the names of keys",
    scene(async (it) => {
      const [at, there] = [join(it.folder, "s"), join(it.folder, "c")];
      const service = it.serve("--status", at);
      const url = await service.url();
      const load = new Load(await it.join(url), 1);
      await load.goesOn();
      const page = await again(
        async () => {
          const { out, code } = await it.asked("status", "--json", at);
          expect(code).toBe(0);
          return JSON.parse(out);
        },
        ({ connections }) => connections[0].bytesIn !== 0,
      );
      expect(page).toMatchObject({
        role: "serve",
        state: "running",
        url,
        connectionsTotal: 1,
        handshakes: { open: 1 },
        failures: {},
        connections: [{ connection: 1, key: "alice", backend: `127.0.0.1:${it.backend}` }],
      });
      expect(page.connections[0].bytesIn).toBeGreaterThan(0);
      expect(page.uptime).toBeLessThan(30);
      const words = (await it.asked("status", `unix:${at}`)).out;
      expect(words).toMatch(/^connections +1 open, 1 in all$/m);
      expect(words).toMatch(/^last reload +none$/m);
      expect(words).toMatch(
        /^ {2}#1 alice \(127\.0\.0\.1:\d+\) to 127\.0\.0\.1:\d+, \d+ s, \d+ bytes in, \d+ out$/m,
      );
      const forward = it.run([
        "forward",
        "--key",
        it.client.file,
        "--listen",
        "127.0.0.1:0",
        "--status",
        there,
        url,
      ]);
      await forward.said(/Listening/);
      expect(JSON.parse((await it.asked("status", "--json", there)).out)).toMatchObject({ role: "forward" });
      await load.stop();
      service.child.kill("SIGTERM");
      await service.exit;
      expect((await it.asked("status", at)).code).toBe(4);
    }),
    30_000,
  );

  it(
    "is its owner's alone to ask for, and takes the socket of a service that died, and of no other",
    scene(async (it) => {
      const at = join(it.folder, "s");
      const first = it.serve("--status", at);
      await first.url();
      await until(() => statSync(at, { throwIfNoEntry: false }) !== undefined);
      expect(statSync(at).mode & 0o777).toBe(0o600);
      const second = it.serve("--status", at);
      expect((await second.exit).code).toBe(4);
      expect(second).toMatchObject({ out: "", err: expect.stringContaining("EADDRINUSE") });
      first.child.kill("SIGKILL");
      await first.exit;
      expect((await it.asked("status", at)).err).toContain("ECONNREFUSED");
      const third = it.serve("--status", at);
      await third.url();
      await until(() => third.err !== "" && statSync(at).isSocket());
      let answer = await it.asked("status", at);
      while (answer.code !== 0) answer = await it.asked("status", at);
      expect(answer.out).toContain("running");
    }),
    60_000,
  );

  it(
    "says what is wrong where nobody answers",
    scene(async (it) => {
      const missing = await it.asked("status", join(it.folder, "nothing"));
      expect(missing).toMatchObject({ code: 4, out: "" });
      expect(missing.err).toMatch(/there is no such socket \(ENOENT\).*\(ERR_HAWSER_STATUS\)/);
      const other = createServer((socket) => socket.end("hello\n"));
      await once(other.listen(join(it.folder, "other")), "listening");
      expect((await it.asked("status", join(it.folder, "other"))).err).toContain(
        "is no hawser serve or forward",
      );
      other.close();
    }),
    30_000,
  );
});

describe("the log of a service", () => {
  it(
    "is JSON for programs, with levels, codes and the names of keys, and has no secret in it",
    scene(async (it) => {
      const service = it.serve("--log-format", "json", "--log-level", "debug", "--metrics", "0");
      await service.said(/"listening"/);
      const log = () =>
        service.err
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line));
      const { url } = log().find(({ event }) => event === "listening");
      const load = new Load(await it.join(url), 1);
      await load.stop();
      expect(await rejection(it.join(url, it.server))).toMatchObject({ alertName: "not_authorized" });
      await service.said(/"not_let_in"/);
      it.authorize(`HAWSER-SECRET-KEY-1 ${it.client.publicKey}`);
      service.child.kill("SIGHUP");
      await service.said(/"reload_failed"/);
      service.child.kill("SIGTERM");
      await service.exit;
      await until(() => service.err.includes('"stopped"'));
      const entries = log();
      expect(entries.find(({ event }) => event === "connected")).toMatchObject({
        level: "info",
        key: "alice",
      });
      expect(entries.find(({ event }) => event === "closed")).toMatchObject({ key: "alice", connection: 1 });
      expect(entries.find(({ event }) => event === "not_let_in")).toMatchObject({
        level: "warn",
        code: "ERR_HAWSER_DENIED",
        publicKey: it.server.publicKey,
      });
      expect(entries.find(({ event }) => event === "reload_failed")).toMatchObject({
        level: "error",
        code: "ERR_HAWSER_KEY_SECRET",
      });
      expect(entries.some(({ level }) => level === "debug")).toBe(true);
      expect(it.shows(it.server, it.client)).toBe(false);
    }),
    30_000,
  );

  it(
    "says less where less is wanted",
    scene(async (it) => {
      const service = it.serve(
        "--log-level",
        "error",
        "--metrics",
        "127.0.0.1:0",
        "--status",
        join(it.folder, "s"),
      );
      let answer = await it.asked("status", "--json", join(it.folder, "s"));
      while (answer.code !== 0) answer = await it.asked("status", "--json", join(it.folder, "s"));
      (await it.join(JSON.parse(answer.out).url)).destroy();
      service.child.kill("SIGTERM");
      expect((await service.exit).code).toBe(0);
      expect(service.err).toBe("");
    }),
    30_000,
  );
});
