/**
 * Why: figures that nobody looks at for months have to be of what they say they are when somebody does. So the command is run, with
 * little of everything: each server with its processes, each work, and what is said of them.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPrimitives } from "../../src/crypto/index.ts";
import type { Sample } from "../results.ts";
import { clusterMetrics } from "./metrics.ts";
import { added, type ClusterResults, shares, withCluster } from "./page.ts";
import { ways } from "./ways.ts";
import { works } from "./works.ts";

const root = join(import.meta.dirname, "../..");
const execute = promisify(execFile);
let folder: string;

/** As it is run: compiled, beside a compiled package, with sodium-native. Types are another command's to check. */
beforeAll(async () => {
  await loadPrimitives({ provider: "native" });
  mkdirSync(join(root, "build"), { recursive: true });
  folder = mkdtempSync(join(root, "build", "bench-test-"));
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const compile = (project: string, into: string) =>
    execute(process.execPath, [tsc, "-p", join(root, project), "--noCheck", "--outDir", join(folder, into)]);
  await Promise.all([compile("tsconfig.build.json", "dist"), compile("bench/tsconfig.json", "build/bench")]);
});

afterAll(() => rmSync(folder, { recursive: true }));

async function measured(...args: string[]): Promise<{ results: ClusterResults; stdout: string }> {
  const file = join(folder, "results.json");
  const main = join(folder, "build/bench/cluster/main.js");
  const command = [main, "--quick", "--json", file, ...args];
  const { stdout } = await execute(process.execPath, command, { cwd: root, timeout: 200_000 });
  return { results: JSON.parse(readFileSync(file, "utf8")), stdout };
}

/** Processes of the programs that were compiled here. */
function left(): string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return command.includes(folder) ? [command] : [];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

const rolesOf = (work: string, { figures }: Sample) =>
  Object.keys(figures).flatMap((id) => (id.startsWith(`${work}.cpu.`) ? [id.split(".")[2] as string] : []));

// CPU times of processes come from Linux's /proc.
describe.skipIf(process.platform !== "linux")("npm run bench:cluster", () => {
  it("measures every server with the same client, the CPU of all of its processes together", async () => {
    const { results, stdout } = await measured("--only", "connections");
    const { samples } = results;
    expect(samples.map(({ contender }) => contender)).toEqual(ways.map(({ id }) => id));
    const roles = samples.map((sample) => [sample.contender, rolesOf("connections", sample).join(" ")]);
    expect(Object.fromEntries(roles)).toEqual({
      one: "server",
      three: "admin acceptor workers",
      "three-tight": "admin acceptor workers",
      "terminator-unix": "terminator workers",
      "terminator-tcp": "terminator workers",
      "one-agent": "agent server",
      "three-agent": "agent admin acceptor workers",
    });
    for (const sample of samples) {
      const { figures } = sample;
      const parts = rolesOf("connections", sample).map(
        (role) => figures[`connections.cpu.${role}`] as number,
      );
      const sum = parts.reduce((total, part) => total + part, 0);
      expect(figures["connections.cpu"]).toBeCloseTo(sum, 9);
      expect(sum).toBeGreaterThan(0);
      expect(figures["connections.median"]).toBeGreaterThan(0);
      expect(figures["connections.p99"]).toBeGreaterThanOrEqual(figures["connections.median"] as number);
    }
    expect(stdout).toContain("| **in three** ");
    expect(stdout).toMatch(/CPU of each process for a connection/);
    expect(left()).toEqual([]);
  });

  it("has a figure for each of its metrics", async () => {
    const others = works.map(({ id }) => id).filter((id) => id !== "connections");
    const peers = ["three", "terminator-unix"];
    const { results } = await measured("--only", others.join(","), "--peers", peers.join(","));
    expect(results.samples.length).toBe(peers.length * others.length);
    for (const { work, figures } of results.samples) {
      const ids = clusterMetrics.filter((metric) => metric.work === work).map(({ id }) => id);
      expect(ids.length).toBeGreaterThan(0);
      for (const id of ids) {
        const isCpu = id.endsWith(".cpu");
        expect(figures[id]).toBeGreaterThan(isCpu ? -1 : 0);
      }
    }
    expect(left()).toEqual([]);
  });
});

describe("what the page says", () => {
  const sample = (contender: string, round: number, figures: Record<string, number>): Sample => ({
    ...{ work: "connections", contender, round },
    figures: Object.fromEntries(Object.entries(figures).map(([id, value]) => [`connections.${id}`, value])),
  });
  const results = {
    contenders: { one: "in one", three: "in three", "one-agent": "agent" },
    samples: [
      sample("one", 0, { median: 2, p99: 9, cpu: 1, "cpu.server": 1 }),
      sample("one", 1, { median: 4, p99: 5, cpu: 2, "cpu.server": 2 }),
      sample("three", 0, { median: 3, p99: 8, cpu: 3, "cpu.acceptor": 1, "cpu.workers": 2 }),
      sample("three", 1, { median: 7, p99: 5, cpu: 4, "cpu.acceptor": 2, "cpu.workers": 2 }),
      // Of a round in which there is nothing to compare with.
      sample("three", 2, { median: 90, p99: 90, cpu: 90, "cpu.acceptor": 3, "cpu.workers": 2 }),
    ],
  };

  it("is what was added in the same round", () => {
    expect(added(results).split("\n").slice(4)).toEqual([
      "| **in three** |    +2.00 |              -0.500 |   +2.00 |                     |                        |",
    ]);
    expect(added({ ...results, samples: results.samples.slice(2) })).toBe("");
  });

  it("is which process the time is of", () => {
    const [one, three, ...others] = shares(results).split("\n").slice(4);
    const cells = (line = "") => line.split("|").map((cell) => cell.trim());
    expect(cells(one)).toEqual(["", "in one", "1.50", "", "", "", "", "", ""]);
    expect(cells(three)).toEqual(["", "**in three**", "", "", "", "2.00", "2.00", "", ""]);
    expect(others).toEqual([]);
  });

  it("goes into its own part of the page", () => {
    const page = readFileSync(join(root, "docs/performance.md"), "utf8");
    const once = withCluster(page, "tables");
    expect(once).toContain("<!-- generated: cluster -->\n\ntables\n\n<!-- end generated -->");
    expect(withCluster(once, "tables")).toBe(once);
    for (const part of ["figures", "tunnel"]) expect(once).toContain(`<!-- generated: ${part} -->`);
  });
});
