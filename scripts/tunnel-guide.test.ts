/** Why: the guide to the tunnel is followed word for word, and its options are looked up there. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { operationOptions } from "../src/cli/operation-options.ts";
import { type Actions, defineProgram } from "../src/cli/program.ts";
import { parseAuthorizedKeys } from "../src/keys/index.ts";
import { TUNNEL_ERRORS } from "../src/tunnel/failures.ts";
import { blocks } from "./run-program.ts";

const page = "docs/guides/tunnel.md";
const root = join(import.meta.dirname, "..");
const text = readFileSync(join(root, page), "utf8");
const tsx = import.meta.resolve("tsx");
const main = join(root, "src", "cli", "main.ts");

/** The bullets of a section that begin with options: all the flags they name. */
function flagsIn(section: string): string[] {
  const [, body = ""] = new RegExp(`^## ${section}\n(.*?)(?=^## |(?![^]))`, "ms").exec(text) ?? [];
  const heads = [...body.matchAll(/^- ((?:`--[^`]+`(?:, )?)+):/gm)].map(([, head = ""]) => head);
  return heads.flatMap((head) => head.match(/--[a-z-]+/g) ?? []).sort();
}

describe(page, () => {
  it("has commands that do what it says", async () => {
    const service = createServer((_, response) => response.end("the service\n"));
    await once(service.listen(0, "127.0.0.1"), "listening");
    const { port } = service.address() as AddressInfo;
    const [keys = "", serve = "", forward = "", use = ""] = blocks(page, "sh");
    const script = [
      `hawser() { "${process.execPath}" --import "${tsx}" "${main}" "$@"; }`,
      `exec_hawser() { exec "${process.execPath}" --import "${tsx}" "${main}" "$@"; }`,
      keys,
      `(exec_${serve.trim().replace("127.0.0.1:8080", `127.0.0.1:${port}`).replace("127.0.0.1:4100", "127.0.0.1:0")} 2>served) & serving=$!`,
      "trap 'kill $serving $forwarding' EXIT",
      "until read -r URL <served; do sleep 0.1; done 2>/dev/null",
      `(exec_${forward
        .trim()
        .replace("127.0.0.1:8081", "127.0.0.1:0")
        .replace(/'hawser:.*'/, '"$URL"')} 2>forwarded) & forwarding=$!`,
      "until grep -q Listening forwarded; do sleep 0.1; done 2>/dev/null",
      "port=$(sed -n 's/.*Listening at 127.0.0.1:\\([0-9]*\\).*/\\1/p' forwarded)",
      use
        .replace("8081", "$port")
        .replace(
          "curl -s",
          `"${process.execPath}" -e 'fetch(process.argv[1]).then(async (r) => console.log(await r.text()))'`,
        ),
    ].join("\n");
    const folder = mkdtempSync(join(tmpdir(), "hawser-guide-"));
    try {
      const { stdout } = await promisify(execFile)("bash", ["-c", script], { cwd: folder, timeout: 100_000 });
      expect(stdout.trim()).toBe("the service");
    } finally {
      rmSync(folder, { recursive: true });
      service.close();
    }
  });

  it.each(["serve", "forward"])("lists the options of %s as they are", (name) => {
    const program = defineProgram("", {} as Actions);
    const command = program.commands.find((each) => each.name() === name);
    const others = new Set(["--json", ...operationOptions().map(({ long }) => long)]);
    const own = (command?.options ?? [])
      .map(({ long }) => long as string)
      .filter((long) => !others.has(long));
    expect(own.length).toBeGreaterThan(5);
    expect(flagsIn(`Options of ${name}`)).toEqual(own.sort());
  });

  it("lists the tunnel's errors as they are", () => {
    const rows = [...text.matchAll(/^\| `(ERR_HAWSER_TUNNEL_\w+)` \| `(\w+)` \| (.+?) \|$/gm)];
    expect(rows.map(([, code, alert, when]) => [code, { alert, when }])).toEqual(
      Object.entries(TUNNEL_ERRORS),
    );
  });

  it("has lines of authorized keys that are good", () => {
    const [lines = ""] = blocks(page, "authorized-keys");
    const keys = parseAuthorizedKeys(new TextEncoder().encode(lines), { honours: ["to", "from", "max"] });
    expect(keys.map(({ name, options }) => [name, options])).toEqual([
      ["laptop", undefined],
      ["batch", { to: "127.0.0.1:6379", max: 20 }],
    ]);
  });
});
