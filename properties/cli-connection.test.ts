/**
 * Why: `listen` and `connect` are what a person judges all the rest by. Each case is two commands, or one against an end
 * that misbehaves, over real sockets, and looks at all that comes out: both streams, the exit code, the words.
 */
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer as createNetServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  accept,
  createServer,
  type HawserSocket,
  loadPrimitives,
  localKeyHolder,
  parseConnectionString,
  readSecretKeyFile,
} from "../src/index.ts";
import {
  inFolder,
  type OwnKey,
  ownKey,
  Person,
  type Running,
  runToEnd,
  type StartOptions,
  start,
} from "./cli/in-process.ts";

const primitives = await loadPrimitives();

interface Scene {
  readonly folder: string;
  readonly server: OwnKey;
  readonly client: OwnKey;
}

/** Two key pairs in a folder. */
function scene(action: (scene: Scene) => Promise<void>): () => Promise<void> {
  return () =>
    inFolder(async (folder) => {
      const server = await ownKey(folder, "server.key");
      const client = await ownKey(folder, "client.key");
      await action({ folder, server, client });
    });
}

function listen({ server, client }: Scene, ...more: string[]): Running {
  const allowed = more.some((word) => /^--(allow|authorized)/.test(word))
    ? []
    : ["--allow", client.publicKey];
  return start(["listen", "--key", server.file, ...allowed, ...more, "127.0.0.1:0"]);
}

function connect({ client }: Scene, url: string, more: string[] = [], options: StartOptions = {}): Running {
  return start(["connect", "--key", client.file, ...more, url], options);
}

/** The URL without the key. */
function placeIn(url: string): string {
  return url.replace(/\/\/.*@/, "//");
}

/** A server of TCP that does with each connection what it is told. */
async function tcp(listener: (socket: Socket) => void): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createNetServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on("error", () => undefined));
    listener(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port, close };
}

