/** Why: an option that `listen` can't honour has to be an error, as who wrote it relies on it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runToEnd } from "./cli/in-process.ts";
import { connect, listen, type Scene, scene } from "./cli/scene.ts";

function authorize({ folder, client }: Scene, options: string): string {
  const path = join(folder, "clients");
  writeFileSync(path, `# who\n${options} ${client.publicKey} alice\n`, { mode: 0o600 });
  return path;
}

describe("listen, with options of authorized keys", () => {
  it(
    "KT-100: refuses a file with to, saying where and why",
    scene(async (it) => {
      const server = listen(it, "--authorized-keys", authorize(it, 'to="127.0.0.1:80"'));
      expect(await server.ending).toEqual({ exitCode: 3 });
      expect(server.err).toMatch(
        /clients:2: to is not honoured by this program.*\(ERR_HAWSER_KEY_FILE_OPTION\)/,
      );
    }),
  );

  it(
    "KT-097: honours from",
    scene(async (it) => {
      const elsewhere = listen(it, "--authorized-keys", authorize(it, 'from="192.0.2.0/24",max="1"'));
      const refused = await runToEnd(["connect", "--key", it.client.file, await elsewhere.url()]);
      expect(refused.exitCode).toBe(8);
      elsewhere.signal("SIGTERM");
      await elsewhere.ending;
      const here = listen(it, "--once", "--authorized-keys", authorize(it, 'from="127.0.0.1",max="1"'));
      const client = connect(it, await here.url());
      client.stdin.end("hello");
      here.stdin.end();
      expect(await client.ending).toEqual({ exitCode: 0 });
      expect(await here.ending).toEqual({ exitCode: 0 });
      expect(here.out).toBe("hello");
    }),
  );
});
