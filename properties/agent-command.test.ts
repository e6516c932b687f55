/** Why: what an operator says is what has to happen: which keys are held, who may ask, what the log shows, and what never. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openAgentKeys } from "../src/agent/index.ts";
import { inFolder, ownKey, type Running, runToEnd, start } from "./cli/in-process.ts";
import { connect, type Scene, scene } from "./cli/scene.ts";

/** An agent with the scene's server key, at `agent.sock` of its folder. */
async function agentIn(
  { folder, server }: Scene,
  ...more: string[]
): Promise<{ agent: Running; place: string; path: string }> {
  const path = join(folder, "agent.sock");
  const agent = start(["agent", "--key", server.file, "--socket", `unix:${path}`, ...more]);
  await Promise.race([
    agent.said(/listening|The key agent is at/),
    agent.ending.then(() => {
      throw new Error(agent.err);
    }),
  ]);
  return { agent, place: `agent:${path}`, path };
}

/** Ends it, as a service manager does. */
async function ended(agent: Running): Promise<void> {
  agent.signal("SIGTERM");
  expect((await agent.ending).exitCode).toBe(0);
}

function secretIn(file: string): string {
  return /HAWSER-SECRET-KEY-1(\w+)/.exec(readFileSync(file, "utf8"))?.[1] as string;
}

