import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatSecretKey, generateKeyPair, writeSecretKeyFile } from "hawser";
import { ownId as hawser } from "../contenders/index.ts";
import { End } from "../run.ts";
import type { Figures, Sizes, Work } from "../works/work.ts";
import { Program } from "./program.ts";
import type { Setting } from "./setting.ts";
import type { Way } from "./ways.ts";

/** Of runs under way: they are removed with this process, after its programs have ended. */
const folders = new Set<string>();
process.on("exit", () => {
  for (const folder of folders) remove(folder);
});

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.delete(folder);
}

/** As many as the machine that this is made for has processors. */
const workers = 2;

/**
 * One run: a server, the processes of which are all new, and a client, which is the same for all. CPU is that of the server's
 * processes together, and of each role as `WORK.cpu.ROLE`.
 *
 * @throws Error for whatever any of them finds
 */
export async function run(work: Work, way: Way, sizes: Sizes): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "hawser-bench-"));
  folders.add(folder);
  const client = new End("client");
  const programs: Program[] = [];
  const start = async (name: string, setting: Setting) => {
    const program = await Program.start(name, setting);
    programs.push(program);
    return program;
  };
  const measured = async () => {
    const [serverPair, clientPair] = await Promise.all([generateKeyPair(), generateKeyPair()]);
    const keyFile = join(folder, "server.key");
    await writeSecretKeyFile(keyFile, serverPair);
    const setting: Setting = {
      ...{ work: work.id, sizes, folder, keyFile, workers, client: clientPair.publicKeyText },
      ...way.setting,
      ...(way.hasAgent ? { agent: join(folder, "agent") } : {}),
    };
    if (way.hasAgent) await start("agent", setting);
    const { port } = await start(way.program, setting);
    const key = formatSecretKey(clientPair.exportSecretKey());
    const task = { do: "start", work: work.id, contender: hawser, sizes } as const;
    const address = { host: "127.0.0.1", port };
    await client.tell({ ...task, own: { key, peer: serverPair.publicKeyText }, address }, "ready");
    const before = programs.map(({ cpu }) => cpu);
    const { figures } = await client.tell({ do: "begin" }, "done");
    const parts = programs.flatMap(({ cpu }, i) =>
      [...cpu].map(([role, time]): [string, number] => [role, time - (before[i]?.get(role) as number)]),
    );
    const outcome = (cpu: number) => work.figures({ client: figures, server: {}, cpu }, sizes);
    const cpuId = `${work.id}.cpu`;
    return {
      ...outcome(parts.reduce((sum, [, cpu]) => sum + cpu, 0)),
      ...Object.fromEntries(parts.map(([role, cpu]) => [`${cpuId}.${role}`, outcome(cpu)[cpuId] as number])),
    };
  };
  try {
    return await Promise.race([measured(), client.failed]);
  } finally {
    // The server first, as it would take the client's end for one that came too early.
    for (const program of programs.reverse()) await program.stop();
    await client.stop();
    remove(folder);
  }
}
