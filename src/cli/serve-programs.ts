import { existsSync, lstatSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AcceptorProgram, WorkerProgram } from "../cluster/index.ts";
import type { ServeSettings } from "./serve-settings.ts";
import type { ServeUsers } from "./serve-users.ts";
import type { WorkerSettings } from "./serve-worker.ts";

/** What a worker loads besides this package; `libsodium` is of `libsodium-wrappers`. */
const dependencies = ["@scure/base", "libsodium-wrappers", "libsodium"] as const;

/** The programs of `hawser serve --workers`: files of this package. A worker may read the package's code, and no other file. */
export function servePrograms(
  settings: ServeSettings,
  users: ServeUsers,
): { readonly acceptor: AcceptorProgram; readonly worker: WorkerProgram } {
  const { connectTimeout, idleTimeout } = settings.tunnel;
  const forWorkers: WorkerSettings = {
    ...(connectTimeout === undefined ? {} : { connectTimeout }),
    ...(idleTimeout === undefined ? {} : { idleTimeout }),
  };
  return {
    acceptor: { ...users.acceptor, module: programOf("serve-acceptor"), args: [JSON.stringify(settings)] },
    worker: {
      ...users.worker,
      module: programOf("serve-worker"),
      args: [JSON.stringify(forWorkers)],
      permissions: { read: readable(), network: true },
    },
  };
}

function programOf(name: string): URL {
  return new URL(`./${name}.js`, import.meta.url);
}

/** The folders of the code: of this package, as it is installed, and of what it needs, by both names where one is a link. */
function readable(): string[] {
  const code = dirname(dirname(fileURLToPath(import.meta.url)));
  const paths = [code, join(dirname(code), "package.json")];
  let from = import.meta.url;
  for (const name of dependencies) {
    const require = createRequire(from);
    const folder = (require.resolve.paths(name) ?? []).find((each) => existsSync(join(each, name)));
    if (folder === undefined) continue;
    const found = join(folder, name);
    // Node asks for the right to read each link that it passes; for a link to a folder that is all that is below it.
    paths.push(lstatSync(folder).isSymbolicLink() ? folder : found, realpathSync(found));
    // Where packages are links, what a package needs is beside what the link leads to.
    if (name === "libsodium-wrappers") from = join(realpathSync(found), "package.json");
  }
  return [...new Set([...paths, realpathSync(code)])];
}
