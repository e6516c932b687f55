import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { End } from "../run.ts";
import { bulk } from "../works/bulk.ts";
import { concurrentHandshakes, handshakes } from "../works/handshakes.ts";
import { idleMemory } from "../works/idle-memory.ts";
import { roundTrips } from "../works/round-trips.ts";
import type { Figures, Sizes, Work } from "../works/work.ts";
import type { Daemon, Way } from "./way.ts";

/** What is done through a tunnel, in the order of the tables. */
export const works: readonly Work[] = [bulk, handshakes, concurrentHandshakes, roundTrips, idleMemory];

/** Milliseconds in which the ends of a tunnel come to rest. */
const rest = 500;

/**
 * One run: a service and a program, which talk plain TCP and are processes of their own, and the tunnel between them. CPU
 * and memory are the tunnel's two ends'.
 *
 * @throws Error for whatever any of them finds
 */
export async function run(work: Work, way: Way, sizes: Sizes): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), "hawser-bench-"));
  const task = { do: "start", work: work.id, contender: "tcp", sizes, own: {} } as const;
  const [service, program] = [new End("service"), new End("program")];
  const failed = Promise.race([service.failed, program.failed]);
  let ends: readonly Daemon[] = [];
  const sum = (of: "cpu" | "rss") => ends.reduce((total, end) => total + end[of], 0);
  const measured = async () => {
    const { address } = await service.tell(task, "ready");
    if (address === undefined) throw new Error("the service did not say where it is");
    const opened = await way.open(folder, address.port);
    ends = opened.ends;
    await program.tell({ ...task, address: { host: "127.0.0.1", port: opened.port } }, "ready");
    await service.tell({ do: "begin" }, "begun");
    if (work === idleMemory) await pause(rest);
    const before = { cpu: sum("cpu"), rss: sum("rss") };
    const client = await program.tell({ do: "begin" }, "done");
    if (work === idleMemory) await pause(rest);
    const [cpu, rss] = [sum("cpu") - before.cpu, sum("rss")];
    const server = await service.tell({ do: "end" }, "done");
    const figures = work.figures({ client: client.figures, server: server.figures, cpu }, sizes);
    if (ends.length === 0) return withoutTunnel(figures);
    if (work !== idleMemory) return figures;
    const connections = server.figures["connections"] as number;
    return {
      "idle-memory.start": before.rss / 2 ** 20,
      "idle-memory.rss": (rss - before.rss) / connections / 1_024,
    };
  };
  try {
    return await Promise.race([measured(), failed]);
  } finally {
    await program.stop();
    for (const end of ends) await end.stop();
    await service.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Where there is no tunnel it costs nothing, which nothing can be compared with. */
function withoutTunnel(figures: Figures): Figures {
  const isOfTunnel = (id: string) => id.endsWith(".cpu") || id.startsWith("idle-memory.");
  return Object.fromEntries(Object.entries(figures).filter(([id]) => !isOfTunnel(id)));
}
