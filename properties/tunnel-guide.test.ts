/** Why: a guide for whoever runs a service is followed word for word, and its tables are what alarms are built on. */
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import client from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LEVELS, Log } from "../src/cli/log.ts";
import { logTunnel } from "../src/cli/tunnel-log.ts";
import { countTunnel } from "../src/tunnel/metrics.ts";
import { type Built, buildCommand } from "./cli/spawned.ts";
import { serviceScene } from "./tunnel/service.ts";

const root = join(import.meta.dirname, "..");
const guide = readFileSync(join(root, "docs/guides/operations.md"), "utf8");

let built: Built;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built.remove());

/** As many ports that are free as are asked for. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** The first cell of each row of the table whose head begins so. */
function column(head: string): string[] {
  const [, rows = ""] = guide.split(`| ${head} |`)[1]?.split(/\|--[^\n]*\n/) ?? [];
  const lines = rows.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines.slice(0, end).map((line) => line.split("|")[1]?.trim() ?? "");
}

describe("docs/guides/operations.md", () => {
  it(
    "has a session that goes as it says, word for word",
    serviceScene(
      () => built,
      async (it) => {
        const service = createHttp((_, response) => response.end("from behind the tunnel\n"));
        await once(service.listen(0, "127.0.0.1"), "listening");
        const { port } = service.address() as AddressInfo;
        const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code = ""]) => code);
        expect(blocks).toHaveLength(4);
        const ports = [port, ...(await freePorts(3))];
        const session = ["8080", "8081", "9464", "4100"].reduce(
          (text, written, index) =>
            text.replaceAll(new RegExp(`\\b${written}\\b`, "g"), String(ports[index])),
          blocks.join("\n"),
        );
        const shim = join(it.folder, "hawser");
        writeFileSync(shim, `#!/bin/sh\nexec ${it.command.map((word) => `'${word}'`).join(" ")} "$@"\n`);
        chmodSync(shim, 0o755);
        // In a folder of its own: the scene has keys of the same names.
        const script = `set -eu; mkdir session; cd session; ${session}`;
        const shell = it.program("bash", ["-c", `cd '${it.folder}'; ${script}`], {
          PATH: `${it.folder}:${process.env["PATH"]}`,
        });
        expect(await shell.exit, shell.err).toEqual({ code: 0, signal: null });
        expect(shell.out).toContain("from behind the tunnel\n");
        expect(shell.out).toMatch(/^handshakes +open 1$/m);
        expect(shell.out).toMatch(/^hawser_connections_total 1$/m);
        expect(shell.out).toMatch(/authorized_keys:3: option 1 of the line is not known/);
        expect(shell.out).toMatch(/All connections are closed\.\n$/);
        service.close();
      },
    ),
    60_000,
  );

  it("lists every metric", async () => {
    const registry = new client.Registry();
    countTunnel(client, registry, () => []);
    const made = await registry.getMetricsAsJSON();
    const listed = column("metric").map((cell) => cell.replaceAll("`", "").replace(/\{.*\}/, ""));
    expect(listed.toSorted()).toEqual(made.map(({ name }) => name).toSorted());
    const labels = column("metric").map((cell) => /\{(.*)\}/.exec(cell)?.[1] ?? "");
    for (const [index, name] of listed.entries()) {
      const metric = registry.getSingleMetric(name) as unknown as { labelNames?: string[] };
      expect((metric.labelNames ?? []).join(), name).toBe(labels[index]);
    }
  });

  it("lists every event of the log, with its level", () => {
    const source = readFileSync(join(root, "src/cli/tunnel-log.ts"), "utf8");
    const named = [...source.matchAll(/(?:event: (?:isSent \? )?|: |warn\(log, )"([a-z_]+)"/g)].map(
      ([, name]) => name,
    );
    const events = column("event").flatMap((cell) => cell.replaceAll("`", "").split(", "));
    // These are said where they happen.
    const elsewhere = ["metrics", "notify_failed"];
    const workers = readFileSync(join(root, "src/cli/serve-workers.ts"), "utf8");
    for (const [, name = ""] of workers.matchAll(/log\.\w+\(\{\s*event: "([a-z_]+)"/g)) elsewhere.push(name);
    expect(events.toSorted()).toEqual([...new Set([...named, ...elsewhere])].toSorted());
    const levels = [...guide.matchAll(/^\| `[a-z_`, ]+ \| (\w+) \|/gm)].map(([, level]) => level);
    expect(levels).toHaveLength(column("event").length);
    for (const level of levels) expect(LEVELS).toContain(level);
    let text = "";
    const log = new Log({ stderr: { write: (words: string) => (text += words) }, env: {} } as never, {
      json: true,
    });
    logTunnel(log, "serve")({ type: "closed" });
    expect(JSON.parse(text).event).toBe("stopped");
  });
});

describe("examples/container", () => {
  it("starts the program where the package has it", () => {
    const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const container = readFileSync(join(root, "examples/container/Containerfile"), "utf8");
    expect(container).toContain(`"/opt/hawser/node_modules/hawser/${bin.hawser.replace(/^\.\//, "")}"`);
  });
});
