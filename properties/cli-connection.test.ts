/**
 * Why: `listen` and `connect` are what a person judges all the rest by. Each case is two commands, or one against an end
 * that misbehaves, over real sockets, and looks at all that comes out: both streams, the exit code, the words.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { accept, localKeyHolder, parseConnectionString, readSecretKeyFile } from "../src/index.ts";
import { type Running, runToEnd, start } from "./cli/in-process.ts";
import { connect, library, listen, primitives, scene, tcp } from "./cli/scene.ts";

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
    "says which key is in the other's place",
    scene(async (scene) => {
      const server = listen(scene);
      const url = await server.url();
      const own = url.replace(scene.server.publicKey, scene.client.publicKey);
      const inUrl = await runToEnd(["connect", "--key", scene.client.file, own]);
      expect(inUrl.err).toContain("The key in the URL is the one of --key, this client's own");
      expect(inUrl.exitCode).toBe(6);
      const asKey = await runToEnd(["connect", "--key", scene.server.file, url]);
      expect(asKey.err).toContain("--key is the server's own key pair");
      expect(asKey.exitCode).toBe(8);
      const context = await runToEnd(["connect", "--key", scene.client.file, `${url}?context=chat`]);
      expect(context.err).toMatch(/wrong_context.*\n.*The URL that listen prints names its context/);
      expect(context.exitCode).toBe(8);
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
