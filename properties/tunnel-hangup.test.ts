/** Why: keys change while a service runs, by hands that slip, and what is open then is somebody's work. */
import { copyFileSync, renameSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownKey } from "./cli/in-process.ts";
import { type Built, buildCommand, type Spawned } from "./cli/spawned.ts";
import { rejection, until } from "./net/loopback.ts";
import { Load, type ServiceScene, serviceScene } from "./tunnel/service.ts";

let built: Built;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built.remove());
const scene = (action: (scene: ServiceScene) => Promise<void>) => serviceScene(() => built, action);

const countOf = (service: Spawned, words: string) => service.err.split(words).length - 1;

/** Sends SIGHUP and waits until that is told. */
async function reloaded(service: Spawned, words = "were read anew"): Promise<void> {
  const before = countOf(service, words);
  service.child.kill("SIGHUP");
  await until(() => countOf(service, words) > before);
}

const withKey = (url: string, publicKey: string) => url.replace(/hawser1\w+/, publicKey);

describe("the process of hawser serve, at SIGHUP", () => {
  it(
    "reads keys and authorized keys anew, time and again under load, and no connection notices",
    scene(async (it) => {
      const [bob, newKey] = [await ownKey(it.folder, "bob.key"), await ownKey(it.folder, "new.key")];
      const [first, second] = [join(it.folder, "first"), join(it.folder, "second")];
      copyFileSync(it.server.file, first);
      copyFileSync(it.server.file, second);
      const service = it.serve("--key", first, "--key", second);
      const url = await service.url();
      const loads = await Promise.all(
        Array.from({ length: 6 }, async (_, seed) => new Load(await it.join(url), seed)),
      );
      expect(await rejection(it.join(url, bob))).toMatchObject({ alertName: "not_authorized" });
      for (let round = 0; round < 5; round++) {
        const key = round % 2 === 0 ? newKey : it.server;
        copyFileSync(key.file, `${first}.next`);
        renameSync(`${first}.next`, first);
        it.authorize(`${it.client.publicKey} alice`, ...(round % 2 === 0 ? [`${bob.publicKey} bob`] : []));
        await reloaded(service);
        // Either server key is answered with while both are there; bob comes and goes.
        const urls = [url, ...(round % 2 === 0 ? [withKey(url, newKey.publicKey)] : [])];
        for (const each of urls) (await it.join(each)).destroy();
        const joining = it.join(url, bob);
        if (round % 2 === 0) (await joining).destroy();
        else expect(await rejection(joining)).toMatchObject({ alertName: "not_authorized" });
        await Promise.all(loads.map((load) => load.goesOn()));
      }
      const totals = await Promise.all(loads.map((load) => load.stop()));
      for (const total of totals) expect(total).toBeGreaterThan(0);
      expect(service.err).not.toMatch(/#[1-6] alice.*failed/);
    }),
    60_000,
  );

  it(
    "KT-101, KT-102: leaves all as it was where a file is bad, and says which, where and why",
    scene(async (it) => {
      const bob = await ownKey(it.folder, "bob.key");
      const service = it.serve("--status", join(it.folder, "status"));
      const url = await service.url();
      const load = new Load(await it.join(url), 1);
      it.authorize(`${it.client.publicKey} alice`, `max="none" ${bob.publicKey} bob`);
      // Nothing is read until that is said, be it good or bad.
      (await it.join(url)).destroy();
      await reloaded(service, "could not be read anew");
      expect(service.err).toContain(`${it.authorizedKeys}:2: max: `);
      expect(service.err).toContain("(ERR_HAWSER_KEY_FILE_OPTION)");
      (await it.join(url)).destroy();
      expect(await rejection(it.join(url, bob))).toMatchObject({ alertName: "not_authorized" });
      const asked = await it.asked("status", "--json", join(it.folder, "status"));
      expect(JSON.parse(asked.out).lastReload.failure).toMatchObject({ code: "ERR_HAWSER_KEY_FILE_OPTION" });
      // Neither are the good parts of a reload taken: here the list is good, and the key is not.
      it.authorize(`${bob.publicKey} bob`);
      writeFileSync(it.server.file, "nonsense\n");
      await reloaded(service, "could not be read anew");
      expect(service.err).toContain(`${it.server.file}:1: `);
      (await it.join(url)).destroy();
      expect(await rejection(it.join(url, bob))).toMatchObject({ alertName: "not_authorized" });
      await load.goesOn();
      await load.stop();
    }),
    30_000,
  );

  it(
    "ends the connections of a key that was taken out, and no other",
    scene(async (it) => {
      const bob = await ownKey(it.folder, "bob.key");
      it.authorize(`${it.client.publicKey} alice`, `${bob.publicKey} bob`);
      const service = it.serve();
      const url = await service.url();
      const [alices, bobs] = [new Load(await it.join(url), 1), new Load(await it.join(url, bob), 2)];
      await Promise.all([alices.goesOn(), bobs.goesOn()]);
      it.authorize(`${it.client.publicKey} alice`);
      await reloaded(service);
      expect(await rejection(bobs.done)).toMatchObject({ alertName: "not_authorized" });
      await alices.goesOn();
      await alices.stop();
    }),
    30_000,
  );

  it(
    "hears of several at once as of one or two",
    scene(async (it) => {
      // With more to do between the URL and readiness, so that some come before that.
      const service = it.serve("--metrics", "0", "--status", join(it.folder, "status"));
      await service.url();
      for (let count = 0; count < 20; count++) service.child.kill("SIGHUP");
      await until(() => countOf(service, "were read anew") > 0);
      await reloaded(service);
      (await it.join(await service.url())).destroy();
      expect(service.err).not.toContain("could not be read anew");
    }),
    30_000,
  );
});

describe("the process of hawser forward, at SIGHUP", () => {
  it(
    "takes another key pair for new connections, and keeps what is open; a bad file changes nothing",
    scene(async (it) => {
      const bob = await ownKey(it.folder, "bob.key");
      const own = join(it.folder, "own.key");
      copyFileSync(it.client.file, own);
      it.authorize(`${it.client.publicKey} alice`, `${bob.publicKey} bob`);
      const server = it.serve();
      const url = await server.url();
      const forward = it.run(["forward", "--key", own, "--listen", "127.0.0.1:0", url]);
      const [, port] = await forward.said(/Listening at 127\.0\.0\.1:(\d+)/);
      const joined = async (text: string, who: RegExp) => {
        const socket = connect(Number(port), "127.0.0.1");
        socket.write(text);
        await server.said(who);
        return { socket, text };
      };
      const all = [await joined("one", /#1 alice/)];
      copyFileSync(bob.file, own);
      await reloaded(forward);
      all.push(await joined("two", /#2 bob/));
      writeFileSync(own, "nonsense\n");
      await reloaded(forward, "could not be read anew");
      all.push(await joined("three", /#3 bob/));
      for (const { socket, text } of all) {
        socket.end();
        expect(Buffer.concat(await socket.toArray()).toString()).toBe(text);
      }
      expect(it.shows(it.server, it.client, bob)).toBe(false);
    }),
    30_000,
  );
});
