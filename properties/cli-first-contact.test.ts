import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Person, runToEnd } from "./cli/in-process.ts";
import { listen, placeIn, type Scene, scene } from "./cli/scene.ts";

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
      const named = await visit(scene, `${placeIn(url)}?context=chat`);
      expect(named.err).toContain(`connect to ${url}?context=chat (ERR_HAWSER_UNTRUSTED)`);
      server.signal("SIGINT");
      await server.ending;
    }),
  );

  it(
    "ends with 3 where the key can't be kept, and says how to connect all the same",
    scene(async (scene) => {
      const server = listen(scene);
      const url = await server.url();
      const person = new Person("yes");
      const obstruct = () =>
        writeFileSync(join(scene.folder, ".config"), "a file where the folder should be");
      const { err, exitCode } = await visit(scene, placeIn(url), Object.assign(person, { write: obstruct }));
      expect(err).toMatch(/could not be written.*\(ERR_HAWSER_KNOWN_SERVERS\)/);
      expect(err).toContain(`To connect without keeping the key: ${url}\n`);
      expect(exitCode).toBe(3);
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
