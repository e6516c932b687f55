/** Why: examples are where programs begin, so they have to run as they stand. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { runFile, startText } from "./run-program.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const tsx = import.meta.resolve("tsx");

/** What each example prints. Those of a folder are run together, below. */
const prints: Readonly<Record<string, readonly string[]>> = {
  "authorize.js": [
    "alice, for shell: welcome, alice",
    'bob, for shell: 0x8001 "payment is due since May"',
    'carol, for shell: not_authorized "this key is for backup"',
    "carol, for backup: welcome, carol",
    'mallory, for shell: not_authorized ""',
    'alice, for games: wrong_context ""',
  ],
  "json-stream.js": [
    "client: GET /all",
    "client: GET /flaky",
    "client: all 100000 rows, and the end of the answer",
    'client: ERR_HAWSER_ALERT_RECEIVED 0x8001 "the database went away after 60000 rows"',
    "client: some rows, and a reason:",
    'server: This side gives up: alert 0x8001, "the database went away after 60000 rows".',
    "server: sent all",
  ],
  "starttls.js": [
    "client: hears 200 ready, 200 go ahead",
    "server: hears SWITCH hawser in the clear",
    "server: hears the secret within Hawser",
  ],
};

describe("examples", () => {
  it("are all run here", () => {
    const files = readdirSync(join(root, "examples")).filter((name) => name !== "README.md");
    expect(files.sort()).toEqual(
      [...Object.keys(prints), "container", "echo", "http-workers", "systemd"].sort(),
    );
  });

  it.each(Object.entries(prints))("%s prints what it is to show", async (name, lines) => {
    const { stdout, stderr } = await runFile(join("examples", name));
    // Two ends print; which of them is the first is not theirs to say.
    expect(stdout.trimEnd().split("\n").sort()).toEqual([...lines].sort());
    expect(stderr).toBe("");
  });

  it("echo sends back what the client said, under the URL that the server prints", async () => {
    const server = readFileSync(join(root, "examples/echo/server.js"), "utf8");
    expect(server).toContain("listen(4100,");
    // At whichever port is free.
    const { child, line } = await startText(server.replace("listen(4100,", "listen(0,"));
    try {
      expect(line).toMatch(/^hawser:\/\/hawser1\w{58}@127\.0\.0\.1:\d+$/);
      expect(await runFile("examples/echo/client.js", [line])).toEqual({ stdout: "ahoy\n", stderr: "" });
    } finally {
      child.kill();
    }
  });

  it("http-workers has each request answered by the worker that its first line is for", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hawser-http-"));
    try {
      // As compiled code, as what compiles is more than a worker may do.
      await build({
        entryPoints: ["main", "acceptor", "worker"].map((name) =>
          join(root, "examples/http-workers", `${name}.js`),
        ),
        ...{ outdir: join(folder, "examples/http-workers"), bundle: true, platform: "node", format: "esm" },
        ...{ outExtension: { ".js": ".js" }, external: ["sodium-native"], logLevel: "silent" },
        alias: { hawser: join(root, "src/index.ts") },
        banner: {
          js: 'import { createRequire as from } from "node:module"; const require = from(import.meta.url);',
        },
      });
      writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
      const main = join(folder, "examples/http-workers/main.js");
      const { stdout } = await promisify(execFile)(process.execPath, [main], { timeout: 30_000 });
      expect(stdout.trimEnd().split("\n")).toEqual([
        "client: /static/logo by worker 0, which can't read files",
        "client: /api/orders by worker 1, which can't read files",
        "client: /static/style by worker 0, which can't read files",
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("the README's commands do what it says", async () => {
    const [commands = ""] = /^hawser keygen [\s\S]*?(?=^```$)/m.exec(readme) ?? [];
    const [make, makeOther, listen, connect] = commands
      .replace("127.0.0.1:4100", "--once 127.0.0.1:0")
      .split("\n");
    const script = [
      "exec >printed",
      `hawser() { "${process.execPath}" --import "${tsx}" "${join(root, "src", "cli", "main.ts")}" "$@"; }`,
      ...[make, makeOther],
      `{ ${listen} 2>said </dev/null; echo "listen: $?"; } &`,
      "until read URL <said; do sleep 0.05; done 2>/dev/null",
      `echo ahoy | ${connect?.replace("URL", '"$URL"')}`,
      'echo "connect: $?"',
      "wait",
    ].join("\n");
    const folder = mkdtempSync(join(tmpdir(), "hawser-readme-"));
    try {
      await promisify(execFile)("bash", ["-c", script], { cwd: folder, timeout: 50_000 });
      expect(readFileSync(join(folder, "printed"), "utf8").trimEnd().split("\n").sort()).toEqual([
        "ahoy",
        "connect: 0",
        "listen: 0",
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("echo is what the README shows", () => {
    for (const name of ["server", "client"]) {
      const code = readFileSync(join(root, "examples", "echo", `${name}.js`), "utf8");
      expect(readme).toContain(code.replace(/^(\/\/.*\n)+/, ""));
    }
  });
});
