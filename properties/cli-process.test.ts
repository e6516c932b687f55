/**
 * Why: signals, closed pipes, a terminal and the end of a process are the system's, and no stand-in for them behaves as
 * they do.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inFolder, type OwnKey, ownKey } from "./cli/in-process.ts";
import { type Built, buildCommand, Spawned, spawnProgram } from "./cli/spawned.ts";

let built: Built;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built.remove());

function hawser(...argv: string[]): Spawned {
  return spawnProgram(process.execPath, [built.main, ...argv]);
}

interface Scene {
  readonly folder: string;
  readonly server: Spawned;
  readonly url: string;
  readonly client: OwnKey;
}

/** A server that serves one client, and the client's key. */
function scene(action: (scene: Scene) => Promise<void>, ...more: string[]): () => Promise<void> {
  return () =>
    inFolder(async (folder) => {
      const key = await ownKey(folder, "server.key");
      const client = await ownKey(folder, "client.key");
      const argv = ["listen", "--key", key.file, "--allow", client.publicKey, ...more, "127.0.0.1:0"];
      const server = hawser(...argv);
      try {
        await action({ folder, server, client, url: await server.url() });
      } finally {
        server.child.kill("SIGKILL");
      }
    });
}

describe("the hawser process", () => {
  it("prints its version, and its help to a pipe that is closed at once", async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
    const asked = hawser("--version").collect();
    expect(await asked.exit).toEqual({ code: 0, signal: null });
    expect(asked.out).toBe(`${version}\n`);
  });

  it("makes a key pair for a pipeline of the shell, which finds it refused where others can read it", () =>
    inFolder(async (folder) => {
      const command = `umask 022; "$0" "$1" keygen > "$2/my.key"; "$0" "$1" pubkey "$2/my.key"`;
      const { stderr, status } = spawnSync("sh", ["-c", command, process.execPath, built.main, folder]);
      expect(stderr.toString()).toMatch(/Others can read the file[\s\S]*\(ERR_HAWSER_KEY_FILE_MODE\)/);
      expect(status).toBe(3);
      const pipe = `"$0" "$1" keygen 2>/dev/null | "$0" "$1" pubkey -`;
      const piped = spawnSync("sh", ["-c", pipe, process.execPath, built.main]);
      expect(piped.stdout.toString()).toMatch(/^hawser1\w{58}\n$/);
      expect(piped.status).toBe(0);
    }));

  it(
    "carries 10 MB both ways at once through pipes, past slow readers",
    scene(async ({ server, url, client: { file } }) => {
      const client = hawser("connect", "--key", file, url);
      const ends = [server, client].map((end, index) => {
        const data = Buffer.alloc(10 * 1024 * 1024, createHash("sha512").update(`${index}`).digest());
        end.stdin.end(data);
        return { end, data };
      });
      const received = await Promise.all(
        ends.map(async ({ end }) => {
          await new Promise((resolve) => setTimeout(resolve, 300));
          const hash = createHash("sha256");
          for await (const chunk of end.stdout) hash.update(chunk as Buffer);
          return hash.digest("hex");
        }),
      );
      const sent = ends.map(({ data }) => createHash("sha256").update(data).digest("hex"));
      expect(received).toEqual(sent.reverse());
      expect(await client.exit).toEqual({ code: 0, signal: null });
      expect(await server.exit).toEqual({ code: 0, signal: null });
      expect(client.err).toBe("");
    }, "--once"),
  );

  it(
    "passes a file on, and ends standard output for its reader while the other direction is open",
    scene(async ({ folder, server, url, client: { file } }) => {
      const data = Buffer.alloc(300_000, "file ");
      writeFileSync(join(folder, "data"), data);
      server.stdin.write("not yet");
      const command = `"$0" "$1" connect --key "$2" "$3" < "$4/data" | cat > "$4/got"; touch "$4/over"`;
      const client = spawnProgram("sh", ["-c", command, process.execPath, built.main, file, url, folder]);
      const hash = createHash("sha256");
      for await (const chunk of server.stdout) hash.update(chunk as Buffer);
      expect(hash.digest("hex")).toBe(createHash("sha256").update(data).digest("hex"));
      // Its standard output has ended, and it still sends.
      expect(server.child.exitCode).toBe(null);
      expect(existsSync(join(folder, "over"))).toBe(false);
      server.stdin.end(", but now");
      expect(await client.exit).toEqual({ code: 0, signal: null });
      expect(readFileSync(join(folder, "got"), "utf8")).toBe("not yet, but now");
      expect(await server.exit).toEqual({ code: 0, signal: null });
    }, "--once"),
  );

  it.each([
    ["SIGINT", /cancelled/],
    ["SIGTERM", /cancelled/],
    ["SIGHUP", /cancelled/],
  ] as const)("dies of %s in the middle of a transfer, and the peer is told", (signal, told) =>
    scene(async ({ server, url, client: { file } }) => {
      const client = hawser("connect", "--key", file, url);
      client.stdin.on("error", () => undefined);
      client.stdin.write(Buffer.alloc(4 * 1024 * 1024)); // More than all that lies between, as nobody reads yet.
      await server.said(/is connected/);
      await new Promise((resolve) => setTimeout(resolve, 100));
      client.child.kill(signal);
      server.stdout.resume();
      expect(await client.exit).toEqual({ code: null, signal });
      expect(await server.exit).toEqual({ code: 9, signal: null });
      expect(server.err).toMatch(told);
      expect(client.err).toBe(`hawser: Ended by ${signal}. (ERR_HAWSER_CANCELLED)\n`);
    }, "--once")(),
  );

  it(
    "dies of a second signal at once, whoever does not want to hear of the first",
    scene(async ({ server, url, client: { file } }) => {
      const client = hawser("connect", "--key", file, url);
      client.stdin.on("error", () => undefined);
      client.stdin.write(Buffer.alloc(8 * 1024 * 1024));
      await server.said(/is connected/);
      server.child.kill("SIGSTOP"); // Its kernel takes what there is room for, and no more.
      await new Promise((resolve) => setTimeout(resolve, 200));
      client.child.kill("SIGINT");
      await client.said(/Ended by SIGINT/);
      const began = performance.now();
      const isOver = await Promise.race([
        client.exit.then(() => true),
        new Promise((resolve) => setTimeout(() => resolve(false), 300)),
      ]);
      expect(isOver).toBe(false);
      client.child.kill("SIGINT");
      expect(await client.exit).toEqual({ code: null, signal: "SIGINT" });
      expect(performance.now() - began).toBeLessThan(3_000);
    }),
  );

  it("listens until a signal, and leaves no unix socket behind", () =>
    inFolder(async (folder) => {
      const key = await ownKey(folder, "server.key");
      const path = join(folder, "socket");
      const server = hawser("listen", "--key", key.file, "--allow-any", `unix:${path}`);
      await server.url();
      expect(existsSync(path)).toBe(true);
      server.child.kill("SIGTERM");
      expect(await server.exit).toEqual({ code: null, signal: "SIGTERM" });
      expect(existsSync(path)).toBe(false);
    }));

  it(
    "ends with 141 when the reader of standard output goes away, and tells the peer",
    scene(async ({ server, url, client: { file } }) => {
      const client = hawser("connect", "--key", file, url);
      client.stdout.once("data", () => client.stdout.destroy());
      server.stdin.on("error", () => undefined);
      const feeding = setInterval(() => server.stdin.write(Buffer.alloc(65_536)), 10);
      expect(await client.exit).toEqual({ code: 141, signal: null });
      clearInterval(feeding);
      expect(client.err).toBe("hawser: Standard output was closed by its reader. (ERR_HAWSER_STDOUT)\n");
      expect(await server.exit).toEqual({ code: 9, signal: null });
      expect(server.err).toMatch(/cancelled/);
    }, "--once"),
  );

  it.runIf(existsSync("/dev/full"))(
    "ends with 12 when the disk is full",
    scene(async ({ server, url, client: { file } }) => {
      const argv = [built.main, "connect", "--key", file, url];
      const client = spawnProgram(process.execPath, argv, ["pipe", openSync("/dev/full", "w"), "pipe"]);
      server.stdin.write("there is no room for this");
      expect(await client.exit).toEqual({ code: 12, signal: null });
      expect(client.err).toMatch(/ENOSPC.*\(ERR_HAWSER_STDOUT\)\n$/);
      expect(await server.exit).toEqual({ code: 9, signal: null });
      const printing = spawnProgram(
        process.execPath,
        [built.main, "keygen"],
        ["pipe", openSync("/dev/full", "w"), "pipe"],
      );
      expect(await printing.exit).toEqual({ code: 12, signal: null });
    }, "--once"),
  );
});