/** A server of the library's, with the scene's key, that does with each connection what it is told. */
async function library({ server: { file } }: Scene, listener: (socket: HawserSocket) => void) {
  const keyPair = localKeyHolder(primitives, await readSecretKeyFile(file));
  const server = createServer({ keyPair, authorize: () => true, allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    listener(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: server.url(), close: () => server.close({ grace: 0 }) };
}

describe("listen and connect", () => {
  it(
    "carry data both ways, and end with 0 when both ends have closed",
    scene(async (scene) => {
      const server = listen(scene, "--once");
      const url = await server.url();
      expect(parseConnectionString(url)).toMatchObject({ endpoint: { host: "127.0.0.1" } });
      const client = connect(scene, url);
      client.stdin.end("to the server");
      server.stdin.end("to the client");
      expect(await client.ending).toEqual({ exitCode: 0 });
      expect(await server.ending).toEqual({ exitCode: 0 });
      expect(server.out).toBe("to the server");
      expect(client.out).toBe("to the client");
      expect(client.err).toBe("");
      expect(server.err).toBe(
        `${url}\nhawser: ${scene.client.publicKey} (${/127\S+:\d+(?=\) is)/.exec(server.err)?.[0]}) is connected.\n` +
          `hawser: ${scene.client.publicKey} (${/127\S+:\d+(?=\) is)/.exec(server.err)?.[0]}) is done.\n`,
      );
      expect([client.listening, server.listening]).toEqual([[], []]);
    }),
  );

  it(
    "half-close from the client, which hears on",
    scene(async (scene) => {
      const server = listen(scene, "--once");
      const client = connect(scene, await server.url());
      client.stdin.end("question");
      await once(server.stdout, "end");
      expect(server.out).toBe("question");
      expect(server.released).toBe(1);
      server.stdin.write("first ");
      await client.has("first ");
      expect(client.released).toBe(0);
      server.stdin.end("second");
      expect(await client.ending).toEqual({ exitCode: 0 });
      expect(client.out).toBe("first second");
      expect(await server.ending).toEqual({ exitCode: 0 });
    }),
  );

  it(
    "half-close from the server, which hears on",
    scene(async (scene) => {
      const server = listen(scene, "--once");
      const client = connect(scene, await server.url());
      server.stdin.end("all there is");
      await once(client.stdout, "end");
      expect(client.released).toBe(1);
      client.stdin.write("still ");
      await server.has("still ");
      client.stdin.end("here");
      expect(await server.ending).toEqual({ exitCode: 0 });
      expect(server.out).toBe("still here");
      expect(await client.ending).toEqual({ exitCode: 0 });
    }),
  );

  it(
    "push back to both writers while nobody reads, and lose nothing",
    scene(async (scene) => {
      const server = listen(scene, "--once");
      const client = connect(scene, await server.url());
      const size = 8 * 1024 * 1024;
      const block = Buffer.alloc(64 * 1024, "abcdefgh");
      for (const end of [server, client]) end.stdout.pause();
      const feed = async ({ stdin }: Running) => {
        for (let sent = 0; sent < size; sent += block.length) {
          if (!stdin.write(block)) await Promise.race([once(stdin, "drain"), stalled]);
        }
        stdin.end();
      };
      let goOn: () => void = () => undefined;
      const stalled = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const feeding = [feed(server), feed(client)];
      await expect.poll(() => server.stdin.writableNeedDrain && client.stdin.writableNeedDrain).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 200));
      // What both sockets, both kernels and the streams between them hold; the rest has not been read.
      expect(server.stdin.writableNeedDrain && client.stdin.writableNeedDrain).toBe(true);
      for (const end of [server, client]) end.stdout.resume();
      await Promise.all(feeding);
      expect(await client.ending).toEqual({ exitCode: 0 });
      expect(await server.ending).toEqual({ exitCode: 0 });
      goOn();
      for (const end of [server, client])
        expect(end.out === block.toString().repeat(size / block.length)).toBe(true);
    }),
  );

  it(
    "meet at a unix socket",
    scene(async (scene) => {
      const { folder, server: own, client: other } = scene;
      const path = join(folder, "a socket");
      const argv = ["listen", "--once", "--key", own.file, "--allow", other.publicKey, `unix:${path}`];
      const server = start(argv);
      const url = await server.url();
      expect(url).toContain(`@${folder}/a%20socket`);
      const client = connect(scene, url);
      client.stdin.end("hello");
      server.stdin.end();
      expect(await client.ending).toEqual({ exitCode: 0 });
      expect(await server.ending).toEqual({ exitCode: 0 });
      expect(server.out).toBe("hello");
      expect(existsSync(path)).toBe(false);
    }),
  );

  it(
    "take several keys after --allow, the address behind them",
    scene(async (scene) => {
      const { server: own, client: other } = scene;
      const argv = [
        "listen",
        "--once",
        "--key",
        own.file,
        "--allow",
        own.publicKey,
        other.publicKey,
        "127.0.0.1:0",
      ];
      const server = start(argv);
      const client = connect(scene, await server.url());
      for (const end of [server, client]) end.stdin.end();
      expect(await client.ending).toEqual({ exitCode: 0 });
      expect(await server.ending).toEqual({ exitCode: 0 });
    }),
  );

  it(
    "name a context that the URL carries, and refuse another",
    scene(async (scene) => {
      const server = listen(scene, "--context", "chat/1", "--json");
      await server.said(/listening/);
      const url = server.log[0]?.["url"] as string;
      expect(url).toMatch(/\?context=chat(\/|%2F)1$/);
      const [bare = ""] = url.split("?");
      const other = await runToEnd(["connect", "--key", scene.client.file, "--context", "other", bare]);
      expect(other.err).toMatch(/wrong_context.*\(ERR_HAWSER_ALERT_RECEIVED\)/);
      expect(other.exitCode).toBe(8);
      for (const argv of [[url], ["--context", "chat/1", bare], ["--context", "chat/1", url]]) {
        const client = start(["connect", "--key", scene.client.file, ...argv]);
        client.stdin.end();
        await expect
          .poll(() => server.log.filter(({ event }) => event === "connected").length)
          .toBeGreaterThan(0);
        server.stdin.end();
        expect(await client.ending).toEqual({ exitCode: 0 });
      }
      server.signal("SIGTERM");
      expect(await server.ending).toEqual({ exitCode: 143, signal: "SIGTERM" });
      expect(server.log.find(({ event }) => event === "connected")).toMatchObject({ context: "chat/1" });
    }),
  );
});

