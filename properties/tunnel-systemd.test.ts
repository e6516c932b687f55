/** Why: sockets that are passed and readiness that is told are the system's, and no stand-in for them behaves as they do. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Built, buildCommand, type Spawned } from "./cli/spawned.ts";
import { until } from "./net/loopback.ts";
import { Load, type ServiceScene, serviceScene } from "./tunnel/service.ts";

let built: Built;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built.remove());
const scene = (action: (scene: ServiceScene) => Promise<void>) => serviceScene(() => built, action);

const manager = join(import.meta.dirname, "tunnel/manager.py");
const units = join(import.meta.dirname, "../examples/systemd");

/** The command, with sockets that a parent passes. */
function passed(it: ServiceScene, sockets: readonly string[], words: readonly string[]): Spawned {
  return it.program("python3", [manager, "listen", ...sockets, "--", ...it.command, ...words]);
}

async function urlOf(service: Spawned): Promise<string> {
  return (await service.said(/^(hawser\S*)\n/m))[1] as string;
}

/** What the service manager has heard. */
async function hearing(
  it: ServiceScene,
): Promise<{ path: string; heard: () => { at: number; lines: string[] }[] }> {
  const path = join(it.folder, "notify");
  const listener = it.program("python3", [manager, "hear", path]);
  await until(() => listener.out.includes("listening"));
  const heard = () =>
    listener.out
      .split("\n")
      .slice(1, -1)
      .map((line) => JSON.parse(line));
  return { path, heard };
}

describe.runIf(process.platform === "linux")("a socket that the service manager passes", () => {
  it(
    "is served, whichever is named, and the port is known",
    scene(async (it) => {
      const words = it.words("systemd:web");
      const service = passed(it, ["admin=tcp", "web=tcp"], words);
      const url = await urlOf(service);
      const ports = [...service.err.matchAll(/^port (\d+)$/gm)].map(([, port]) => port);
      expect(url).toContain(`@127.0.0.1:${ports[1]}`);
      const load = new Load(await it.join(url), 1);
      await load.goesOn();
      await load.stop();
    }),
    30_000,
  );

  it(
    "may be a unix socket, whose path stays when the service ends",
    scene(async (it) => {
      const path = join(it.folder, "s");
      const service = passed(it, [`x=unix:${path}`], it.words("systemd:"));
      const url = await urlOf(service);
      expect(url.replace(/hawser1\w+/, "KEY")).toBe(`hawser+unix://KEY@${path}`);
      const load = new Load(await it.join(url), 1);
      await load.goesOn();
      await load.stop();
      service.child.kill("SIGTERM");
      expect((await service.exit).code).toBe(0);
      expect(readdirSync(it.folder)).toContain("s");
    }),
    30_000,
  );

  it(
    "is where local programs connect to hawser forward",
    scene(async (it) => {
      const server = it.serve();
      const words = ["forward", "--key", it.client.file, "--listen", "systemd:", await server.url()];
      const forward = passed(it, ["programs=tcp"], words);
      const [, port] = await forward.said(/Listening at 127\.0\.0\.1:(\d+)/);
      const socket = connect(Number(port), "127.0.0.1");
      socket.end("hello");
      expect(Buffer.concat(await socket.toArray()).toString()).toBe("hello");
    }),
    30_000,
  );

  it.each([
    [["x=file"], "systemd:", "is not a socket"],
    [["x=datagram"], "systemd:", "not a stream socket that is listened at"],
    [["a=tcp", "b=tcp"], "systemd:", "several sockets were passed (a, b)"],
    [["a=tcp"], "systemd:b", "there are: a"],
  ])("%j is refused for %s, with words", (sockets, address, words) =>
    scene(async (it) => {
      const service = passed(it, sockets, it.words(address));
      expect((await service.exit).code).toBe(4);
      expect(service.err).toContain(words);
      expect(service.err).toContain("(ERR_HAWSER_LISTEN)");
    })(),
  );

  it(
    "is not there without a service manager, nor for another process than the one that was started",
    scene(async (it) => {
      const alone = it.run(it.words("systemd:"));
      expect((await alone.exit).code).toBe(4);
      expect(alone.err).toContain("no socket was passed");
      const [node = "", main = ""] = it.command;
      const words = ["-c", '"$@"; exit $?', "sh", node, main, ...it.words("systemd:")];
      const under = it.program("python3", [manager, "listen", "x=tcp", "--", "sh", ...words]);
      expect((await under.exit).code).toBe(4);
      expect(under.err).toContain("another process");
    }),
    30_000,
  );

  it(
    "comes from systemd's own tool: the first client waits until the service is there",
    scene(async (it) => {
      const probe = createServer().listen(0, "127.0.0.1");
      await once(probe, "listening");
      const { port } = probe.address() as { port: number };
      await new Promise((done) => probe.close(done));
      const words = ["-l", `127.0.0.1:${port}`, "--fdname=web", ...it.command, ...it.words("systemd:web")];
      const service = it.program("systemd-socket-activate", words);
      await service.said(/Listening on/);
      const key = it.server.publicKey;
      const load = new Load(await it.join(`hawser://${key}@127.0.0.1:${port}`), 1);
      await load.goesOn();
      await load.stop();
    }),
    30_000,
  );
});