describe("docs/guides/command.md", () => {
  const guide = readFileSync(join(import.meta.dirname, "../docs/guides/command.md"), "utf8");
  const [keys = "", listening = "", connecting = ""] = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(
    ([, code = ""]) => code,
  );

  it("begins with two ends that can be typed in as they stand", () =>
    inFolder(async (folder) => {
      const command = `#!/bin/sh\nexec '${process.execPath}' '${built.main}' "$@"\n`;
      writeFileSync(join(folder, "hawser"), command, { mode: 0o755 });
      const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
      const shell = (line: string) => new Spawned(spawn("sh", ["-ec", line], { cwd: folder, env })).collect();
      expect(await shell(keys).exit).toEqual({ code: 0, signal: null });
      const server = shell(listening.replace("127.0.0.1:4100", "127.0.0.1:0"));
      const typed = connecting.replace("hawser://hawser1…@127.0.0.1:4100", await server.url());
      expect(typed).not.toContain("…");
      const client = shell(typed);
      client.stdin.end("typed at one end");
      server.stdin.end("typed at the other");
      expect(await client.exit).toEqual({ code: 0, signal: null });
      expect(await server.exit).toEqual({ code: 0, signal: null });
      await expect.poll(() => [server.out, client.out]).toEqual(["typed at one end", "typed at the other"]);
    }));
});