describe("listen", () => {
  it(
    "serves one peer after the other, tells others busy, and reads standard input only for a peer",
    scene(async (scene) => {
      const server = listen(scene);
      server.stdin.write("for the first");
      const url = await server.url();
      const first = connect(scene, url);
      await first.has("for the first");
      const second = await runToEnd(["connect", "--key", scene.client.file, url]);
      expect(second.err).toMatch(/busy.*\(ERR_HAWSER_(REFUSED|ALERT_RECEIVED)\)/);
      expect(second.exitCode).toBe(9);
      first.signal("SIGINT");
      expect(await first.ending).toEqual({ exitCode: 130, signal: "SIGINT" });
      await server.said(/cancelled.*\(ERR_HAWSER_ALERT_RECEIVED\)/);
      server.stdin.write("for the third");
      const third = await retried(() => connect(scene, url), server, 2);
      await third.has("for the third");
      third.stdin.end("from the third");
      server.stdin.end();
      expect(await third.ending).toEqual({ exitCode: 0 });
      expect(third.out).toBe("for the third");
      await server.said(/is done/);
      // The end of standard input is the end for every peer that comes.
      const fourth = await retried(() => connect(scene, url), server, 3);
      await once(fourth.stdout, "end");
      fourth.stdin.end(", from the fourth");
      expect(await fourth.ending).toEqual({ exitCode: 0 });
      await server.has("from the third, from the fourth");
      server.signal("SIGINT");
      expect(await server.ending).toEqual({ exitCode: 130, signal: "SIGINT" });
      expect(server.err).toMatch(/Ended by SIGINT. \(ERR_HAWSER_CANCELLED\)\n$/);
    }),
  );

  it(
    "goes by an authorized-keys file, names who comes by it, and ends a connection whose key is removed",
    scene(async (scene) => {
      const file = join(scene.folder, "clients");
      writeFileSync(file, `${scene.client.publicKey} alice\n`, { mode: 0o600 });
      const server = listen(scene, "--authorized-keys", file, "--once");
      const url = await server.url();
      const client = connect(scene, url);
      await server.said(/\(alice\) \(127\.0\.0\.1:\d+\) is connected/);
      writeFileSync(file, "# nobody\n");
      expect(await client.ending).toEqual({ exitCode: 8 });
      expect(client.err).toContain(
        `This client's public key, for the server's owner to let in: ${scene.client.publicKey}`,
      );
      expect(await server.ending).toEqual({ exitCode: 8 });
      expect(server.err).toMatch(/no longer among the authorized keys.*\(ERR_HAWSER_DENIED\)/);
    }),
  );

  it(
    "does not count who was not let in, says who it was, and goes on with --once",
    scene(async (scene) => {
      const server = listen(scene, "--once");
      const url = await server.url();
      const stranger = await ownKey(scene.folder, "stranger.key");
      const { err, exitCode } = await runToEnd(["connect", "--key", stranger.file, url]);
      expect(exitCode).toBe(8);
      expect(err).toMatch(/not_authorized.*\(ERR_HAWSER_ALERT_RECEIVED\)/);
      expect(err).toContain(`for the server's owner to let in: ${stranger.publicKey}`);
      await server.said(new RegExp(`${stranger.publicKey} \\(127.*was not let in.*\\(ERR_HAWSER_DENIED\\)`));
      const client = connect(scene, url);
      for (const end of [server, client]) end.stdin.end();
      expect(await server.ending).toEqual({ exitCode: 0 });
      expect(await client.ending).toEqual({ exitCode: 0 });
    }),
  );

  it(
    "warns of --allow-any after the URL, and lets anyone in",
    scene(async (scene) => {
      const server = start(["listen", "--allow-any", "--once", "--key", scene.server.file, "0"]);
      const url = await server.url();
      await server.said(/Anyone who can connect is let in \(--allow-any\)/);
      expect(url).toMatch(/@localhost:\d+$/);
      expect(server.err).toContain("All addresses of this machine");
      const client = connect(scene, url);
      for (const end of [server, client]) end.stdin.end();
      expect(await client.ending).toEqual({ exitCode: 0 });
      expect(await server.ending).toEqual({ exitCode: 0 });
    }),
  );

  it(
    "says nothing to strangers in stealth mode",
    scene(async (scene) => {
      const server = listen(scene, "--stealth", "--once");
      const url = await server.url();
      const strange = url.replace(scene.server.publicKey, scene.client.publicKey);
      const { exitCode } = await runToEnd([
        "connect",
        "--key",
        scene.client.file,
        "--timeout",
        "0.3",
        strange,
      ]);
      expect([5, 11]).toContain(exitCode);
      const client = connect(scene, url);
      for (const end of [server, client]) end.stdin.end();
      expect(await client.ending).toEqual({ exitCode: 0 });
      expect(await server.ending).toEqual({ exitCode: 0 });
    }),
  );

  it(
    "ends with 4 where it can't listen, and says why",
    scene(async (scene) => {
      const taken = await tcp(() => undefined);
      const argv = ["listen", "--allow-any", "--key", scene.server.file];
      for (const [address, words] of [
        [`127.0.0.1:${taken.port}`, /another program listens there \(EADDRINUSE\)/],
        ["192.0.2.1:0", /does not have that address/],
        [`unix:${scene.folder}/none/socket`, /no folder to make the socket in|EACCES|ENOENT/],
      ] as const) {
        const { err, exitCode, out } = await runToEnd([...argv, address]);
        expect(err).toMatch(words);
        expect(err).toMatch(/\(ERR_HAWSER_LISTEN\)\n$/);
        expect(out).toBe("");
        expect(exitCode).toBe(4);
      }
      taken.close();
      const long = await runToEnd([...argv, `unix:/${"x".repeat(200)}`]);
      expect(long.err).toMatch(/\(ERR_HAWSER_USAGE\)\n$/);
      expect(long.exitCode).toBe(2);
    }),
  );

  it(
    "ends with 3 for authorized keys that can't be used",
    scene(async (scene) => {
      const argv = [
        "listen",
        "--key",
        scene.server.file,
        "--authorized-keys",
        join(scene.folder, "none"),
        "0",
      ];
      const { err, exitCode } = await runToEnd(argv);
      expect(err).toContain("ERR_HAWSER_KEY_FILE_MISSING");
      expect(exitCode).toBe(3);
    }),
  );
});