describe.runIf(process.platform === "linux")("what the service manager is told", () => {
  it(
    "is when clients can come, when keys are read anew, and when it ends",
    scene(async (it) => {
      const { path, heard } = await hearing(it);
      const service = it.run([...it.words("--grace", "20"), "127.0.0.1:0"], { NOTIFY_SOCKET: path });
      await until(() => heard().length === 1);
      const url = await service.url();
      expect(heard()[0]?.lines).toEqual(["READY=1", `STATUS=Listening: ${url}`]);
      const load = new Load(await it.join(url), 1);
      await load.goesOn();
      service.child.kill("SIGHUP");
      await until(() => heard().length === 3);
      const [, reloading, ready] = heard();
      expect(reloading?.lines[0]).toBe("RELOADING=1");
      const microseconds = Number(/^MONOTONIC_USEC=(\d+)$/.exec(reloading?.lines[1] ?? "")?.[1]);
      expect((reloading?.at ?? 0) - microseconds).toBeGreaterThanOrEqual(0);
      expect((reloading?.at ?? 0) - microseconds).toBeLessThan(10_000_000);
      expect(ready?.lines[0]).toBe("READY=1");
      it.authorize("nonsense");
      service.child.kill("SIGHUP");
      await until(() => heard().length === 5);
      expect(heard()[4]?.lines).toEqual([
        "READY=1",
        expect.stringMatching(/^STATUS=.*the last reload failed.*: ERR_HAWSER_KEY_PREFIX\)$/),
      ]);
      service.child.kill("SIGTERM");
      await until(() => heard().length === 6);
      expect(heard()[5]?.lines).toEqual(["STOPPING=1", "STATUS=Stopping: 1 connections have 20 s to end."]);
      await load.stop();
      expect((await service.exit).code).toBe(0);
    }),
    60_000,
  );

  it(
    "is nothing where it did not ask, and where it can't be told the service runs all the same",
    scene(async (it) => {
      const nowhere = it.run([...it.words(), "127.0.0.1:0"], { NOTIFY_SOCKET: join(it.folder, "nobody") });
      const url = await nowhere.url();
      await nowhere.said(/The service manager could not be told/);
      (await it.join(url)).destroy();
      const without = it.run([...it.words(), "127.0.0.1:0"], {
        NOTIFY_SOCKET: join(it.folder, "nobody"),
        PATH: it.folder,
      });
      await without.said(/there is no systemd-notify/);
      (await it.join(await without.url())).destroy();
      const unasked = it.run([...it.words(), "127.0.0.1:0"], { NOTIFY_SOCKET: "", PATH: it.folder });
      (await it.join(await unasked.url())).destroy();
      unasked.child.kill("SIGTERM");
      expect((await unasked.exit).code).toBe(0);
      expect(unasked.err).not.toContain("systemd-notify");
    }),
    30_000,
  );
});

describe.runIf(process.platform === "linux")("the units in examples/systemd", () => {
  /** The units, naming a program that is there, in a folder of their own. */
  function copied(action: (paths: string[]) => void): void {
    const folder = mkdtempSync(join(tmpdir(), "hawser-units-"));
    try {
      const paths = readdirSync(units).map((name) => {
        const text = readFileSync(join(units, name), "utf8");
        writeFileSync(join(folder, name), text.replaceAll("/usr/local/bin/hawser", process.execPath));
        return join(folder, name);
      });
      action(paths);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it("are good in systemd's eyes", () => {
    copied((paths) => {
      expect(paths).toHaveLength(4);
      const { stderr, status } = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], {
        encoding: "utf8",
      });
      expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    });
  });

  it("leave a service little to do harm with, as systemd counts it", () => {
    copied((paths) => {
      for (const path of paths.filter((each) => each.endsWith(".service"))) {
        const words = ["security", "--offline=yes", "--threshold=15", "--no-pager", path];
        const { stdout, status } = spawnSync("systemd-analyze", words, { encoding: "utf8" });
        expect(status, stdout).toBe(0);
      }
    });
  });

  it.each(["serve", "forward"])("start hawser %s with words that it takes", (command) =>
    scene(async (it) => {
      const text = readFileSync(join(units, `hawser-${command}.service`), "utf8");
      const [, line = ""] = /^ExecStart=\/usr\/local\/bin\/hawser ((?:.*\\\n)*.*)$/m.exec(text) ?? [];
      const words = line
        .replaceAll("\\\n", " ")
        .split(/\s+/)
        .map((word) =>
          word
            .replace(/^\/etc\/hawser\/(server|client)\.key$/, it.client.file)
            .replace("/etc/hawser/authorized_keys", it.authorizedKeys)
            .replace(/^\/run\/hawser-\w+\//, `${it.folder}/`)
            .replace(/^127\.0\.0\.1:946\d$/, "0")
            .replace(/^\$\{HAWSER_URL\}$/, `hawser://${it.server.publicKey}@127.0.0.1:1`),
        );
      const service = passed(it, [`${/systemd:(\w+)/.exec(line)?.[1]}=tcp`], words);
      await service.said(/"event":"listening"/);
      let asked = await it.asked("status", join(it.folder, "status"));
      while (asked.code !== 0) asked = await it.asked("status", join(it.folder, "status"));
      service.child.kill("SIGTERM");
      expect((await service.exit).code).toBe(0);
    })(),
  );
});
