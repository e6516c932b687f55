/** Why: a large file, whole or told to be not; and many small requests. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, installed, type Program, until } from "./children.ts";
import { seededStream } from "./seeded-bytes.ts";
import { brokenChannel, openScene, type Scene, type Tunnel } from "./tunnel.ts";

const mebibyte = 2 ** 20;
/** The download's size in MiB; 1024 is the whole of it. */
const size = Number(process.env["HAWSER_PROGRAMS_MIB"] ?? 256) * mebibyte;
/** What breaks off is a slower one, in bytes a second, of this size. */
const rate = 16_000_000;
/** More than the buffers of all sockets on the way hold, or it would have come whole before anything is killed. */
const brokenSize = 64 * mebibyte;
const small = "x".repeat(20_000);
/** Of curl: the peer ended it early, sending failed, receiving failed; and, of a new connection, no answer at all. */
const brokenOff = [18, 52, 55, 56];

let scene: Scene;
let close: (() => Promise<void>) | undefined;
let tunnel: Tunnel;
let server: Program;
let backend: number;
let folder: string;
let hashes: { readonly large: string; readonly medium: string };

async function startServer(): Promise<void> {
  server = scene.children.start(
    installed("nginx"),
    ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"],
    {
      stop: "SIGQUIT",
    },
  );
  await until("nginx is ready", async () => (await get("small", ["-o", "/dev/null"], backend).ended()) === 0);
}

/** curl, for a file. */
function get(name: string, words: readonly string[], port = tunnel.port): Program {
  return scene.children.start(installed("curl"), ["-sS", ...words, `http://127.0.0.1:${port}/${name}`]);
}

/** Makes a file that looks like noise, and hashes it on the way. */
async function makeFile(file: string, bytes: number, seed: number): Promise<string> {
  const hash = createHash("sha256");
  const next = seededStream(seed);
  const pieces = function* () {
    for (let left = bytes; left > 0; left -= mebibyte) {
      const piece = next(Math.min(left, mebibyte));
      hash.update(piece);
      yield piece;
    }
  };
  await pipeline(Readable.from(pieces()), createWriteStream(file));
  return hash.digest("hex");
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** A download that is slow enough to be broken off in its middle. */
async function startDownload(file: string): Promise<Program> {
  const download = get("medium", ["--limit-rate", String(rate), "-o", file]);
  await until("some of it has come", () => existsSync(file) && statSync(file).size > mebibyte);
  return download;
}

/** What came is how the file begins, and the rest can be fetched. */
async function resumes(file: string): Promise<void> {
  expect(statSync(file).size).toBeLessThan(brokenSize);
  await get("medium", ["-C", "-", "-o", file]).done(60_000);
  expect(await sha256(file)).toBe(hashes.medium);
}

beforeAll(async () => {
  [scene, close] = await openScene();
  folder = join(scene.folder, "nginx");
  mkdirSync(join(folder, "files"), { recursive: true });
  backend = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join("\n");
  const settings = `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
    events {}
    http {
      access_log off; sendfile on; ${temporary}
      server { listen 127.0.0.1:${backend}; root ${folder}/files; }
    }`;
  writeFileSync(join(folder, "nginx.conf"), settings);
  writeFileSync(join(folder, "files", "small"), small);
  hashes = {
    large: await makeFile(join(folder, "files", "large"), size, 3),
    medium: await makeFile(join(folder, "files", "medium"), brokenSize, 4),
  };
  tunnel = await scene.tunnel(`127.0.0.1:${backend}`);
  await startServer();
});
afterAll(() => close?.());

describe("nginx behind a tunnel", () => {
  it(`gives out ${size / mebibyte} MiB as they are, while both ends read their keys anew`, async () => {
    const file = join(scene.folder, "large");
    const download = get("large", ["-o", file, "-w", "%{size_download} %{speed_download}"]);
    await until("some of it has come", () => existsSync(file) && statSync(file).size > mebibyte);
    await tunnel.reload();
    const [bytes, speed] = (await download.done(230_000)).split(" ").map(Number);
    expect(bytes).toBe(size);
    expect(await sha256(file)).toBe(hashes.large);
    console.log(`${size / mebibyte} MiB by curl: ${Math.round((speed as number) / 1e6)} MB/s`);
    await tunnel.drained();
    expect([...tunnel.serve.failures, ...tunnel.forward.failures]).toEqual([]);
  });

  it("answers many requests, in connections of their own and in few, while both ends read their keys anew", async () => {
    const config = join(scene.folder, "requests");
    const url = `url = "http://127.0.0.1:${tunnel.port}/small"\n`;
    writeFileSync(config, url.repeat(300));
    const each = ["-sS", "-Z", "--parallel-max", "10", "-K", config];
    const lanes = [each, [...each, "-H", "Connection: close"]].map((words) =>
      scene.children.start(installed("curl"), words),
    );
    await tunnel.reload();
    await tunnel.reload();
    for (const lane of lanes) expect(await lane.done(60_000)).toBe(small.repeat(300));
    await tunnel.drained();
    expect([...tunnel.serve.failures, ...tunnel.forward.failures]).toEqual([]);
  });

  it("leaves how a file begins when it is killed, and the rest to be fetched when it is back", async () => {
    const file = join(scene.folder, "backend-killed");
    const download = await startDownload(file);
    await server.kill();
    expect(brokenOff).toContain(await download.ended());
    const refused = get("small", []);
    expect(brokenOff).toContain(await refused.ended());
    expect(await tunnel.serve.said("backend_failed")).toMatchObject({
      code: "ERR_HAWSER_TUNNEL_UNREACHABLE",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    await until("the near end says why", () => tunnel.forward.failures.includes("ERR_HAWSER_ALERT_RECEIVED"));
    await tunnel.drained();
    await startServer();
    await resumes(file);
  });

  it.each(["serve", "forward"] as const)(
    "leaves how a file begins when %s is killed, and the rest to be fetched when that is back",
    async (end) => {
      const file = join(scene.folder, `${end}-killed`);
      const download = await startDownload(file);
      const other = end === "serve" ? "forward" : "serve";
      const failures = tunnel[other].failures.length;
      await tunnel[end].program.kill();
      expect(brokenOff).toContain(await download.ended());
      await until(`${other} says why`, () => tunnel[other].failures.length > failures);
      for (const code of tunnel[other].failures.slice(failures)) expect(code).toBe(brokenChannel);
      await tunnel.restart(end);
      await resumes(file);
      await tunnel.drained();
    },
  );
});
