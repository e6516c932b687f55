/** Why: many small answers in a row, in pipelines; and a client that counts what it was told. */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, giveTo, installed, type Program, until } from "./children.ts";
import { seededBytes } from "./seeded-bytes.ts";
import { brokenChannel, openScene, type Scene, type Tunnel } from "./tunnel.ts";

const requests = Number(process.env["HAWSER_PROGRAMS_REQUESTS"] ?? 40_000);

let scene: Scene;
let close: (() => Promise<void>) | undefined;
let tunnel: Tunnel;
let server: Program;
let backend: number;
let folder: string;

/** Writes down every change before it is answered. */
async function startServer(): Promise<void> {
  const words = ["--bind", "127.0.0.1", "--port", String(backend), "--dir", folder];
  server = scene.children.start(
    installed("redis-server"),
    [...words, "--save", "", "--appendonly", "yes", "--daemonize", "no"],
    { user: "redis", stop: "SIGTERM" },
  );
  const isReady = async () => (await cli(["ping"], backend).ended(60_000)) === 0;
  await until("Redis is ready", isReady, 60_000);
}

function cli(words: readonly string[], port = tunnel.port): Program {
  return scene.children.start(installed("redis-cli"), [
    "-e",
    "-h",
    "127.0.0.1",
    "-p",
    String(port),
    ...words,
  ]);
}

async function answer(...words: string[]): Promise<string> {
  return (await cli(words).done()).trim();
}

/** A client on one connection, which counts up as long as it is answered. */
class Counter {
  readonly program: Program;
  readonly #key: string;
  #seen = 0;
  #isStopped = false;

  constructor(key: string) {
    this.#key = key;
    this.program = cli([]);
    this.program.stdout.on("data", () => {
      const { answers } = this;
      if (answers.length <= this.#seen || this.#isStopped) return;
      this.#seen = answers.length;
      this.#ask();
    });
    this.#ask();
  }

  /** What the key was, answer by answer. */
  get answers(): number[] {
    const lines = this.program.out.split("\n").slice(0, -1);
    return lines.filter((line) => /^\d+$/.test(line)).map(Number);
  }

  async goesOn(): Promise<void> {
    const { length } = this.answers;
    await until("the counter goes on", () => this.answers.length > length + 10);
  }

  /** Ends, with all that was asked answered. */
  async stop(): Promise<number[]> {
    this.#isStopped = true;
    this.program.stdin.end();
    await this.program.done();
    return this.answers;
  }

  /** It was told that its connection is gone. */
  async toldOfTheEnd(): Promise<void> {
    const said = () => /Server closed the connection|Connection reset|Could not connect/.test(this.#output);
    await until(`redis-cli says so: ${this.#output.slice(-500)}`, said);
    this.#isStopped = true;
  }

  get #output(): string {
    return this.program.out + this.program.err;
  }

  #ask(): void {
    this.program.stdin.write(`INCR ${this.#key}\n`);
  }
}

/** Each number once, in turn: nothing was lost, repeated or told twice. */
function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

beforeAll(async () => {
  [scene, close] = await openScene();
  folder = join(scene.folder, "redis");
  mkdirSync(folder);
  giveTo("redis", folder);
  backend = await freePort();
  tunnel = await scene.tunnel(`127.0.0.1:${backend}`);
  await startServer();
});
afterAll(() => close?.());

describe("Redis behind a tunnel", () => {
  it("keeps a large value as it is", async () => {
    const value = seededBytes(12_000_000, 2).toString("base64");
    const set = cli(["-x", "set", "large"]);
    set.stdin.end(value);
    expect((await set.done()).trim()).toBe("OK");
    expect(await answer("get", "large")).toBe(value);
  });

  it("loses no request of redis-benchmark and of redis-cli when both ends read their keys anew", async () => {
    const counter = new Counter("while-reloading");
    const words = ["-h", "127.0.0.1", "-p", String(tunnel.port), "-q", "-n", String(requests)];
    const load = scene.children.start(installed("redis-benchmark"), [
      ...[...words, "-c", "20", "-P", "4", "-t", "set,get,incr,lpush,mset"],
    ]);
    for (let times = 0; times < 5; times++) {
      await counter.goesOn();
      await tunnel.reload();
    }
    const out = await load.done(120_000);
    expect(out.match(/requests per second/g)).toHaveLength(5);
    expect(await answer("get", "counter:__rand_int__")).toBe(String(requests));
    expect(await answer("llen", "mylist")).toBe(String(requests));
    const answers = await counter.stop();
    expect(answers).toEqual(upTo(answers.length));
    expect(await answer("get", "while-reloading")).toBe(String(answers.length));
    await tunnel.drained();
    expect([...tunnel.serve.failures, ...tunnel.forward.failures]).toEqual([]);
  });

  it("is told to be gone at once when it is killed, and has what it answered when it is back", async () => {
    const counter = new Counter("killed");
    await counter.goesOn();
    await server.kill();
    await counter.toldOfTheEnd();
    const refused = cli(["ping"]);
    expect(await refused.ended()).not.toBe(0);
    expect(await tunnel.serve.said("backend_failed")).toMatchObject({
      code: "ERR_HAWSER_TUNNEL_UNREACHABLE",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    await until("the near end says why", () => tunnel.forward.failures.includes("ERR_HAWSER_ALERT_RECEIVED"));
    await counter.program.kill();
    await tunnel.drained();
    await startServer();
    const told = counter.answers;
    expect(told).toEqual(upTo(told.length));
    const kept = Number(await answer("get", "killed"));
    expect([told.length, told.length + 1]).toContain(kept);
  });

  it.each(["serve", "forward"] as const)(
    "has what it answered when %s is killed, and its client goes on by itself when that is back",
    async (end) => {
      const key = randomUUID();
      const counter = new Counter(key);
      await counter.goesOn();
      const other = end === "serve" ? "forward" : "serve";
      const failures = tunnel[other].failures.length;
      await tunnel[end].program.kill();
      await counter.toldOfTheEnd();
      await until(`${other} says why`, () => tunnel[other].failures.length > failures);
      for (const code of tunnel[other].failures.slice(failures)) expect(code).toBe(brokenChannel);
      await tunnel.restart(end);
      const told = counter.answers.length;
      const kept = Number(await answer("get", key));
      expect([told, told + 1]).toContain(kept);
      counter.program.stdin.write(`INCR ${key}\n`);
      await until("redis-cli has connected anew", () => counter.answers.at(-1) === kept + 1);
      await counter.program.kill();
      await tunnel.drained();
    },
  );
});
