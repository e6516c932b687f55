/** Why: the guide to the agent is followed word for word by whoever moves a key, and its table is what is looked up then. */
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AGENT_ERRORS } from "../src/agent/index.ts";
import { type Built, buildCommand } from "./cli/spawned.ts";
import { serviceScene } from "./tunnel/service.ts";

const guide = readFileSync(join(import.meta.dirname, "../docs/guides/agent.md"), "utf8");

let built: Built;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built.remove());

/** A port that is free. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

describe("docs/guides/agent.md", () => {
  it(
    "has sessions that go as it says, word for word, on one host and by way of a channel",
    serviceScene(
      () => built,
      async (it) => {
        const service = createHttp((_, response) => response.end("from behind the tunnel\n"));
        await once(service.listen(0, "127.0.0.1"), "listening");
        const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code = ""]) => code);
        expect(blocks).toHaveLength(3);
        let session = blocks.join("\n").replaceAll("8080", `${(service.address() as AddressInfo).port}`);
        for (const written of ["8081", "4100", "4200", "4300"])
          session = session.replaceAll(new RegExp(`:${written}\\b`, "g"), `:${await freePort()}`);
        const shim = join(it.folder, "hawser");
        writeFileSync(shim, `#!/bin/sh\nexec ${it.command.map((word) => `'${word}'`).join(" ")} "$@"\n`);
        chmodSync(shim, 0o755);
        // To a file: what Node gives a child for a pipe is a socket, which connect shuts down for all that share it.
        const script = `set -eu; cd '${it.folder}'; mkdir session; cd session; exec > ../out 2>&1; ${session}\ncat *.log`;
        const shell = it.program("bash", ["-c", script], { PATH: `${it.folder}:${process.env["PATH"]}` });
        const { code } = await shell.exit;
        const out = readFileSync(join(it.folder, "out"), "utf8");
        expect(code, shell.err + out).toBe(0);
        const key = /public key: (hawser1\w+)/.exec(
          readFileSync(join(it.folder, "session/server.key"), "utf8"),
        )?.[1];
        expect(out.split("\n").filter((line) => line === key)).toHaveLength(2);
        expect(out).toContain("from behind the tunnel\n");
        expect(out).toContain("kept elsewhere\n");
        expect(out).toMatch(/^hawser: #2 \S.* is gone: 1 answered, 0 not\.$/m);
        for (const name of ["server.key", "tunnel.key", "asker.key", "client.key"]) {
          const file = readFileSync(join(it.folder, "session", name), "utf8");
          const secret = /HAWSER-SECRET-KEY-1(\w+)/.exec(file)?.[1] as string;
          expect(out.toUpperCase()).not.toContain(secret.slice(0, 12));
        }
        service.close();
      },
    ),
    90_000,
  );

  it("lists the agent's errors as they are", () => {
    const rows = [...guide.matchAll(/^\| `(ERR_HAWSER_AGENT_\w+)` \| (.+?) \| .+ \|$/gm)];
    expect(rows.map(([, code, when]) => [code, when])).toEqual(Object.entries(AGENT_ERRORS));
  });
});