describe("hawser agent", () => {
  it(
    "holds the key of listen and of connect, and says who used it, and nothing secret",
    scene(async (it) => {
      const more = ["--key", it.client.file, "--json", "--log-level", "debug"];
      const { agent, place } = await agentIn(it, ...more);
      const listening = start([
        ...["listen", "--key", `${place}#${it.server.publicKey}`, "--allow", it.client.publicKey],
        ...["--once", "127.0.0.1:0"],
      ]);
      const url = await listening.url();
      expect(url).toContain(it.server.publicKey);
      const client = start(["connect", "--key", `${place}#${it.client.publicKey}`, url]);
      client.stdin.end("from the client");
      listening.stdin.end("from the server");
      expect([(await client.ending).exitCode, (await listening.ending).exitCode]).toEqual([0, 0]);
      expect([client.out, listening.out]).toEqual(["from the server", "from the client"]);
      await ended(agent);
      const asked = agent.log.filter(({ event }) => event === "asked");
      const [pid, uid] = [process.pid, process.getuid?.()];
      expect(asked).toMatchObject([
        { key: "server.key", publicKey: it.server.publicKey, pid, uid, outcome: "done", level: "debug" },
        { key: "client.key", publicKey: it.client.publicKey, pid, uid, outcome: "done" },
      ]);
      const used = agent.log.filter(({ event }) => event === "key_used");
      expect(used).toMatchObject([{ answered: 1 }, { answered: 1 }]);
      for (const { file } of [it.server, it.client]) {
        const secret = secretIn(file);
        for (const said of [agent, listening, client].map(({ err, out }) => (err + out).toUpperCase()))
          expect(said).not.toContain(secret.slice(0, 12));
      }
    }),
  );

  it(
    "holds a tunnel's keys at both ends, over a reload with another key",
    scene(async (it) => {
      const { agent, place, path } = await agentIn(it);
      const authorized = join(it.folder, "authorized_keys");
      writeFileSync(authorized, `${it.client.publicKey} alice\n`);
      await chmod(authorized, 0o600);
      const serving = start([
        ...["serve", "--key", place, "--authorized-keys", authorized],
        ...["--to", "127.0.0.1:1", "127.0.0.1:0"],
      ]);
      const url = await serving.url();
      expect(url).toContain(it.server.publicKey);
      const attempt = async (to: string) => {
        const { code } = (
          await runToEnd(["connect", "--json", "--key", it.client.file, to])
        ).running.log.find(({ event }) => event === "failed") as { code: string };
        return code;
      };
      // The service is not there: the client hears so through the channel, which is thus made.
      expect(await attempt(url)).toBe("ERR_HAWSER_ALERT_RECEIVED");
      const next = await ownKey(it.folder, "next.key");
      renameSync(next.file, it.server.file);
      agent.signal("SIGHUP");
      await agent.said(/Reloaded: /);
      expect((await openAgentKeys(path)).map(({ publicKeyText }) => publicKeyText)).toEqual([next.publicKey]);
      serving.signal("SIGHUP");
      await serving.said(/read anew/);
      expect(await attempt(url.replace(it.server.publicKey, next.publicKey))).toBe(
        "ERR_HAWSER_ALERT_RECEIVED",
      );
      expect(await attempt(url)).toBe("ERR_HAWSER_SERVER_KEY_MISMATCH");
      writeFileSync(it.server.file, "not a key\n");
      agent.signal("SIGHUP");
      await agent.said(/What was before holds/);
      expect(await attempt(url.replace(it.server.publicKey, next.publicKey))).toBe(
        "ERR_HAWSER_ALERT_RECEIVED",
      );
      serving.signal("SIGTERM");
      await serving.ending;
      await ended(agent);
    }),
  );

  it(
    "has several keys, which pubkey prints, serve takes, and others have to choose from",
    scene(async (it) => {
      const { agent, place } = await agentIn(it, "--key", it.client.file);
      const both = `${it.server.publicKey}\n${it.client.publicKey}\n`;
      expect(await runToEnd(["pubkey", place])).toMatchObject({ exitCode: 0, out: both, err: "" });
      const one = await runToEnd(["pubkey", `${place}#${it.client.publicKey}`]);
      expect(one.out).toBe(`${it.client.publicKey}\n`);
      const ambiguous = await runToEnd([
        "connect",
        "--key",
        place,
        `hawser://${it.server.publicKey}@127.0.0.1:1`,
      ]);
      expect(ambiguous).toMatchObject({ exitCode: 3 });
      expect(ambiguous.err).toMatch(/several keys.*agent:PATH#KEY.*\(ERR_HAWSER_AGENT_KEY\)/s);
      const other = (await ownKey(it.folder, "other.key")).publicKey;
      const missing = await runToEnd(["pubkey", `${place}#${other}`]);
      expect(missing).toMatchObject({ exitCode: 3, out: "" });
      expect(missing.err).toContain("ERR_HAWSER_AGENT_KEY");
      const cut = await runToEnd(["pubkey", `${place}#${other.slice(0, 30)}`]);
      expect(cut.err).toMatch(/ERR_HAWSER_KEY_/);
      const listening = start([
        "listen",
        "--key",
        `${place}#${it.server.publicKey}`,
        "--allow-any",
        "127.0.0.1:0",
      ]);
      const client = connect(it, await listening.url());
      client.stdin.end();
      await listening.said(/is connected/);
      listening.signal("SIGINT");
      await Promise.all([client.ending, listening.ending]);
      await ended(agent);
    }),
  );

  it("is started as it says, or says what is wrong", () =>
    inFolder(async (folder) => {
      const { file } = await ownKey(folder, "a.key");
      const socket = `unix:${join(folder, "a.sock")}`;
      const wrong: [string[], number, RegExp][] = [
        [["--socket", socket], 2, /--key FILE is missing/],
        [["--key", file], 2, /--socket is missing/],
        [["--key", file, "--socket", "127.0.0.1:4100"], 2, /--socket is missing, or no unix:PATH/],
        [["--key", file, "--key", file, "--socket", socket], 2, /the same key as another file/],
        [["--key", `agent:${file}`, "--socket", socket], 2, /holds its keys itself/],
        [["--key", "-", "--socket", socket], 2, /holds its keys itself/],
        [["--key", file, "--socket", socket, "--allow-uid", "root"], 2, /numbers of users/],
        [["--key", file, "--socket", socket, "--max-rate", "0"], 2, /--max-rate takes a whole number/],
        [["--key", join(folder, "none.key"), "--socket", socket], 3, /ERR_HAWSER_KEY_FILE_MISSING/],
        [["--key", file, "--socket", `unix:${folder}/none/a.sock`], 4, /no folder to make the socket in/],
      ];
      for (const [words, exitCode, text] of wrong) {
        const end = await runToEnd(["agent", ...words]);
        expect(end.err).toMatch(text);
        expect(end.exitCode, words.join(" ")).toBe(exitCode);
      }
      await chmod(folder, 0o777);
      const shared = await runToEnd(["agent", "--key", file, "--socket", socket]);
      expect(shared).toMatchObject({ exitCode: 3 });
      expect(shared.err).toContain("ERR_HAWSER_AGENT_FOLDER");
      expect((await runToEnd(["pubkey", "agent:"])).err).toMatch(/After agent: comes the path/);
      expect((await runToEnd(["pubkey", `agent:${file}`])).err).toMatch(/no socket but something else/);
    }));

  it(
    "is one at a path",
    scene(async (it) => {
      const { agent, path } = await agentIn(it);
      const second = await runToEnd(["agent", "--key", it.server.file, "--socket", `unix:${path}`]);
      expect(second).toMatchObject({ exitCode: 4 });
      expect(second.err).toMatch(/another program listens there/);
      agent.signal("SIGINT");
      expect(await agent.ending).toMatchObject({ exitCode: 130, signal: "SIGINT" });
      const third = await agentIn(it); // The path is free again.
      await ended(third.agent);
    }),
  );
});
