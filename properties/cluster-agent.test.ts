/**
 * Why: with an agent the acceptor is to be a process that has no long-term key either, as it is the one that reads what strangers
 * say before anybody knows who they are.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readSecretKeyFile, writeSecretKeyFile } from "../src/keys/index.ts";
import { connect, generateKeyPair } from "../src/net/index.ts";
import { hasInMemory } from "./cluster/memory.ts";
import { bundled, openFolder, stream } from "./cluster/scene.ts";
import { afterwards } from "./net/loopback.ts";

/** The first line that a program says. */
async function started(program: string, ...args: string[]): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  afterwards(() => {
    child.kill("SIGTERM");
    return ended;
  });
  const [line] = await once(child.stdout as NonNullable<typeof child.stdout>, "data");
  return { child, line: String(line) };
}

it("AG-052: an agent's key is in the agent's memory alone, and clients are served", async () => {
  const folder = openFolder();
  const keyPath = join(folder, "server.key");
  await writeSecretKeyFile(keyPath, await generateKeyPair());
  mkdirSync(join(folder, "agent"));
  chmodSync(join(folder, "agent"), 0o700);
  const socketPath = join(folder, "agent", "agent.sock");
  const names = ["agent-program", "agent-acceptor", "admin-program", "echo-worker"];
  const [agentProgram = "", acceptor = "", adminProgram = "", worker = ""] = await Promise.all(
    names.map((name) => bundled(name, folder)),
  );
  const { child: agent } = await started(agentProgram, keyPath, socketPath);
  const { child: admin, line } = await started(adminProgram, acceptor, worker, socketPath);
  const pids: { url: string; acceptor: number; workers: number[] } = JSON.parse(line);
  const streams = Array.from({ length: 10 }, async () =>
    stream(await connect(pids.url, { keyPair: await generateKeyPair(), allowHalfOpen: true }), 100_000),
  );
  for (const { sent, back } of await Promise.all(streams)) expect(back).toBe(sent);
  const secretKey = await readSecretKeyFile(keyPath);
  expect(hasInMemory(agent.pid as number, secretKey)).toBe(true);
  for (const pid of [admin.pid as number, pids.acceptor, ...pids.workers])
    expect([pid, hasInMemory(pid, secretKey)]).toEqual([pid, false]);
});
