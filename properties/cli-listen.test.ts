/** Why: `listen` is a server: who gets in, who waits and what is said about it has to be right for all that come. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ownKey, runToEnd, start } from "./cli/in-process.ts";
import { connect, listen, retried, scene, tcp } from "./cli/scene.ts";

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
    "says what is wrong with an authorized-keys file that nobody can be let in by any more",
    scene(async (scene) => {
      const file = join(scene.folder, "clients");
      writeFileSync(file, `${scene.client.publicKey} alice\n`, { mode: 0o600 });
      const server = listen(scene, "--authorized-keys", file);
      const url = await server.url();
      writeFileSync(file, "not a key\n");
      const { exitCode } = await runToEnd(["connect", "--key", scene.client.file, url]);
      expect(exitCode).toBe(9);
      await server.said(/was not let in\. .*clients:1: .*\(ERR_HAWSER_KEY_PREFIX\)/);
      expect(server.err).not.toContain("add its key");
      server.signal("SIGINT");
      await server.ending;
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
        [`unix:${scene.folder}/none/socket`, /no folder to make the socket in \(ENOENT\)/],
        [`unix:${scene.folder}`, /something else has that name, and is left as it is \(EADDRINUSE\)/],
        [`unix:${scene.server.file}`, /something else has that name/],
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
