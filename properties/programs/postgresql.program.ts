/** Why: a database's clients believe in what they were told is committed, whatever breaks on the way. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, giveTo, ofPostgresql, type Program, until } from "./children.ts";
import { seededBytes } from "./seeded-bytes.ts";
import { brokenChannel, openScene, type Scene, type Tunnel } from "./tunnel.ts";

/** How long `pgbench` runs, in seconds, and with how many connections. */
const seconds = Number(process.env["HAWSER_PROGRAMS_SECONDS"] ?? 4);
const clients = 4;
/** What a client of PostgreSQL says of a connection that broke off. */
const brokenOff =
  /server closed the connection unexpectedly|Connection reset by peer|perhaps the backend died/;

let scene: Scene;
let close: (() => Promise<void>) | undefined;
let tunnel: Tunnel;
let server: Program;
let data: string;
let socketPort: number;

/** The database, at a unix socket alone. */
async function startServer(): Promise<void> {
  const settings = [
    "listen_addresses=",
    `unix_socket_directories=${data}`,
    "fsync=off",
    "max_connections=30",
  ];
  const words = [
    "-D",
    join(data, "cluster"),
    "-p",
    String(socketPort),
    ...settings.flatMap((each) => ["-c", each]),
  ];
  server = scene.children.start(ofPostgresql("postgres"), words, { user: "postgres", stop: "SIGINT" });
  await until(
    "PostgreSQL is ready",
    async () => (await psqlExit("select 1", data, socketPort)) === 0,
    60_000,
  );
}

function client(name: string, args: readonly string[], host = "127.0.0.1", port = tunnel.port): Program {
  const env = { PGHOST: host, PGPORT: String(port), PGUSER: "postgres", PGDATABASE: "postgres" };
  return scene.children.start(ofPostgresql(name), args, { env, cwd: scene.folder });
}

function psql(sql: string, ...more: string[]): Program {
  return client("psql", ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", ...more, "-c", sql]);
}

function psqlExit(sql: string, host: string, port: number): Promise<number> {
  return client("psql", ["-X", "-A", "-t", "-c", sql], host, port).ended(60_000);
}

async function answer(sql: string): Promise<string> {
  return (await psql(sql).done()).trim();
}

/** A load that goes on: transactions that change four tables each. Resolves once some are through. */
async function startLoad(duration: number): Promise<Program> {
  const before = Number(await answer("select count(*) from pgbench_history"));
  const load = client("pgbench", ["-n", "-c", String(clients), "-j", "2", "-T", String(duration)]);
  const goesOn = async () => Number(await answer("select count(*) from pgbench_history")) > before + clients;
  await until("transactions go through", goesOn, 60_000);
  return load;
}

/** Transactions that the clients were told are committed. */
function processed(load: Program): number {
  return Number(/number of transactions actually processed: (\d+)/.exec(load.out)?.[1]);
}

async function history(): Promise<number> {
  return Number(await answer("select count(*) from pgbench_history"));
}

beforeAll(async () => {
  [scene, close] = await openScene();
  data = join(scene.folder, "postgresql");
  mkdirSync(data);
  giveTo("postgres", data);
  const words = [
    "-D",
    join(data, "cluster"),
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C.UTF-8",
  ];
  const made = scene.children.start(ofPostgresql("initdb"), [...words, "--no-sync"], { user: "postgres" });
  await made.done(100_000);
  socketPort = await freePort();
  tunnel = await scene.tunnel(`unix:${join(data, `.s.PGSQL.${socketPort}`)}`);
  await startServer();
  await client("pgbench", ["-i", "-q", "-s", "1"]).done(60_000);
});
afterAll(() => close?.());

describe("PostgreSQL behind a tunnel", () => {
  it("takes in a table by psql, and gives it out as it was", async () => {
    const rows = seededBytes(3_000_000, 1)
      .toString("hex")
      .replace(/.{100}/g, "$&\n");
    const text = rows.endsWith("\n") ? rows : `${rows}\n`;
    const [file, copy] = [join(scene.folder, "rows"), join(scene.folder, "rows.copy")];
    writeFileSync(file, text);
    await answer("create table rows (number serial, word text)");
    await psql(`\\copy rows (word) from '${file}'`).done();
    await psql(`\\copy (select word from rows order by number) to '${copy}'`).done();
    expect(sha256(readFileSync(copy))).toBe(sha256(Buffer.from(text)));
  });

  it("loses no transaction of pgbench when both ends read their keys anew", async () => {
    const before = await history();
    const load = await startLoad(seconds);
    await tunnel.reload();
    await pause(500);
    await tunnel.reload();
    await load.done(seconds * 1_000 + 60_000);
    expect(load.out).toMatch(/number of failed transactions: 0 /);
    expect(await history()).toBe(before + processed(load));
    await tunnel.drained();
    expect([...tunnel.serve.failures, ...tunnel.forward.failures]).toEqual([]);
  });

  it("is told to be gone at once when it is killed, keeps what was committed, and is found again", async () => {
    const before = await history();
    const load = await startLoad(60);
    await server.kill();
    expect(await load.ended()).not.toBe(0);
    expect(load.err).toMatch(brokenOff);
    await tunnel.drained();
    const refused = psql("select 1");
    expect(await refused.ended()).toBe(2);
    expect(refused.err).toMatch(brokenOff);
    expect(await tunnel.serve.said("backend_failed")).toMatchObject({
      code: "ERR_HAWSER_TUNNEL_UNREACHABLE",
      message: expect.stringMatching(/ECONNREFUSED|ENOENT/),
    });
    await until("both ends say why", () => tunnel.forward.failures.includes("ERR_HAWSER_ALERT_RECEIVED"));
    await startServer();
    const told = processed(load);
    const kept = await history();
    expect(kept).toBeGreaterThanOrEqual(before + told);
    expect(kept).toBeLessThanOrEqual(before + told + clients);
  });

  it.each(["serve", "forward"] as const)(
    "keeps what was committed when %s is killed, and is reached again when that is back",
    async (end) => {
      const before = await history();
      const load = await startLoad(60);
      const other = end === "serve" ? "forward" : "serve";
      const failures = tunnel[other].failures.length;
      const lasting = tunnel[other].open;
      expect(lasting).toBeGreaterThanOrEqual(clients);
      await tunnel[end].program.kill();
      expect(await load.ended()).not.toBe(0);
      expect(load.err).toMatch(brokenOff);
      await until(`${other} says of all ${lasting} why`, () => tunnel[other].open === 0);
      const codes = tunnel[other].failures.slice(failures);
      expect(codes.length).toBeGreaterThanOrEqual(clients);
      for (const code of codes) expect(code).toBe(brokenChannel);
      if (end === "serve") {
        const lost = psql("select 1");
        expect(await lost.ended()).toBe(2);
        expect(await tunnel.forward.said("connect_failed")).toMatchObject({ code: "ERR_HAWSER_CONNECT" });
      }
      await tunnel.restart(end);
      const sessions = "select count(*) from pg_stat_activity where application_name = 'pgbench'";
      await until("no session is left", async () => (await answer(sessions)) === "0");
      const told = processed(load);
      const kept = await history();
      expect(kept).toBeGreaterThanOrEqual(before + told);
      expect(kept).toBeLessThanOrEqual(before + told + clients);
      const more = await startLoad(1);
      await more.done(60_000);
      expect(more.out).toMatch(/number of failed transactions: 0 /);
    },
  );
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