describe("first contact at a terminal", () => {
  const python = "python3";
  const place = (url: string) => url.replace(/\/\/.*@/, "//");

  async function ask(scene: Scene, answer: string) {
    const { folder, url, client } = scene;
    const home = join(folder, "home");
    mkdirSync(home, { recursive: true });
    const argv = [
      ...[join(import.meta.dirname, "cli/terminal.py"), join(folder, "out"), "Trust it from now on?", answer],
      ...[
        "env",
        `XDG_CONFIG_HOME=${home}`,
        process.execPath,
        built.main,
        "connect",
        "--key",
        client.file,
        place(url),
      ],
    ];
    const person = spawnProgram(python, argv).collect();
    const closed = once(person.child, "close");
    const { code } = await person.exit;
    await closed;
    return { code, shown: person.out, err: person.err, known: join(home, "hawser", "known_servers") };
  }

  it(
    "asks there, although standard input and output are joined to something else",
    scene(async (scene) => {
      scene.server.stdin.end("welcome");
      const { code, shown, err, known } = await ask(scene, "yes\\n");
      expect(err).toBe("");
      expect(shown).toContain(`Its public key is ${/hawser1\w+/.exec(scene.url)?.[0]}`);
      expect(shown).toContain("The key is kept in");
      expect(code).toBe(0);
      expect(readFileSync(join(scene.folder, "out"), "utf8")).toBe("welcome");
      expect(readFileSync(known, "utf8")).toContain(`\n${scene.url}\n`);
    }),
  );

  it.each([
    ["no", "no\\n", 7, /was not trusted. \(ERR_HAWSER_UNTRUSTED\)/],
    ["Ctrl-D", "\\x04", 7, /was not trusted. \(ERR_HAWSER_UNTRUSTED\)/],
    ["Ctrl-C", "\\x03", 130, /Ended by SIGINT. \(ERR_HAWSER_CANCELLED\)/],
  ])("takes %s for a no", (_, answer, exitCode, words) =>
    scene(async (scene) => {
      const { code, shown, known } = await ask(scene, answer);
      expect(shown).toMatch(words);
      expect(code).toBe(exitCode);
      expect(existsSync(known)).toBe(false);
    })(),
  );
});
