/** Why: a person at a keyboard notices each of a tunnel's delays, and a session lives for days. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort, installed, type Program, until } from "./children.ts";
import { seededBytes } from "./seeded-bytes.ts";
import { brokenChannel, openScene, type Scene, type Tunnel } from "./tunnel.ts";

const keystrokes = 200;

let scene: Scene;
let close: (() => Promise<void>) | undefined;
let tunnel: Tunnel;
let server: Program;
let backend: number;
let folder: string;

async function startServer(): Promise<void> {
  server = scene.children.start(
    installed("sshd", /^\/usr\/sbin\//),
    ["-D", "-e", "-f", join(folder, "sshd_config")],
    {
      stop: "SIGTERM",
    },
  );
  await until("sshd is ready", async () => (await ssh(["true"], [], backend).ended(60_000)) === 0, 60_000);
}

function ssh(command: readonly string[], words: readonly string[] = [], port = tunnel.port): Program {
  const options = ["StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "BatchMode=yes", "HostKeyAlias=sshd"];
  return scene.children.start(installed("ssh"), [
    ...["-F", "none", "-i", join(folder, "own"), "-p", String(port)],
    ...[...options, `UserKnownHostsFile=${folder}/known`].flatMap((each) => ["-o", each]),
    ...[...words, `${userInfo().username}@127.0.0.1`, ...command],
  ]);
}

/** Keys pressed one after the other in a terminal, whose echo is waited for each time: how long that took, in ms. */
async function typed(session: Program, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const before = session.out.length;
    const start = performance.now();
    const echo = new Promise<void>((resolve) => session.stdout.once("data", () => resolve()));
    const key = index % 40 === 39 ? "\n" : String.fromCharCode(97 + (index % 26));
    session.stdin.write(key);
    await Promise.race([echo, session.exit]);
    times.push(performance.now() - start);
    await until(`an echo of key ${index}: ${session.err}`, () => session.out.length > before);
  }
  return times.sort((one, other) => one - other);
}

/** A session with a terminal of its own, in which what is typed is echoed by the terminal, and a line by `cat`. */
async function openSession(port?: number): Promise<Program> {
  const session = ssh(["stty -echoctl; echo ready; exec cat"], ["-tt"], port);
  await until(`the session is there: ${session.err}`, () => session.out.includes("ready"), 60_000);
  return session;
}

function half(times: readonly number[]): string {
  return `${(times[times.length >> 1] as number).toFixed(2)} ms`;
}

beforeAll(async () => {
  [scene, close] = await openScene();
  folder = join(scene.folder, "ssh");
  mkdirSync(folder, { mode: 0o700 });
  // Debian's sshd wants this folder to be there, which the system's start makes.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  for (const name of ["host", "own"]) {
    execFileSync(installed("ssh-keygen"), ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
  }
  writeFileSync(join(folder, "authorized"), readFileSync(join(folder, "own.pub")));
  writeFileSync(join(folder, "known"), `sshd ${readFileSync(join(folder, "host.pub"), "utf8")}`);
  backend = await freePort();
  const settings = {
    ListenAddress: `127.0.0.1:${backend}`,
    HostKey: join(folder, "host"),
    AuthorizedKeysFile: join(folder, "authorized"),
    PidFile: "none",
    PermitRootLogin: "prohibit-password",
    PasswordAuthentication: "no",
    StrictModes: "no",
    UsePAM: "no",
    PrintMotd: "no",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  writeFileSync(join(folder, "sshd_config"), lines.join(""));
  tunnel = await scene.tunnel(`127.0.0.1:${backend}`);
  await startServer();
});
afterAll(() => close?.());

describe("ssh through a tunnel", () => {
  it("echoes each key, also while both ends read their keys anew", async () => {
    const [session, direct] = [await openSession(), await openSession(backend)];
    const [before, without] = [await typed(session, keystrokes), await typed(direct, keystrokes)];
    const typing = typed(session, keystrokes);
    await tunnel.reload();
    const meanwhile = await typing;
    console.log(
      `a key's echo: ${half(before)} through the tunnel, ${half(meanwhile)} with a reload, ${half(without)} without it`,
    );
    for (const each of [session, direct]) {
      each.stdin.write("\u0004\u0004"); // End of file, twice: the first may end a line.
      expect(await each.ended()).toBe(0);
    }
    await tunnel.drained();
    expect([...tunnel.serve.failures, ...tunnel.forward.failures]).toEqual([]);
  });

  it("carries a file in, and its hash out, while both ends read their keys anew", async () => {
    const bytes = seededBytes(30_000_000, 5);
    const session = ssh(["sha256sum"]);
    session.stdin.write(bytes.subarray(0, 10_000_000));
    await tunnel.reload();
    session.stdin.end(bytes.subarray(10_000_000));
    const hash = createHash("sha256").update(bytes).digest("hex");
    expect(await session.done(60_000)).toBe(`${hash}  -\n`);
  });

  it("tells of a session that is killed, and of a server that is gone, at once", async () => {
    const session = await openSession();
    await typed(session, 5);
    await server.kill();
    expect(await session.ended()).toBe(255);
    expect(session.err).toMatch(/closed by remote host|Connection reset|Broken pipe/);
    const refused = ssh(["true"]);
    expect(await refused.ended()).toBe(255);
    expect(refused.err).toMatch(/Connection reset|closed by remote host|Connection closed/);
    expect(await tunnel.serve.said("backend_failed")).toMatchObject({
      code: "ERR_HAWSER_TUNNEL_UNREACHABLE",
    });
    await until("the near end says why", () => tunnel.forward.failures.includes("ERR_HAWSER_ALERT_RECEIVED"));
    await tunnel.drained();
    await startServer();
    await ssh(["true"]).done();
  });

  it.each(["serve", "forward"] as const)(
    "tells of a session at once when %s is killed, and gets in again when that is back",
    async (end) => {
      const session = await openSession();
      await typed(session, 5);
      const other = end === "serve" ? "forward" : "serve";
      const failures = tunnel[other].failures.length;
      await tunnel[end].program.kill();
      expect(await session.ended()).toBe(255);
      expect(session.err).toMatch(/Connection reset|closed by remote host|Broken pipe/);
      await until(`${other} says why`, () => tunnel[other].failures.length > failures);
      for (const code of tunnel[other].failures.slice(failures)) expect(code).toBe(brokenChannel);
      await tunnel.restart(end);
      const again = await openSession();
      await typed(again, 5);
      again.stdin.write("\n\u0004");
      expect(await again.ended()).toBe(0);
      await tunnel.drained();
    },
  );
});