/** Connects until the server has said so often that one is connected: the one before may still be on its way out. */
async function retried(attempt: () => Running, server: Running, count: number): Promise<Running> {
  for (;;) {
    const client = attempt();
    const connected = server.said(new RegExp(`(?:is connected[\\s\\S]*){${count}}`)).then(() => true);
    if (await Promise.race([connected, client.ending.then(() => false)])) return client;
  }
}

describe("connect", () => {
  it(
    "ends with 4 where nobody listens",
    scene(async (scene) => {
      const { port, close } = await tcp(() => undefined);
      close();
      const gone = `hawser://${scene.server.publicKey}@127.0.0.1:${port}`;
      const { err, exitCode } = await runToEnd(["connect", "--key", scene.client.file, gone]);
      expect(err).toMatch(/ECONNREFUSED.*\(ERR_HAWSER_CONNECT\)\nhawser: Nothing listens there/);
      expect(exitCode).toBe(4);
      const none = `hawser+unix://${scene.server.publicKey}@${scene.folder}/none`;
      expect((await runToEnd(["connect", "--key", scene.client.file, none])).exitCode).toBe(4);
    }),
  );

  it(
    "ends with 5 where the other end speaks something else, and names it",
    scene(async (scene) => {
      const other = await tcp((socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.2\r\n")));
      const url = `hawser://${scene.server.publicKey}@127.0.0.1:${other.port}`;
      const { err, exitCode } = await runToEnd(["connect", "--key", scene.client.file, url]);
      other.close();
      expect(err).toMatch(/SSH.*\(ERR_HAWSER_NOT_HAWSER\)/i);
      expect(exitCode).toBe(5);
    }),
  );

  it(
    "ends with 6 where the server has another key, and names both",
    scene(async (scene) => {
      const server = listen(scene);
      const url = (await server.url()).replace(scene.server.publicKey, scene.client.publicKey);
      const { err, exitCode } = await runToEnd(["connect", "--key", scene.client.file, url]);
      expect(err).toContain(scene.server.publicKey);
      expect(err).toContain(scene.client.publicKey);
      expect(err).toContain("(ERR_HAWSER_SERVER_KEY_MISMATCH)");
      expect(exitCode).toBe(6);
      server.signal("SIGINT");
      await server.ending;
    }),
  );

  it(
    "ends with 9 for the peer's own reason, after the data before it, and escapes its words",
    scene(async (scene) => {
      const server = await library(scene, async (socket) => {
        socket.write("what came before");
        await socket.alert(0x8001, "\u001b[2Jpaid\u202e out");
      });
      const { out, err, exitCode } = await runToEnd(["connect", "--key", scene.client.file, server.url]);
      expect(out).toBe("what came before");
      expect(err).toContain("\\u{1b}[2Jpaid\\u{202e} out");
      expect(err).not.toMatch(/[\u001b\u202e]/);
      expect(err).toMatch(/\(ERR_HAWSER_ALERT_RECEIVED\)/);
      expect(exitCode).toBe(9);
      const { running } = await runToEnd(["connect", "--json", "--key", scene.client.file, server.url]);
      expect(running.err).not.toMatch(/[\u001b\u202e]/);
      expect(running.log.at(-1)).toMatchObject({
        level: "error",
        event: "failed",
        code: "ERR_HAWSER_ALERT_RECEIVED",
        alert: 0x8001,
        alertName: "application",
        exitCode: 9,
      });
      await server.close();
    }),
  );

  it(
    "ends with 10 where the connection breaks off, and writes what came",
    scene(async (scene) => {
      const keyPair = localKeyHolder(primitives, await readSecretKeyFile(scene.server.file));
      const server = await tcp(async (raw) => {
        const socket = await accept(raw, { keyPair, authorize: () => true });
        socket.on("error", () => undefined);
        socket.write("half of i");
        await socket.flush();
        setTimeout(() => raw.end(), 50);
      });
      const url = `hawser://${scene.server.publicKey}@127.0.0.1:${server.port}`;
      const client = connect(scene, url);
      expect(await client.ending).toEqual({ exitCode: 10 });
      server.close();
      expect(client.out).toBe("half of i");
      expect(client.err).toMatch(/\(ERR_HAWSER_TRUNCATED\)\n$/);
    }),
  );

  it(
    "ends with 11 where the server does not answer in time",
    scene(async (scene) => {
      const silent = await tcp(() => undefined);
      const url = `hawser://${scene.server.publicKey}@127.0.0.1:${silent.port}`;
      const { err, exitCode } = await runToEnd([
        "connect",
        "--timeout",
        "0.2",
        "--key",
        scene.client.file,
        url,
      ]);
      silent.close();
      expect(err).toMatch(/\(ERR_HAWSER_TIMEOUT\)\n$/);
      expect(exitCode).toBe(11);
    }),
  );

  it(
    "ends with 12 where standard output fails, and tells the peer",
    scene(async (scene) => {
      const server = listen(scene, "--once");
      const client = connect(scene, await server.url());
      await server.said(/is connected/);
      client.stdout.destroy(Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" }));
      expect(await client.ending).toEqual({ exitCode: 12 });
      expect(client.err).toMatch(/no space left. \(ERR_HAWSER_STDOUT\)\n$/);
      expect(await server.ending).toEqual({ exitCode: 9 });
      expect(server.err).toMatch(/cancelled.*\(ERR_HAWSER_ALERT_RECEIVED\)/);
    }),
  );

  it(
    "ends with 12 where standard input fails, and does not tell the peer that this was all",
    scene(async (scene) => {
      const server = listen(scene, "--once");
      const client = connect(scene, await server.url());
      await server.said(/is connected/);
      client.stdin.write("half");
      await server.has("half");
      client.stdin.destroy(Object.assign(new Error("EIO: i/o error"), { code: "EIO" }));
      expect(await client.ending).toEqual({ exitCode: 12 });
      expect(client.err).toMatch(/EIO.*\(ERR_HAWSER_STDIN\)\n$/);
      expect(await server.ending).toEqual({ exitCode: 9 });
      expect(server.err).toMatch(/internal_error/);
    }),
  );

  it(
    "gives up at a signal while it connects",
    scene(async (scene) => {
      const silent = await tcp(() => undefined);
      const url = `hawser://${scene.server.publicKey}@127.0.0.1:${silent.port}`;
      const client = connect(scene, url, ["--json"]);
      await client.said(/connecting/);
      client.signal("SIGINT");
      expect(await client.ending).toEqual({ exitCode: 130, signal: "SIGINT" });
      silent.close();
      expect(client.log.at(-1)).toMatchObject({ code: "ERR_HAWSER_CANCELLED", exitCode: 130 });
      expect(client.listening).toEqual([]);
    }),
  );

  it.each([
    ["SIGINT", 130, "cancelled"],
    ["SIGTERM", 143, "going_away"],
    ["SIGHUP", 129, "going_away"],
  ] as const)("ends at %s of listen with %i, the peer being told %s", (signal, exitCode, told) =>
    scene(async (scene) => {
      const server = listen(scene);
      const client = connect(scene, await server.url());
      await server.said(/is connected/);
      server.signal(signal);
      expect(await server.ending).toEqual({ exitCode, signal });
      expect(await client.ending).toEqual({ exitCode: 9 });
      expect(client.err).toContain(told);
    })(),
  );

  it(
    "ends with 1, and asks for a report, where something unforeseen happens",
    scene(async (scene) => {
      const home = () => {
        throw new TypeError("the home is haunted");
      };
      const argv = ["connect", "--key", scene.client.file, "hawser://127.0.0.1:1"];
      const { err, exitCode } = await runToEnd(argv, { home });
      expect(err).toMatch(
        /most likely a fault of this program[\s\S]*haunted[\s\S]*\(ERR_HAWSER_INTERNAL\)\n$/,
      );
      expect(exitCode).toBe(1);
    }),
  );
});

describe("first contact", () => {
  const knownIn = (home: string) => join(home, ".config", "hawser", "known_servers");

  /** Connects to a place without a key, and sends nothing. */
  async function visit(scene: Scene, place: string, terminal?: Person, env: Record<string, string> = {}) {
    const argv = ["connect", "--key", scene.client.file, place];
    return runToEnd(argv, { terminal, home: scene.folder, env });
  }

  it(
    "shows the server's key, keeps it at yes, and asks no more",
    scene(async (scene) => {
      const server = listen(scene);
      server.stdin.end();
      const url = await server.url();
      const person = new Person("maybe", "yes");
      const first = await visit(scene, placeIn(url), person);
      expect(first.exitCode).toBe(0);
      expect(person.shown).toContain(`Its public key is ${scene.server.publicKey}\n`);
      expect(person.shown.match(/Trust it from now on\?/g)).toHaveLength(2);
      expect(person.isClosed).toBe(true);
      expect(readFileSync(knownIn(scene.folder), "utf8")).toMatch(/^# .*\n/);
      expect(readFileSync(knownIn(scene.folder), "utf8").split("\n").slice(1)).toEqual([url, ""]);
      if (process.platform !== "win32") {
        expect(statSync(knownIn(scene.folder)).mode & 0o777).toBe(0o600);
        expect(statSync(join(scene.folder, ".config", "hawser")).mode & 0o777).toBe(0o700);
      }
      const again = await visit(scene, placeIn(url));
      expect(again).toMatchObject({ exitCode: 0, err: "" });
      server.signal("SIGINT");
      await server.ending;
    }),
  );

  it(
    "takes the key itself for an answer, and refuses with 7 at another one, at no, and at the end of input",
    scene(async (scene) => {
      const server = listen(scene);
      server.stdin.end();
      const place = placeIn(await server.url());
      for (const answers of [["no"], [], [scene.client.publicKey]]) {
        const { err, exitCode } = await visit(scene, place, new Person(...answers));
        expect(err).toMatch(/\(ERR_HAWSER_UNTRUSTED\)\n$/);
        expect(exitCode).toBe(7);
        expect(existsSync(knownIn(scene.folder))).toBe(false);
      }
      expect((await visit(scene, place, new Person(scene.server.publicKey))).exitCode).toBe(0);
      expect(existsSync(knownIn(scene.folder))).toBe(true);
      server.signal("SIGINT");
      await server.ending;
      // Nothing of the client's was shown to a server that it did not trust.
      const strangers = server.err.split("\n").filter((line) => line.includes("was not let in"));
      expect(strangers).toHaveLength(4);
      expect(strangers.join()).not.toContain(scene.client.publicKey);
    }),
  );

  it(
    "refuses with 7 without a terminal, and says what to connect to",
    scene(async (scene) => {
      const server = listen(scene);
      const url = await server.url();
      const { err, exitCode } = await visit(scene, placeIn(url));
      expect(err).toMatch(/no terminal to ask at/);
      expect(err).toContain(`connect to ${url} (ERR_HAWSER_UNTRUSTED)`);
      expect(exitCode).toBe(7);
      server.signal("SIGINT");
      await server.ending;
    }),
  );

  it(
    "refuses a changed key with 6, whatever a person would say, and names the line to change",
    scene(async (scene) => {
      const server = listen(scene);
      server.stdin.end();
      const url = await server.url();
      await visit(scene, placeIn(url), new Person("yes"));
      const changed = url.replace(scene.server.publicKey, scene.client.publicKey);
      writeFileSync(knownIn(scene.folder), `# mine\n\n${changed}\n`);
      const person = new Person("yes");
      const { err, exitCode } = await visit(scene, placeIn(url), person);
      expect(exitCode).toBe(6);
      expect(person.shown).toBe("");
      expect(err).toMatch(/THE SERVER'S KEY HAS CHANGED.*\(ERR_HAWSER_SERVER_KEY_MISMATCH\)/);
      expect(err).toContain(scene.server.publicKey);
      expect(err).toContain(scene.client.publicKey);
      expect(err).toContain(`replace line 3 of ${knownIn(scene.folder)} by ${url}`);
      // A key in the URL is what the person says now.
      expect((await visit(scene, url)).exitCode).toBe(0);
      server.signal("SIGINT");
      await server.ending;
    }),
  );

  it(
    "keeps each of several servers that are met at once",
    scene(async (scene) => {
      const servers = await Promise.all(Array.from({ length: 6 }, () => listen(scene)));
      const urls = await Promise.all(
        servers.map((server) => {
          server.stdin.end();
          return server.url();
        }),
      );
      const env = { XDG_CONFIG_HOME: join(scene.folder, "xdg") };
      const visits = await Promise.all(urls.map((url) => visit(scene, placeIn(url), new Person("yes"), env)));
      expect(visits.map(({ exitCode }) => exitCode)).toEqual(urls.map(() => 0));
      const file = join(scene.folder, "xdg", "hawser", "known_servers");
      const [comment, ...lines] = readFileSync(file, "utf8").trimEnd().split("\n");
      expect(comment).toMatch(/^#/);
      expect(lines.sort()).toEqual([...urls].sort());
      for (const server of servers) server.signal("SIGINT");
      await Promise.all(servers.map(({ ending }) => ending));
    }),
  );

  it(
    "ends with 3 for known servers that can't be relied on",
    scene(async (scene) => {
      await visit(scene, "hawser://127.0.0.1:1"); // Nothing listens there: nothing is kept.
      expect(existsSync(knownIn(scene.folder))).toBe(false);
      const server = listen(scene);
      server.stdin.end();
      const url = await server.url();
      await visit(scene, placeIn(url), new Person("yes"));
      appendFileSync(knownIn(scene.folder), "nonsense\n");
      const { err, exitCode } = await visit(scene, placeIn(url), new Person("yes"));
      expect(err).toMatch(/known_servers: line 3: .*\(ERR_HAWSER_KNOWN_SERVERS\)/);
      expect(exitCode).toBe(3);
      server.signal("SIGINT");
      await server.ending;
    }),
  );
});
